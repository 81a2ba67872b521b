"""J11: a participant that is disabled is seen as such; a transfer is found, opened, counted and taken along."""

import csv
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from e2e import settling
from e2e.people import AUDITOR, OPERATOR
from e2e.settling import AMOUNT, PAYEE, PAYER, Scheme

SignIn = Callable[..., Page]
TRANSACTIONS, DETAIL = "/reports/catalogue/transaction", "/reports/catalogue/transaction-detail"
DISABLED = "demomfi"
pytestmark = pytest.mark.journey("J11")


def past_day() -> str:
    """The past 24 hours and a little, as the reports' form sends them."""
    now = datetime.now(UTC)
    ends = [f"{moment:%Y-%m-%dT%H:%M}" for moment in (now - timedelta(hours=24), now + timedelta(hours=24))]
    return f"startDate={ends[0]}&endDate={ends[1]}"


@pytest.fixture
def disabled(scheme: Scheme) -> Iterator[None]:
    """A participant that the hub has disabled meanwhile."""
    settling.hub(scheme, f"/participants/{DISABLED}", {"isActive": False}, "PUT")
    yield
    settling.hub(scheme, f"/participants/{DISABLED}", {"isActive": True}, "PUT")


@pytest.mark.writes
def test_a_participant_that_is_disabled_is_marked_and_sends_nothing(
    scheme: Scheme, disabled: None, sign_in: SignIn, accessible: Callable[[Page], None]
) -> None:
    page = sign_in(OPERATOR, f"/settlement/participants?search={DISABLED}")
    rows = page.get_by_role("main").get_by_role("row").filter(has_text=DISABLED)
    expect(rows.first).to_contain_text("Inactive")
    accessible(page)
    rows.first.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(DISABLED)
    expect(page.get_by_role("main")).to_contain_text("Inactive")
    accessible(page)
    assert settling.send(scheme, DISABLED, PAYEE)["state"] != "COMMITTED"
    settling.hub(scheme, f"/participants/{DISABLED}", {"isActive": True}, "PUT")
    page.reload()
    expect(page.get_by_role("main")).not_to_contain_text("Inactive")
    settling.transfer(scheme, DISABLED, PAYEE)


@pytest.mark.writes
def test_a_transfer_is_found_in_the_past_day_and_opened_with_all_that_the_hub_knows(
    scheme: Scheme, sign_in: SignIn, accessible: Callable[[Page], None], picture: Callable[[str], None]
) -> None:
    sent = settling.transfer(scheme)
    page = sign_in(OPERATOR, f"{TRANSACTIONS}?{past_day()}&participant={PAYER}")
    main = page.get_by_role("main")
    expect(main.get_by_role("table").first).to_contain_text(PAYER)
    accessible(page)
    page.goto(scheme.base_url + DETAIL)
    page.get_by_label("Transfer").fill(sent)
    page.get_by_role("button", name="Apply").first.click()
    expect(main).to_contain_text(sent)
    for told in (PAYER, PAYEE, f"{AMOUNT}", "Committed", "States", "Position changes"):
        expect(main).to_contain_text(told)
    accessible(page)
    picture("transfer-in-detail")


@pytest.mark.sandbox
def test_the_pages_total_is_the_number_of_rows_that_the_file_holds(base_url: str, sign_in: SignIn) -> None:
    # The sandbox's past is three days of traffic: more rows than a page shows.
    page = sign_in(OPERATOR, f"{TRANSACTIONS}?startDate=2020-01-01T00:00&endDate=2021-01-01T00:00")
    expect(page.get_by_role("main")).to_contain_text(re.compile("No rows|nothing", re.IGNORECASE))
    now = datetime.now(UTC)
    # A period that is over, so that nothing is added between the two looks.
    period = f"startDate={now - timedelta(days=3):%Y-%m-%dT%H:%M}&endDate={now - timedelta(hours=6):%Y-%m-%dT%H:%M}"
    page.goto(f"{base_url}{TRANSACTIONS}?{period}")
    told = page.get_by_role("main").get_by_text(re.compile(r"1.100 of [\d,]+")).first.inner_text()
    total = int(re.findall(r"of ([\d,]+)", told)[0].replace(",", ""))
    assert total > 250
    lines = page.request.get(f"{base_url}{TRANSACTIONS}/rows.csv?{period}").text().splitlines()
    assert len([row for row in csv.reader(lines) if row and not row[0].startswith("#")]) - 1 == total


def test_whoever_may_not_trace_transfers_is_refused_by_name(base_url: str, sign_in: SignIn) -> None:
    page = sign_in(AUDITOR, "/")
    answer = page.goto(base_url + DETAIL)
    assert answer is not None
    assert answer.status == 403
    expect(page.get_by_role("main")).to_contain_text("reports:transaction-detail:view")
