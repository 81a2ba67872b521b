"""The guide to the task: one press from its page, all of them from the user menu, beside a dialog that stays."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e.people import MANAGER, OPERATOR


def test_the_question_mark_opens_the_guide_of_the_page(
    sign_in: Callable[..., Page], accessible: Callable[[Page], None], picture: Callable[[str], None]
) -> None:
    page = sign_in(OPERATOR, "/settlement/windows")
    main = page.get_by_role("main")
    main.get_by_role("link", name="Help").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Close a settlement window")
    expect(page).to_have_title(re.compile("^Close a settlement window"))
    held = main.get_by_role("row").filter(has_text="settlement:window:close")
    expect(held).to_contain_text("Hub operator")
    accessible(page)
    picture("guide")
    main.get_by_role("link", name="Settlement windows").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Settlement windows")


def test_all_guides_stand_on_one_page_whichever_app_they_come_from(
    sign_in: Callable[..., Page], accessible: Callable[[Page], None]
) -> None:
    page = sign_in(MANAGER, "/approvals")
    page.locator("button.user").click()
    page.get_by_role("link", name="Guides").click()
    main = page.get_by_role("main")
    for area in ("Portal", "Settlement", "Reports", "Users"):
        expect(main.get_by_role("heading", name=area, exact=True)).to_be_visible()
    accessible(page)
    for title in ("Read the audit and verify it", "Approve or reject a request", "Give and take roles"):
        main.get_by_role("link", name=title).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        accessible(page)
        main.get_by_role("link", name="Guides").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Guides")


def test_from_a_dialog_the_guide_opens_beside_what_was_typed(sign_in: Callable[..., Page]) -> None:
    page = sign_in(MANAGER, "/users/people")
    page.get_by_role("link", name="New person").click()
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_role("textbox").first
    field.fill("amina")
    with page.expect_popup() as opening:
        dialog.get_by_role("link", name="Help").click()
    expect(opening.value.get_by_role("heading", level=1)).to_have_text("Give and take roles")
    expect(field).to_have_value("amina")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_guide_fits_a_phone(sign_in: Callable[..., Page], accessible: Callable[[Page], None], colours: str) -> None:
    page = sign_in(OPERATOR, "/settlement/help/finalise-from-the-banks-file")
    page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    page.set_viewport_size({"width": 390, "height": 844})
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wider) == 0
    accessible(page)
