"""J3: find windows by date and state; the open one is never hidden by a date."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.people import OPERATOR

SignIn = Callable[..., Page]
pytestmark = pytest.mark.journey("J3")


def rows(page: Page) -> Locator:
    return page.get_by_role("main").get_by_role("table").locator("tbody tr")


def test_today_shows_the_open_window_once(sign_in: SignIn, accessible: Callable[[Page], None]) -> None:
    page = sign_in(OPERATOR, "/settlement/windows")
    expect(rows(page).filter(has_text=re.compile(r"\bOpen\b"))).to_have_count(1)
    accessible(page)


def test_a_state_filter_leaves_only_that_state(sign_in: SignIn) -> None:
    page = sign_in(OPERATOR, "/settlement/windows?preset=month")
    page.get_by_label("State").select_option("SETTLED")
    expect(page).to_have_url(re.compile("state=SETTLED"))
    expect(rows(page).first).to_be_visible()
    expect(rows(page).filter(has_not_text="Settled")).to_have_count(0)


def test_an_open_window_from_yesterday_is_in_todays_list(sign_in: SignIn) -> None:
    page = sign_in(OPERATOR, "/settlement/windows?preset=custom&from=2020-01-01T00:00&to=2020-01-02T00:00")
    expect(rows(page)).to_have_count(1)
    expect(rows(page).first).to_contain_text("Open")


def test_a_from_later_than_to_makes_both_the_newly_chosen_value(sign_in: SignIn) -> None:
    page = sign_in(OPERATOR, "/settlement/windows?preset=custom&from=2026-01-10T00:00&to=2026-01-05T00:00")
    chosen = page.get_by_label("From").input_value()
    assert chosen == page.get_by_label("To", exact=True).input_value()


def test_nothing_found_says_so_and_clearing_restores_the_default(sign_in: SignIn) -> None:
    page = sign_in(
        OPERATOR, "/settlement/windows?preset=custom&from=2020-01-01T00:00&to=2020-01-02T00:00&state=SETTLED"
    )
    expect(page.get_by_role("main")).to_contain_text("No settlement windows match")
    page.get_by_role("link", name=re.compile("Clear")).first.click()
    expect(rows(page).first).to_be_visible()


def test_every_page_of_windows_reads_without_javascript(browser: object, base_url: str, sign_in: SignIn) -> None:
    page = sign_in(OPERATOR, "/settlement/windows")
    state = page.context.storage_state()
    plain = page.context.browser.new_context(java_script_enabled=False, storage_state=state)  # type: ignore[union-attr]
    reader = plain.new_page()
    reader.goto(base_url + "/settlement/windows?preset=month")
    expect(rows(reader).first).to_be_visible()
    rows(reader).first.get_by_role("link").first.click()
    expect(reader.get_by_role("heading", level=1)).to_contain_text("window")
    plain.close()
