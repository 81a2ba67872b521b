"""What the page does by itself, in a real browser, under the real policy."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

EXPECTED = ("422", "502", "ERR_INTERNET_DISCONNECTED")  # what the tests themselves bring about


@pytest.fixture(autouse=True)
def nothing_is_complained_of(page: Page) -> Iterator[None]:
    """No script error, and nothing that the content security policy had to stop."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield
    assert [each for each in complaints if not any(known in each for known in EXPECTED)] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_gallery_has_no_accessibility_violation(page: Page, site: str, scheme: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{site}/gallery")
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_no_page_scrolls_sideways(page: Page, site: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{site}/gallery")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_link_replaces_the_content_moves_the_focus_and_marks_the_menu(page: Page, site: str) -> None:
    page.goto(f"{site}/one")
    page.evaluate("window.sameDocument = true")
    page.get_by_role("link", name="To two").click()
    expect(page.get_by_role("heading", name="Two")).to_be_visible()
    expect(page).to_have_title("Two · BizOps Portal")
    expect(page).to_have_url(f"{site}/two")
    expect(page.locator("#nav [aria-current=page]")).to_have_text("Two")
    expect(page.locator("#main")).to_be_focused()
    expect(page.locator("#announce")).to_have_text("Two")
    assert page.evaluate("window.sameDocument")


def test_back_asks_the_server_again_and_returns_to_where_one_was(page: Page, site: str) -> None:
    page.goto(f"{site}/one")
    page.evaluate("window.sameDocument = true; scrollTo(0, 700)")
    page.locator(".row-link").nth(25).click()
    expect(page.get_by_role("heading", name="Two")).to_be_visible()
    assert page.evaluate("scrollY") == 0
    page.go_back()
    expect(page.get_by_role("heading", name="One")).to_be_visible()
    page.wait_for_function("scrollY === 700")
    assert page.evaluate("window.sameDocument")


def test_a_filter_keeps_the_place_and_leaves_empty_fields_out_of_the_address(page: Page, site: str) -> None:
    page.goto(f"{site}/one")
    page.get_by_label("Word").fill("abc")
    page.get_by_label("Word").press("Enter")
    expect(page).to_have_url(f"{site}/one?q=abc")
    expect(page.get_by_label("Word")).to_have_value("abc")
    expect(page.get_by_label("Word")).to_be_focused()


def test_a_question_opens_as_a_dialog_and_its_answer_shows_where_it_leads(page: Page, site: str) -> None:
    page.goto(f"{site}/one")
    page.get_by_role("link", name="Ask").click()
    dialog = page.get_by_role("dialog", name="Ask")
    expect(dialog).to_be_visible()
    expect(page).to_have_url(f"{site}/one")
    expect(page).to_have_title("One · BizOps Portal")
    dialog.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("heading", name="Two")).to_be_visible()
    expect(page).to_have_url(f"{site}/two")
    expect(dialog).to_be_hidden()


def test_a_refused_question_stays_in_its_dialog_with_the_error_in_focus(page: Page, site: str) -> None:
    page.goto(f"{site}/one")
    page.get_by_role("link", name="Ask").click()
    dialog = page.get_by_role("dialog", name="Ask")
    dialog.get_by_label("Refuse").check()
    dialog.get_by_role("button", name="Do it").click()
    expect(dialog.get_by_text("Say why.")).to_be_visible()
    expect(dialog.locator("[data-errors]")).to_be_focused()
    expect(page).to_have_url(f"{site}/one")
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_be_hidden()
    expect(page).to_have_url(f"{site}/one")


def test_a_change_is_sent_once_however_often_its_button_is_pressed(page: Page, site: str) -> None:
    page.goto(f"{site}/ask")
    page.evaluate("for (let times = 0; times < 3; times++) document.querySelector('.confirm').requestSubmit()")
    expect(page.get_by_role("button", name="Do it")).to_be_disabled()
    expect(page.get_by_text("Posted 1")).to_be_visible()


def test_going_back_from_something_typed_asks_first_and_staying_keeps_the_address(page: Page, site: str) -> None:
    page.goto(f"{site}/two")
    page.get_by_role("link", name="Say why").click()
    page.locator("textarea").fill("Because")
    page.go_back()
    page.get_by_role("button", name="Stay here").click()
    expect(page.locator("textarea")).to_have_value("Because")
    expect(page).to_have_url(f"{site}/ask")
    page.go_back()
    page.get_by_role("button", name="Leave the page").click()
    expect(page.get_by_role("heading", name="Two")).to_be_visible()
    expect(page).to_have_url(f"{site}/two")


def test_what_was_refused_counts_as_typed_and_what_was_sent_does_not(page: Page, site: str) -> None:
    page.goto(f"{site}/ask")
    page.get_by_label("Refuse").check()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("Say why.")).to_be_visible()
    page.locator("#nav").get_by_role("link", name="One").click()
    expect(page.get_by_role("alertdialog", name="What you typed is not sent")).to_be_visible()
    page.get_by_role("button", name="Stay here").click()
    page.get_by_label("Refuse").uncheck()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("heading", name="Two")).to_be_visible()
    page.locator("#nav").get_by_role("link", name="One").click()
    expect(page.get_by_role("heading", name="One")).to_be_visible()


