"""J9, J10: funds in and funds out by two people: what the bank holds otherwise is booked, once, or not at all."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e import settling
from e2e.bank import download, fill, names, upload
from e2e.people import OPERATOR
from e2e.settling import AMOUNT, CHECKER, MAKER, PAYEE, PAYER, SHOWN, Scheme

pytestmark = [pytest.mark.writes, pytest.mark.timeout(300)]
MORE, LESS = 100, 40  # what the bank says payeefsp has more, and payerfsp less
FORGED = """async path => {
  const headers = JSON.parse(document.body.getAttribute('hx-headers:inherited'));
  return (await fetch(path, {method: 'POST', headers, body: new URLSearchParams({confirmed: 'yes'})})).status;
}"""
Desk = Callable[..., Page]


@pytest.fixture
def at_desk(browser: Browser, browser_context_args: dict[str, Any], scheme: Scheme) -> Desk:
    """Somebody at a browser of their own, on a page."""

    def sit(who: Any, path: str) -> Page:
        return settling.at_desk(browser, browser_context_args, scheme, who, path)

    return sit


@pytest.fixture
def settled(
    sign_in: Callable[..., Page], browser: Browser, browser_context_args: dict[str, Any], scheme: Scheme, tmp_path: Path
) -> tuple[Page, int]:
    """The page of a finalisation from the bank's file, done, with two differences left; the settlement's number."""
    number = settling.settlement(scheme)
    page = sign_in(MAKER, f"/settlement/settlements/{number}")
    report = download(page, scheme, number, tmp_path)
    order = names(report)
    held = {name: settling.liquidity(scheme, name) for name in (PAYER, PAYEE)}
    cells = {
        f"C{7 + order.index(PAYEE)}": float(held[PAYEE] + AMOUNT + MORE),
        f"C{7 + order.index(PAYER)}": float(held[PAYER] - AMOUNT - LESS),
    }
    upload(page, scheme, number, fill(report, scheme, **cells))
    for amount in (MORE, LESS):
        page.get_by_role("button", name=re.compile(rf"Acknowledge the difference of .?{amount}\.00 USD")).click()
    expect(page.get_by_role("main")).to_contain_text("Validated")
    address = page.url.partition("#")[0]
    settling.confirm(page, number)
    settling.approve(browser, browser_context_args, scheme, number)
    page.goto(f"{scheme.base_url}/settlement/settlements/{number}")
    done = page.get_by_role("main").get_by_role("listitem").filter(has_text="Accounts settled")
    expect(done).to_contain_text("Done", timeout=3 * SHOWN)  # all steps of a finalisation, on a busy machine
    page.goto(address)
    return page, number


def ask(page: Page, name: str) -> str:
    """Ask for a participant's difference to be booked, after a look at what that does; where it waits."""
    found = page.get_by_role("region", name="What the settlement bank holds otherwise")
    found.get_by_role("row").filter(has_text=name).get_by_role("link", name="Book the difference").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(name)
    expect(dialog).to_contain_text("The settlement is not touched.")
    expect(dialog).to_contain_text("Liquidity")
    page.get_by_role("textbox", name="Reason").fill("As on the bank's statement")
    page.get_by_role("button", name="Book the difference").click()
    expect(page.get_by_role("main")).to_contain_text("Waiting for approval")
    return page.url


def decide(checker: Page, request: str, answer: str) -> None:
    """Reject what is asked for at this address, with a reason, or let it through."""
    checker.goto(request)
    if answer == "Reject":
        checker.get_by_role("textbox", name="Reason").fill("The statement is of yesterday")
    checker.get_by_role("button", name=re.compile(f"^{answer}")).click()
    expect(checker.get_by_role("main")).to_contain_text("It was done" if answer == "Approve" else "Rejected")


def until_booked(page: Page, address: str, name: str) -> None:
    """Look again until the worker has done it, and there is nothing left to be booked."""
    offered = page.get_by_role("row").filter(has_text=name).get_by_role("link", name="Book the difference")
    for _ in range(SHOWN // 500):
        page.goto(address)
        if not offered.count():
            return
        page.wait_for_timeout(500)
    expect(offered).to_have_count(0)


def until_committed(page: Page, scheme: Scheme, number: int) -> dict[str, Any]:
    """The one movement of the payer's difference, once the worker has carried it to its end."""
    for _ in range(SHOWN // 500):
        moved = settling.movements(page, scheme, PAYER, number)
        (booked,) = [each for each in moved if "difference" in each["reference"]]
        if booked["state"] == "COMMITTED":
            return booked
        page.wait_for_timeout(500)
    raise AssertionError(f"still {booked['state']}")


@pytest.mark.journey("J9")
def test_funds_come_in_once_somebody_else_has_agreed(
    settled: tuple[Page, int], at_desk: Desk, scheme: Scheme, accessible: Callable[[Page], None]
) -> None:
    page, number = settled
    address, before = page.url, settling.liquidity(scheme, PAYEE)
    request = ask(page, PAYEE)
    accessible(page)
    expect(page.get_by_role("button", name=re.compile("^Approve"))).to_have_count(0)
    checker = at_desk(CHECKER, "/approvals")
    decide(checker, request, "Reject")
    page.reload()
    expect(page.get_by_role("main")).to_contain_text("The statement is of yesterday")
    assert settling.liquidity(scheme, PAYEE) == before, "what was rejected is never sent"

    page.goto(address)
    booking = page.get_by_role("link", name="Book the difference").first.get_attribute("href")
    other = at_desk(OPERATOR, f"/settlement/settlements/{number}")
    assert other.goto(address).status == 403  # type: ignore[union-attr]
    other.goto(f"{scheme.base_url}/settlement/windows")
    assert other.evaluate(FORGED, booking) == 403
    other.context.close()

    decide(checker, ask(page, PAYEE), "Approve")
    checker.context.close()
    until_booked(page, address, PAYEE)
    assert settling.liquidity(scheme, PAYEE) == before + MORE


@pytest.mark.journey("J10")
def test_funds_that_are_reserved_and_not_committed_are_seen_and_go_out_once(
    settled: tuple[Page, int], at_desk: Desk, scheme: Scheme, accessible: Callable[[Page], None]
) -> None:
    page, number = settled
    address, before = page.url, settling.liquidity(scheme, PAYER)
    request = ask(page, PAYER)
    checker = at_desk(CHECKER, "/approvals")
    account = settling.account(scheme, PAYER, "SETTLEMENT")["id"]
    commit = f"/participants/{PAYER}/accounts/{account}/transfers/.*"
    said = {"status": 400, "code": "2001", "text": "Internal server error - no commit today"}
    with settling.fault(scheme, effect="refuse", method="PUT", path=commit, times=0, **said):
        decide(checker, request, "Approve")
        checker.goto(f"{scheme.base_url}/settlement/settlements/{number}")
        expect(checker.get_by_role("main")).to_contain_text("no commit today", timeout=SHOWN)
        assert [each["state"] for each in settling.movements(checker, scheme, PAYER, number)][-1] == "RESERVED"
    checker.context.close()
    page.goto(f"{scheme.base_url}/settlement/settlements/{number}/finalisations")
    page.get_by_role("link", name="Resume").click()
    page.get_by_role("button", name="Resume").click()
    until_booked(page, address, PAYER)
    booked = until_committed(page, scheme, number)
    assert (booked["user"], booked["fundsOut"]) == (MAKER.username, f"{LESS}.00")
    assert settling.liquidity(scheme, PAYER) == before - LESS
