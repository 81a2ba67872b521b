"""J12: roles are given by others and never against an exclusion, data stays with its participant, all of it is seen."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e import people
from e2e.people import AUDITOR, FINANCE_MANAGER, MANAGER, Person
from sandbox.provider.crowd import crowd
from sandbox.up import Stack

NEWCOMER = crowd(2)[1]
CLASH = "Permissions audit:settlement:view and participants:cap:change cannot be assigned together for the user: ada"
RECONCILIATION = "/reports/catalogue/reconciliation-amount"
pytestmark = [pytest.mark.journey("J12"), pytest.mark.own_portal, pytest.mark.writes]


@pytest.fixture
def at_desk(
    browser: Browser, browser_context_args: dict[str, Any], base_url: str, stack: Stack
) -> Iterator[Callable[..., Page]]:
    """Each person at a browser of their own, signed in, on a page."""
    contexts = []

    def sit(who: Person, path: str) -> Page:
        context = browser.new_context(**browser_context_args)
        contexts.append(context)
        page = context.new_page()
        page.goto(base_url + path)
        people.sign_in(page, who)
        page.wait_for_url(re.compile(re.escape(base_url + path)))
        return page

    yield sit
    for context in contexts:
        context.close()


def choose_role(page: Page, role: str) -> None:
    """Pick a role on a person's page, and go on to the question."""
    page.get_by_label("Another role").select_option(label=role)
    page.get_by_role("button", name="Assign role").click()


def test_two_duties_that_exclude_each_other_are_never_given_together(
    at_desk: Callable[..., Page], base_url: str, accessible: Callable[[Page], None]
) -> None:
    page = at_desk(MANAGER, "/users/people/u-105")
    main = page.get_by_role("main")
    expect(main).to_contain_text("Auditor")
    choose_role(page, "Finance manager")
    shown = page.get_by_role("dialog").or_(main)
    expect(shown.first).to_contain_text(CLASH)
    accessible(page)
    expect(page.get_by_role("button", name="Assign Finance manager")).to_have_count(0)
    page.goto(f"{base_url}/users/people/u-105")
    expect(page.get_by_role("region", name="Roles").or_(main).first).not_to_contain_text("Finance manager assigned")
    expect(page.get_by_role("link", name="Finance manager")).to_have_count(0)


def test_nobody_gives_a_role_to_themselves(at_desk: Callable[..., Page], base_url: str) -> None:
    page = at_desk(MANAGER, "/users/people/u-102")
    expect(page.get_by_role("main")).to_contain_text("Nobody changes their own roles or participants")
    page.goto(f"{base_url}/users/people/u-102/roles/assign?role=financeManager")
    expect(page.get_by_role("main")).to_contain_text("Nobody changes their own roles")
    expect(page.get_by_role("button", name="Assign Finance manager")).to_have_count(0)


def test_a_role_that_moves_money_takes_two_people(at_desk: Callable[..., Page], base_url: str) -> None:
    maker = at_desk(MANAGER, "/users/people/u-103")
    choose_role(maker, "Finance manager")
    expect(maker.get_by_text("It goes to another person for approval")).to_be_visible()
    maker.get_by_role("button", name="Assign Finance manager").click()
    expect(maker.get_by_role("main")).to_contain_text("Waiting for approval")
    maker.goto(f"{base_url}/users/people/u-103")
    expect(maker.get_by_role("main")).to_contain_text("Marcus Mwangi asked for a change of this")
    expect(maker.get_by_role("link", name="Finance manager")).to_have_count(0)
    checker = at_desk(FINANCE_MANAGER, "/approvals")
    checker.get_by_role("link", name=re.compile("Finance manager")).click()
    checker.get_by_role("button", name="Approve: Assign Finance manager").click()
    expect(checker.get_by_role("main")).to_contain_text("It was done")
    maker.goto(f"{base_url}/users/people/u-103")
    expect(maker.get_by_role("link", name="Finance manager")).to_be_visible()
    maker.get_by_role("row").filter(has_text="Finance manager").get_by_role("link", name="Remove").click()
    maker.get_by_role("button", name="Remove Finance manager").click()
    expect(maker.get_by_role("link", name="Finance manager")).to_have_count(0)


def test_a_member_of_a_participant_sees_its_figures_and_no_others(at_desk: Callable[..., Page], base_url: str) -> None:
    page = at_desk(MANAGER, f"/users/people/{NEWCOMER['subject']}")
    choose_role(page, "DFSP reconciliation")
    expect(page.get_by_text("Run the report “Reconciliation by counterparty”")).to_be_visible()
    page.get_by_role("button", name="Assign DFSP reconciliation").click()
    expect(page.get_by_role("link", name="DFSP reconciliation")).to_be_visible()
    page.get_by_label("Another participant").select_option(label="payerfsp")
    page.get_by_role("button", name="Add participant").click()
    page.get_by_role("button", name="Add payerfsp").click()
    expect(page.get_by_role("region", name="Participants")).to_contain_text("payerfsp")
    newcomer = at_desk(Person(NEWCOMER["username"], "bizops"), "/reports/catalogue")
    for participant, status in (("payerfsp", 200), ("payeefsp", 404)):
        answer = newcomer.goto(f"{base_url}{RECONCILIATION}?participant={participant}&settlementWindowId=24")
        assert answer is not None
        assert answer.status == status, newcomer.content()


def test_the_auditor_sees_who_did_and_tried_what_and_nobody_can_change_it(
    at_desk: Callable[..., Page], base_url: str, accessible: Callable[[Page], None]
) -> None:
    page = at_desk(MANAGER, "/users/people/u-105/roles/assign?role=financeManager")
    expect(page.get_by_text(CLASH)).to_be_visible()
    auditor = at_desk(AUDITOR, "/audit?action=users.assign_role&outcome=refused")
    row = auditor.get_by_role("row").filter(has_text="Marcus Mwangi").first
    expect(row).to_contain_text("person:u-105")
    accessible(auditor)
    row.get_by_role("link").first.click()
    expect(auditor.get_by_role("main")).to_contain_text("cannot be assigned together")
    auditor.goto(f"{base_url}/audit?action=users.assign_role")
    with auditor.expect_download() as download:
        auditor.get_by_role("link", name="CSV").click()
    text = download.value.path().read_text("utf-8")
    assert "users.assign_role" in text
    assert "u-105" in text
    auditor.goto(f"{base_url}/audit/integrity")
    expect(auditor.get_by_role("main")).to_contain_text("Holds")
    expect(auditor.get_by_role("main")).not_to_contain_text("Broken")
    forged = """async path => {
      const headers = JSON.parse(document.body.getAttribute('hx-headers:inherited'));
      return (await fetch(path, {method: 'DELETE', headers})).status;
    }"""
    assert auditor.evaluate(forged, "/users/api/audit/1") in (403, 404, 405)
