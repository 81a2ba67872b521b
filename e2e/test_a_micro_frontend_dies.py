"""A micro-frontend is killed half-way: its area says so, the rest works, its menu entries stay, and it comes back."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e.people import OPERATOR
from sandbox.up import Stack


@pytest.mark.writes
def test_the_rest_of_the_portal_works_while_one_app_is_dead(
    sign_in: Callable[..., Page],
    stack: Stack,
    base_url: str,
    picture: Callable[[str], None],
    accessible: Callable[[Page], None],
) -> None:
    page = sign_in(OPERATOR, "/settlement/windows")
    expect(page.get_by_role("main").get_by_role("table")).to_be_visible()
    stack.stop("settlement")
    try:
        page.get_by_role("link", name="Settlement windows").first.click()
        expect(page.get_by_role("main")).to_contain_text(re.compile("unavailable|does not answer", re.IGNORECASE))
        page.goto(base_url + "/settlement/windows")
        expect(page.get_by_role("main")).to_contain_text(re.compile("unavailable|does not answer", re.IGNORECASE))
        expect(page.get_by_role("link", name="Settlement windows").first).to_be_visible()
        accessible(page)
        picture("micro-frontend-away")
        page.get_by_role("link", name="Reports").first.click()
        expect(page.get_by_role("heading", name="Reports", level=1)).to_be_visible()
    finally:
        stack.start("settlement")
    page.goto(base_url + "/settlement/windows")
    expect(page.get_by_role("main").get_by_role("table")).to_be_visible()
