"""J2: sign out here and at the provider; nothing is left to see."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e.people import OPERATOR

FETCH = "path => fetch(path, {headers: {'HX-Request': 'true'}}).then(r => [r.status, r.headers.get('HX-Redirect')])"
pytestmark = pytest.mark.journey("J2")


def sign_out(page: Page) -> None:
    page.locator("button.user").click()
    page.get_by_role("button", name="Sign out").click()


def test_signing_out_ends_the_session_here_and_at_the_provider(
    sign_in: Callable[..., Page], base_url: str, accessible: Callable[[Page], None]
) -> None:
    page = sign_in(OPERATOR, "/settlement/windows")
    sign_out(page)
    expect(page).to_have_url(re.compile("/auth/signed-out"))
    accessible(page)
    page.goto(base_url + "/settlement/windows")
    # The provider asks again: its own session is over too.
    expect(page.get_by_label("Password", exact=True)).to_be_visible()


def test_the_back_button_shows_no_data_afterwards(sign_in: Callable[..., Page]) -> None:
    page = sign_in(OPERATOR, "/settlement/windows")
    expect(page.get_by_role("main").get_by_role("table")).to_be_visible()
    sign_out(page)
    expect(page).to_have_url(re.compile("/auth/signed-out"))
    page.go_back()
    expect(page.get_by_role("main").get_by_role("table")).to_have_count(0)


def test_a_fragment_asked_for_without_a_session_leads_to_the_login(sign_in: Callable[..., Page], base_url: str) -> None:
    page = sign_in(OPERATOR, "/settlement/windows")
    page.context.clear_cookies()
    status, leads_to = page.evaluate(FETCH, "/settlement/windows")
    assert status == 401
    assert leads_to.startswith("/auth/login")


@pytest.mark.journey("J1")
def test_a_click_after_the_session_ended_signs_in_and_comes_back(sign_in: Callable[..., Page], base_url: str) -> None:
    page = sign_in(OPERATOR, "/settlement/windows")
    # Only the portal's own cookie is lost; the provider still knows who this is and asks nothing.
    kept = [cookie for cookie in page.context.cookies() if "Host" not in cookie["name"]]
    page.context.clear_cookies()
    page.context.add_cookies(kept)
    page.get_by_role("link", name="Reports").first.click()
    expect(page.get_by_role("heading", name="Reports", level=1)).to_be_visible()
