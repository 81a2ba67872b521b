"""Asking for more than a usual sign-in: a second factor, or a fresh one; and checking that it was given."""

import contextlib
from collections.abc import Iterator

import pytest

from bff.identity.tests.browser import Browser
from bff.identity.tests.conftest import free_port
from bff.identity.tests.site import Site, app_of, choose, client_entry, provider_at, served, settings_of
from bff.identity.tests.support import Clock


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An app that takes no sign-in without a second factor."""
    folder, port = tmp_path_factory.mktemp("strict"), free_port()
    url = f"http://localhost:{port}"
    with contextlib.ExitStack() as running:
        provider = running.enter_context(provider_at(free_port(), folder, [client_entry("app", url)]))
        app = app_of(settings_of(url, provider, folder / "app", sign_in_acr="mfa"), "app")
        running.enter_context(served(app, port))
        made = Site(url, app, Clock(), provider)
        yield made
        made.auth.party.sessions.store.close()


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


def test_where_every_sign_in_needs_a_second_factor_none_without_leads_in(strict: Site, visitor: Browser) -> None:
    form = visitor.open(f"{strict.url}/approvals")
    assert choose(visitor, form, code="").url != f"{strict.url}/approvals"
    page = choose(visitor, form, code="123456")
    found = strict.session(visitor)
    assert found is not None
    assert (page.path, found.acr) == ("/approvals", "mfa")


def test_an_address_that_asks_for_less_leads_in_nobody(strict: Site, visitor: Browser) -> None:
    form = visitor.open(f"{strict.url}/auth/login?acr=pwd&next=/approvals")
    page = choose(visitor, form)
    assert page.status == 403
    assert "sign-in-too-weak" in page.text
    assert strict.session(visitor) is None
