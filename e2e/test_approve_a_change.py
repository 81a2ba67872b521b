"""J9, its approval: an administrator asks, a finance manager lets it through or not, and nobody does both."""

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from bff.access.assignments import SqlAssignments
from e2e import people
from e2e.people import Person
from roles import BUSINESS
from sandbox.up import Stack, free_base_port

ADMINISTRATOR, SECOND = Person("olivia", "bizops"), Person("clara", "bizops")
FINANCE_MANAGER = Person("fatima", "bizops")
READER = Person("ada", "bizops")
ROLES = {"u-101": "ADMINISTRATOR", "u-103": "ADMINISTRATOR", "u-104": "FINANCE_MANAGER", "u-105": "MANAGER"}
FORGED = """async path => {
  const headers = JSON.parse(document.body.getAttribute('hx-headers:inherited'));
  const body = new URLSearchParams({reason: 'forged', confirmed: 'yes'});
  return (await fetch(path, {method: 'POST', headers, body})).status;
}"""
pytestmark = [pytest.mark.journey("J9"), pytest.mark.own_portal, pytest.mark.writes]


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A portal with the business roles, whose policy lets no window be closed by one person."""
    settings = {"BIZOPS_LOGIN_RATE": "1000 per minute", "BIZOPS_ROLES_DIR": str(BUSINESS)}
    with Stack(free_base_port(), tmp_path_factory.mktemp("strict"), settings=settings) as running:
        store = SqlAssignments(running.plan.access_database)
        for subject, role in ROLES.items():
            for grant in store.roles_of(subject):
                store.remove(subject, grant.value)
            store.assign(subject, role, "the test")
        yield running


@pytest.fixture
def at_desk(browser: Browser, browser_context_args: dict[str, Any], strict: Stack) -> Iterator[Callable[..., Page]]:
    """Each person at a browser of their own, signed in, on a page."""
    contexts = []

    def sit(who: Person, path: str) -> Page:
        context = browser.new_context(**browser_context_args)
        contexts.append(context)
        page = context.new_page()
        page.goto(strict.base_url + path)
        people.sign_in(page, who)
        page.wait_for_url(re.compile(re.escape(strict.base_url + path)))
        return page

    yield sit
    for context in contexts:
        context.close()


@pytest.fixture
def window(strict: Stack) -> str:
    """The number of the open window, with a transfer in it."""
    order = {"payerFsp": "payerfsp", "payeeFsp": "payeefsp", "amount": "12.50", "currency": "USD"}
    request = urllib.request.Request(
        strict.urls["hub"] + "/transfers", json.dumps(order).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=20).close()
    return open_window(strict)


def open_window(stack: Stack) -> str:
    """The hub's open window, asked past the portal."""
    with urllib.request.urlopen(stack.urls["hub"] + "/v2/settlementWindows?state=OPEN", timeout=20) as answer:
        (found,) = json.load(answer)
    return str(found["settlementWindowId"])


def ask(page: Page, number: str, reason: str = "End of day") -> None:
    """Ask for the window to be closed, from its row in the list."""
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=number, exact=True))
    row.get_by_role("link", name=re.compile("^Close window")).click()
    page.get_by_role("textbox", name="Reason").fill(reason)
    page.get_by_role("button", name=f"Close window {number}").click()


