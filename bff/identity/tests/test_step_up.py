"""Asking for more than a usual sign-in: a second factor, or a fresh one; and checking that it was given."""

import pytest

from bff.identity.tests.browser import Browser
from bff.identity.tests.site import Site, choose


def test_a_step_up_is_verified_and_changes_the_session_id_but_not_the_forms_token(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    weak, old_cookie = site.session(visitor), visitor.cookie(site.url, site.cookie)
    form = visitor.open(f"{site.url}/auth/login?next=/approvals/7&acr=mfa&max_age=300", source=site.url)
    page = choose(visitor, form, code="123456")
    strong = site.session(visitor)
    assert page.path == "/approvals/7"
    assert weak is not None
    assert strong is not None
    assert (strong.acr, strong.subject, strong.csrf) == ("mfa", weak.subject, weak.csrf)
    assert visitor.cookie(site.url, site.cookie) != old_cookie
    assert not site.auth.party.sessions.end(weak.sid)


def test_a_step_up_that_the_provider_does_not_give_is_refused(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    before = site.session(visitor)
    page = visitor.open(f"{site.url}/auth/login?next=/approvals/7&acr=phr", source=site.url)
    assert page.status == 403
    assert "sign-in-too-weak" in page.text
    assert 'href="/approvals/7"' in page.text
    assert site.session(visitor) == before


def test_a_step_up_by_somebody_else_is_refused(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    form = visitor.open(f"{site.url}/auth/login?next=/approvals/7&acr=mfa", source=site.url)
    page = choose(visitor, form, who="u-marcus", code="123456")
    assert page.status == 403
    assert "other-person" in page.text
    assert not page.session_cookies


@pytest.mark.parametrize("query", ["acr=%00", "acr=<x>", "max_age=-1", "max_age=soon", "max_age=9999999"])
def test_a_malformed_demand_is_a_bad_request(site: Site, visitor: Browser, query: str) -> None:
    assert visitor.open(f"{site.url}/auth/login?{query}").status == 400
