"""A hub operator finds a report by a few words, stars it, runs it, pages, sorts and looks at its chart."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.people import OPERATOR

SignIn = Callable[..., Page]
HISTORY = "/reports/catalogue/position-history"
EVER = "startDate=2020-01-01T00:00&endDate=2035-01-01T00:00"
pytestmark = [pytest.mark.journey("J13"), pytest.mark.sandbox]


def star(page: Page) -> Locator:
    return page.get_by_role("button", name="Favourite: Position history").first


@pytest.mark.writes
def test_a_report_is_found_starred_run_paged_sorted_and_drawn(
    sign_in: SignIn, accessible: Callable[[Page], None], picture: Callable[[str], None]
) -> None:
    page = sign_in(OPERATOR, "/reports/catalogue")
    page.get_by_role("searchbox", name="Find a report").press_sequentially("POSITION history")
    expect(page).to_have_url(re.compile(r"q=POSITION"))
    expect(page.get_by_role("main").get_by_role("row").filter(has=page.get_by_role("link"))).to_have_count(1)
    expect(page.get_by_role("searchbox", name="Find a report")).to_be_focused()
    accessible(page)
    star(page).click()
    expect(star(page)).to_have_attribute("aria-pressed", "true")

    page.goto(page.url.partition("?")[0])
    expect(page.get_by_role("main").get_by_role("heading", level=2).first).to_have_text("Favourites")
    page.get_by_role("link", name="Position history").first.click()
    page.get_by_label("Period from").fill("2020-01-01T00:00")
    page.get_by_label("Period before").fill("2035-01-01T00:00")
    page.get_by_role("button", name="Apply").first.click()
    expect(page.get_by_role("main")).to_contain_text(re.compile("1–100 of"))  # noqa: RUF001 - as figures are written

    page.get_by_role("link", name="Next page").first.click()
    expect(page).to_have_url(re.compile(r"page\.changes=2"))
    expect(page.get_by_role("main")).to_contain_text(re.compile("101–200 of"))  # noqa: RUF001
    page.get_by_role("columnheader", name=re.compile("^Change")).get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"sort\.changes=moved"))
    expect(page.get_by_role("columnheader", name=re.compile("^Change"))).to_have_attribute("aria-sort", "ascending")

    page.goto(page.url.partition("?")[0] + f"?{EVER}&participant=payerfsp&currency=USD")
    expect(page.get_by_role("img", name=re.compile("^After, Net debit cap, USD"))).to_be_visible()
    accessible(page)
    picture("report-with-chart")


def test_a_preset_fills_the_period_and_keeps_the_rest(sign_in: SignIn) -> None:
    page = sign_in(OPERATOR, f"{HISTORY}?{EVER}&currency=USD")
    page.get_by_role("link", name="Today", exact=True).click()
    expect(page.get_by_role("link", name="Today", exact=True)).to_have_attribute("aria-current", "true")
    expect(page.get_by_label("Currency")).to_have_value("USD")


@pytest.mark.writes
def test_reports_are_found_starred_and_paged_without_javascript(base_url: str, sign_in: SignIn) -> None:
    page = sign_in(OPERATOR, "/reports/catalogue")
    browser = page.context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    reader = plain.new_page()
    reader.goto(base_url + "/reports/catalogue")
    reader.get_by_role("searchbox", name="Find a report").fill("position history")
    reader.get_by_role("button", name="Find", exact=True).click()
    before = star(reader).get_attribute("aria-pressed")
    star(reader).click()
    expect(star(reader)).not_to_have_attribute("aria-pressed", str(before))
    expect(reader.get_by_role("searchbox", name="Find a report")).to_have_value("position history")
    reader.goto(f"{base_url}{HISTORY}?{EVER}")
    reader.get_by_role("link", name="Next page").first.click()
    expect(reader).to_have_url(re.compile(r"page\.changes=2"))
    plain.close()