def test_what_one_person_asks_for_another_lets_through(
    at_desk: Callable[..., Page],
    strict: Stack,
    window: str,
    accessible: Callable[[Page], None],
) -> None:
    maker = at_desk(ADMINISTRATOR, "/settlement/windows")
    maker.get_by_role("link", name=re.compile("^Close window")).first.click()
    dialog = maker.get_by_role("dialog")
    expect(dialog).to_contain_text("Finance manager")
    expect(dialog).to_contain_text("Net positions")
    accessible(maker)
    maker.get_by_role("textbox", name="Reason").fill("End of day")
    maker.get_by_role("button", name=f"Close window {window}").dblclick()
    expect(maker.get_by_role("main")).to_contain_text("Waiting for approval")
    assert open_window(strict) == window, "nothing may happen before somebody else has approved"
    expect(maker.get_by_role("button", name=re.compile("^Approve"))).to_have_count(0)
    expect(maker.get_by_role("main")).to_contain_text("You asked for it yourself: somebody else has to decide.")
    maker.goto(f"{strict.base_url}/settlement/windows/{window}")
    expect(maker.get_by_role("main")).to_contain_text("Olivia Okello asked for a change of this")

    checker = at_desk(FINANCE_MANAGER, "/approvals")
    expect(checker.get_by_role("banner")).to_contain_text(re.compile(r"Approvals\s*1"))
    accessible(checker)
    checker.get_by_role("link", name=f"Close settlement window {window}").click()
    main = checker.get_by_role("main")
    expect(main).to_contain_text("End of day")
    expect(main).to_contain_text("Administrator")
    expect(main).to_contain_text("Net positions")
    accessible(checker)
    checker.get_by_role("button", name=f"Approve: Close window {window}").click()
    expect(main).to_contain_text("It was done")
    assert open_window(strict) != window
    expect(main.get_by_role("list").last).to_contain_text("Fatima Farah")


def test_what_is_rejected_is_never_sent_and_keeps_its_reason(
    at_desk: Callable[..., Page], strict: Stack, window: str
) -> None:
    maker = at_desk(ADMINISTRATOR, "/settlement/windows")
    ask(maker, window)
    expect(maker.get_by_role("main")).to_contain_text("Waiting for approval")
    where = maker.url
    checker = at_desk(FINANCE_MANAGER, where.removeprefix(strict.base_url))
    checker.get_by_role("button", name="Reject").click()
    expect(checker.get_by_role("main")).to_contain_text("Say why it is rejected")
    checker.get_by_role("textbox", name="Reason").fill("Wait for the cut-off")
    checker.get_by_role("button", name="Reject").click()
    expect(checker.get_by_role("main")).to_contain_text("Rejected")
    maker.reload()
    expect(maker.get_by_role("main")).to_contain_text("Wait for the cut-off")
    assert open_window(strict) == window


def test_a_request_can_be_withdrawn_by_who_made_it_and_asked_for_anew(
    at_desk: Callable[..., Page], strict: Stack, window: str
) -> None:
    maker = at_desk(SECOND, "/settlement/windows")
    ask(maker, window)
    maker.get_by_role("button", name="Withdraw the request").click()
    expect(maker.get_by_role("main")).to_contain_text("Withdrawn")
    other = at_desk(ADMINISTRATOR, "/settlement/windows")
    ask(other, window)
    expect(other.get_by_role("main")).to_contain_text("Waiting for approval")
    other.get_by_role("button", name="Withdraw the request").click()
    expect(other.get_by_role("main")).to_contain_text("Withdrawn")


def test_many_requests_are_decided_together_with_an_answer_to_each(
    at_desk: Callable[..., Page], strict: Stack, window: str
) -> None:
    maker = at_desk(ADMINISTRATOR, "/settlement/windows")
    ask(maker, window)
    expect(maker.get_by_role("main")).to_contain_text("Waiting for approval")
    checker = at_desk(FINANCE_MANAGER, "/approvals")
    checker.get_by_role("checkbox").first.check()
    checker.get_by_role("button", name=re.compile("^Approve the chosen")).click()
    expect(checker.get_by_role("main")).to_contain_text("Done")
    assert open_window(strict) != window


def test_whoever_checks_cannot_ask_and_whoever_reads_can_do_neither(at_desk: Callable[..., Page], window: str) -> None:
    for who in (FINANCE_MANAGER, READER):
        page = at_desk(who, "/settlement/windows" if who is FINANCE_MANAGER else "/users/people")
        expect(page.get_by_role("link", name=re.compile("^Close window"))).to_have_count(0)
        assert page.evaluate(FORGED, f"/settlement/windows/{window}/close") == 403