def test_without_a_connection_nothing_is_sent_and_the_page_stays(page: Page, site: str) -> None:
    page.goto(f"{site}/one")
    page.context.set_offline(True)
    expect(page.get_by_text("No connection.")).to_be_visible()
    page.get_by_role("link", name="To two").click()
    expect(page.get_by_text("The page did not arrive")).to_be_visible()
    expect(page.get_by_role("heading", name="One")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="Two")).to_be_visible()


def test_keys_go_to_the_menus_pages_unless_somebody_types(page: Page, site: str) -> None:
    page.goto(f"{site}/one")
    page.keyboard.press("/")
    expect(page.get_by_label("Word")).to_be_focused()
    page.keyboard.type("gt?")
    expect(page.get_by_label("Word")).to_have_value("gt?")
    page.locator("#main").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts").get_by_text("Two")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page.get_by_role("heading", name="Two")).to_be_visible()


def test_a_strangers_error_page_is_not_shown_and_ours_is(page: Page, site: str) -> None:
    page.goto(f"{site}/one")
    page.get_by_role("link", name="Broken").click()
    expect(page.get_by_text("The page did not arrive")).to_be_visible()
    expect(page.get_by_role("heading", name="One")).to_be_visible()
    expect(page.get_by_text("nginx")).to_have_count(0)
    page.get_by_role("link", name="Away").click()
    expect(page.get_by_role("heading", name="The hub does not answer")).to_be_visible()


def test_a_count_that_cannot_be_had_anew_stays_as_it_was_and_looks_old(page: Page, site: str) -> None:
    with page.expect_response(f"{site}/away"):
        page.goto(f"{site}/counted")
    expect(page.locator("#count[data-stale]")).to_have_text("3")
    expect(page.get_by_text("The hub does not answer")).to_have_count(0)


def test_a_file_behind_an_ordinary_link_is_downloaded(page: Page, site: str) -> None:
    page.goto(f"{site}/one")
    with page.expect_download() as download:
        page.get_by_role("link", name="Rows", exact=True).click()
    assert download.value.suggested_filename == "rows.csv"


def test_arrows_move_between_rows_and_a_click_in_a_row_follows_its_link(page: Page, site: str) -> None:
    page.goto(f"{site}/one")
    page.get_by_role("region", name="Rows").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".row-link").first).to_be_focused()
    page.locator("tbody td").nth(2).click()
    expect(page).to_have_url(f"{site}/two?row=3")


def test_theme_rows_and_navigation_are_remembered(page: Page, site: str) -> None:
    page.goto(f"{site}/one")
    page.get_by_role("button", name="Olivia Okello").click()
    page.get_by_role("button", name="Dark").click()
    page.get_by_role("button", name="Compact").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Show icons only").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("html")).to_have_attribute("data-rows", "compact")
    assert page.evaluate("document.querySelector('#nav').offsetWidth") == 48
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 24, 28)"


def test_the_palette_goes_to_a_page_by_its_name(page: Page, site: str) -> None:
    page.goto(f"{site}/one")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Page").fill("tw")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Two")).to_be_visible()


def test_an_identifier_is_copied_by_a_click(page: Page, site: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{site}/gallery")
    page.locator("button.id").first.click()
    expect(page.locator("#announce")).to_contain_text("5f1c9a62-7d3e-4b8a-9c14-2b1f0e6a7d91")
    assert page.evaluate("navigator.clipboard.readText()") == "5f1c9a62-7d3e-4b8a-9c14-2b1f0e6a7d91"


def test_the_menu_is_a_drawer_on_a_phone_and_closes_when_one_has_arrived(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site}/one")
    expect(page.locator("#nav")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    page.locator("#nav").get_by_role("link", name="Two").click()
    expect(page.get_by_role("heading", name="Two")).to_be_visible()
    expect(page.locator("#nav")).to_be_hidden()


def test_everything_reads_and_navigates_without_javascript(page: Page, site: str) -> None:
    context = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    plain = context.new_page()
    plain.goto(f"{site}/one")
    plain.get_by_role("link", name="Ask").click()
    expect(plain).to_have_url(f"{site}/ask")
    plain.get_by_role("button", name="Do it").click()
    expect(plain.get_by_text("Posted 1")).to_be_visible()
    expect(plain.get_by_role("button", name=re.compile("Go to"))).to_have_count(0)
    context.close()
