"""Everything is reached from the keyboard: pages, objects by number or name, filters; and single keys can be off."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.people import DFSP, MANAGER

pytestmark = pytest.mark.sandbox


@pytest.fixture
def sought(page: Page) -> Callable[[str], None]:
    """Open the palette and type."""

    def seek(words: str) -> None:
        page.locator("#palette").wait_for(state="attached")
        page.keyboard.press("Control+k")
        page.get_by_role("combobox", name="Page, number, name or report").fill(words)

    return seek


def test_the_palette_goes_to_a_page_a_window_a_report_and_a_person(
    sign_in: Callable[..., Page], sought: Callable[[str], None], accessible: Callable[[Page], None]
) -> None:
    page = sign_in(MANAGER)
    sought("access rev")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Access review", exact=True)).to_be_visible()
    sought("window 2")
    expect(page.get_by_role("option", name="Settlement window 2 ", exact=False)).to_be_visible()
    accessible(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Settlement window 2", exact=True)).to_be_visible()
    expect(page.locator("#main")).to_be_focused()
    sought("multilateral")
    page.get_by_role("option", name="Multilateral settlement").click()
    expect(page).to_have_url(re.compile("/multilateral-settlement"))
    sought("clara")
    page.get_by_role("option", name="Clara Chanda").click()
    expect(page.get_by_role("heading", name="Clara Chanda")).to_be_visible()


def test_a_dfsp_finds_its_own_and_nothing_of_others(
    sign_in: Callable[..., Page], sought: Callable[[str], None], base_url: str
) -> None:
    page = sign_in(DFSP)
    for words in ("window 2", "clara", "payeefsp"):
        with page.expect_response(re.compile("/slots/search")) as answered:
            sought(words)
        assert not re.search("Settlement window|Clara|=payeefsp", answered.value.text())
        page.keyboard.press("Escape")
    assert "=payerfsp" in page.request.get(f"{base_url}/slots/search?q=payerfsp").text()


def test_keys_lead_to_the_menus_pages_and_can_be_turned_off(
    sign_in: Callable[..., Page], accessible: Callable[[Page], None]
) -> None:
    page = sign_in(MANAGER)
    page.wait_for_load_state("networkidle")
    page.keyboard.press("g")
    page.keyboard.press("w")
    expect(page.get_by_role("heading", name="Settlement windows", exact=True)).to_be_visible()
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#main .filters :focus")).to_have_count(1)
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_).to_be_hidden()  # somebody types
    page.locator("#main").focus()
    page.keyboard.press("?")
    expect(help_.get_by_text("Settlement windows")).to_be_visible()
    accessible(page)
    help_.get_by_role("button", name="Off").click()
    help_.get_by_role("button", name="Close").click()
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.keyboard.press("?")
    expect(help_).to_be_hidden()
    expect(page).to_have_url(re.compile("/settlement/windows"))
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Go to")).to_be_visible()


def test_without_javascript_search_is_a_page(browser: Browser, sign_in: Callable[..., Page], base_url: str) -> None:
    state = sign_in(MANAGER).context.storage_state()
    plain = browser.new_context(storage_state=state, java_script_enabled=False).new_page()
    plain.goto(base_url)
    plain.get_by_role("button", name="Go to").click()
    plain.get_by_role("searchbox").fill("window 2")
    plain.get_by_role("button", name="Find").click()
    plain.get_by_role("link", name="Settlement window 2").click()
    expect(plain.get_by_role("heading", name="Settlement window 2", exact=True)).to_be_visible()
    plain.context.close()
