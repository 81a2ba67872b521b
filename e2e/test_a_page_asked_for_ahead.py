"""A page whose reading is no event is there before the click; one that is an event waits for it."""

import time
from collections.abc import Callable

from playwright.sync_api import Page, Request, expect

from e2e.people import MANAGER, OPERATOR


def asked(page: Page, path: str) -> list[Request]:
    """Every request for a path from now on."""
    made: list[Request] = []
    page.on("request", lambda request: made.append(request) if request.url.partition("?")[0].endswith(path) else None)
    return made


def test_a_page_is_asked_for_while_the_pointer_rests_and_shown_without_asking_again(
    sign_in: Callable[..., Page],
) -> None:
    page = sign_in(OPERATOR, "/reports")
    made = asked(page, "/settlement/settlements")
    entry = page.get_by_role("navigation", name="Main").get_by_role("link", name="Settlements", exact=True)
    with page.expect_response(lambda response: response.url.endswith("/settlement/settlements")):
        entry.hover()
    entry.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Settlements")
    assert len(made) == 1
    page.get_by_role("navigation", name="Main").get_by_role("link", name="All reports").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reports")
    page.mouse.move(700, 500)
    entry.focus()
    entry.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Settlements")
    assert len(made) == 2


def test_a_page_that_reads_what_is_audited_is_asked_for_by_a_click_alone(sign_in: Callable[..., Page]) -> None:
    page = sign_in(MANAGER, "/reports")
    made = asked(page, "/users/people")
    navigation = page.get_by_role("navigation", name="Main")
    with page.expect_response(lambda response: response.url.endswith("/users/roles")):
        navigation.get_by_role("link", name="People").hover()
        time.sleep(0.3)  # longer than a pointer has to rest; whether anything was asked is seen at the end
        navigation.get_by_role("link", name="Roles").hover()
    assert made == []
    navigation.get_by_role("link", name="People").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("People")
    assert len(made) == 1
