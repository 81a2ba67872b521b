"""In the sandbox a developer sees whose each part of a page is; the policy of the page allows all of it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e.people import MANAGER


@pytest.mark.own_portal  # no other deployment need be a sandbox
def test_a_developer_sees_whose_each_part_of_a_page_is(
    sign_in: Callable[..., Page], accessible: Callable[[Page], None], picture: Callable[[str], None]
) -> None:
    page = sign_in(MANAGER)
    page.get_by_role("button", name="Marcus Mwangi").click()
    page.get_by_role("group", name="Developer overlay").get_by_role("link", name="On").click()
    legend = page.get_by_role("complementary", name="Developer overlay")
    expect(legend).to_be_visible()
    area = page.locator(".area[data-overlay]").first
    expect(area).to_have_attribute("data-overlay", re.compile(r"^settlement \S+ · .+"))
    expect(area).to_have_css("outline-style", "dashed")
    accessible(page)
    picture("developer-overlay")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Settlement windows", exact=True).click()
    expect(page.locator("#main > .overlay-main")).to_have_attribute("data-overlay", re.compile("^settlement .* ms$"))
    legend.get_by_role("link", name="Turn off").click()
    expect(page.get_by_role("heading", name="Settlement windows", exact=True)).to_be_visible()
    expect(legend).to_have_count(0)
    expect(page.locator("[data-overlay]")).to_have_count(0)
