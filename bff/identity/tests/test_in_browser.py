"""Signing in, coming by a link from elsewhere and signing out in a real browser, the provider on another site."""

import pytest
from playwright.sync_api import Page, expect

from bff.identity.tests.site import SIGN_OUT, Site
from tests.chromium import browser_type_launch_args

__all__ = ["browser_type_launch_args"]  # found here by pytest


@pytest.fixture
def app(sites: dict[str, Site]) -> Site:
    return sites["sqlite"]


@pytest.fixture
def signed_in(page: Page, app: Site) -> Page:
    """A browser in which Olivia has just signed in."""
    page.goto(f"{app.url}/windows?page=2")
    page.get_by_role("button", name="Olivia Okello").click()
    expect(page).to_have_url(f"{app.url}/windows?page=2")
    expect(page.locator("body")).to_contain_text('"subject":"u-olivia"')
    return page


def test_the_browser_keeps_the_cookies_as_they_are_meant(signed_in: Page, app: Site) -> None:
    (kept,) = signed_in.context.cookies(app.url)
    facts = {name: kept.get(name) for name in ("name", "httpOnly", "secure", "sameSite", "expires")}
    assert facts == {"name": app.cookie, "httpOnly": True, "secure": True, "sameSite": "Strict", "expires": -1}
    assert signed_in.evaluate("document.cookie") == ""


def test_a_link_on_another_site_leads_to_the_page_without_another_login(signed_in: Page, app: Site) -> None:
    asked: list[str] = []
    signed_in.goto(app.provider)
    signed_in.on("request", lambda request: asked.append(request.url))
    signed_in.locator(f'a[href^="{app.url}"]').first.click()
    expect(signed_in.locator("body")).to_contain_text('"subject":"u-olivia"')
    assert [url for url in asked if "/auth" in url] == []
    assert len([url for url in asked if url.rstrip("/") == app.url]) == 2


def test_signing_out_leads_through_the_provider_under_the_pages_own_policy(signed_in: Page, app: Site) -> None:
    signed_in.goto(f"{app.url}/windows")
    token = signed_in.evaluate("JSON.parse(document.body.innerText).csrf")
    signed_in.evaluate(SIGN_OUT, [f"{app.url}/auth/logout", token])
    expect(signed_in.get_by_role("heading", name="Signed out")).to_be_visible()
    expect(signed_in).to_have_url(f"{app.url}/auth/signed-out")
    assert signed_in.context.cookies(app.url) == []
    signed_in.goto(f"{app.url}/windows")
    expect(signed_in.get_by_role("button", name="Olivia Okello")).to_be_visible()
