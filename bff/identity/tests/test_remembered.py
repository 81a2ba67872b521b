"""Who signs in, fails to, and signs out is kept in the audit; nothing that opens anything is."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from bff.change.audit import AuditLog, AuditQuery, Entry
from bff.identity.tests.browser import Browser
from bff.identity.tests.site import Site, choose
from bff.identity.tests.test_login import at_callback, changed
from bff.identity.tests.test_logout import eventually, sign_out


def log_of(site: Site) -> AuditLog:
    found: AuditLog = site.app.extensions["portal_audit"]
    return found


@pytest.fixture
def since(site: Site) -> int:
    """How many entries there were before."""
    head = log_of(site).head()
    return head.size if head else 0


def kept(site: Site, since: int) -> list[Entry]:
    """What has come since, the oldest first."""
    return [entry for entry in reversed(log_of(site).entries(AuditQuery()).entries) if entry.seq > since]


def test_a_login_is_kept_with_the_roles_held_and_how_it_was_proven(site: Site, visitor: Browser, since: int) -> None:
    site.sign_in(visitor)
    session = site.session(visitor)
    assert session is not None
    (entry,) = kept(site, since)
    assert (entry.action, entry.outcome, entry.target) == ("login", "signed_in", "person:u-olivia")
    assert (entry.actor.subject, entry.actor.name, entry.actor.roles) == ("u-olivia", "Olivia Okello", ("operator",))
    assert entry.actor.session == session.sid
    assert entry.detail["acr"] == session.acr


def test_a_step_up_is_another_login(site: Site, visitor: Browser, since: int) -> None:
    site.sign_in(visitor)
    form = visitor.open(f"{site.url}/auth/login?next=/x&acr=mfa&max_age=300", source=site.url)
    choose(visitor, form, code="123456")
    assert [(entry.action, entry.detail["acr"]) for entry in kept(site, since)][1] == ("login", "mfa")


def test_nothing_that_opens_anything_is_kept(site: Site, visitor: Browser, since: int) -> None:
    site.sign_in(visitor)
    cookie, session = visitor.cookie(site.url, site.cookie), site.session(visitor)
    assert session is not None
    sign_out(visitor, site)
    whole = json.dumps([entry.as_json() for entry in kept(site, since)])
    tokens = session.tokens
    for secret in (cookie, session.csrf, tokens.access_token, tokens.refresh_token, tokens.id_token, session.email):
        assert secret is None or str(secret) not in whole
    assert str(cookie).partition(".")[0] not in whole


def test_a_sign_out_is_kept(site: Site, visitor: Browser, since: int) -> None:
    site.sign_in(visitor)
    sign_out(visitor, site)
    assert eventually(lambda: len(kept(site, since)) >= 2)
    entry = kept(site, since)[1]
    assert (entry.action, entry.outcome, entry.actor.subject) == ("logout", "signed_out", "u-olivia")


def test_signing_out_elsewhere_is_kept_as_the_providers_doing(sites: dict[str, Site], visitor: Browser) -> None:
    here, there = sites["sqlite"], sites["redis"]
    head = log_of(there).head()
    before = head.size if head else 0
    here.sign_in(visitor)
    visitor.open(there.url)
    sign_out(visitor, here)
    assert eventually(lambda: [entry.action for entry in kept(there, before)] == ["login", "logout"])
    entry = kept(there, before)[-1]
    assert (entry.outcome, entry.actor.subject, entry.detail["by"]) == ("signed_out", "system", "provider")


def test_a_login_that_failed_is_kept_with_its_obstacle(site: Site, visitor: Browser, since: int) -> None:
    wrong = changed(at_callback(visitor, site), code=None, error="access_denied<b>")
    visitor.open(wrong, source=site.provider)
    (entry,) = kept(site, since)
    assert (entry.action, entry.outcome, entry.actor.subject) == ("login", "failed", "nobody")
    assert entry.detail == {"obstacle": "provider-declined"}


def test_a_step_up_that_failed_says_for_whom(site: Site, visitor: Browser, since: int) -> None:
    site.sign_in(visitor)
    form = visitor.open(f"{site.url}/auth/login?next=/x&acr=mfa", source=site.url)
    choose(visitor, form, who="u-marcus", code="123456")
    entry = kept(site, since)[-1]
    assert (entry.outcome, entry.target, entry.detail["obstacle"]) == ("failed", "person:u-olivia", "other-person")


def test_whoever_never_began_leaves_no_trace_in_the_audit(site: Site, visitor: Browser, since: int) -> None:
    for query in ("", "code=x&state=y", "error=x&state=y", "state=" + "x" * 500):
        visitor.open(f"{site.url}/auth/callback?{query}")
    assert kept(site, since) == []


@pytest.fixture
def broken(site: Site) -> Iterator[Site]:
    """An app whose audit cannot be written."""
    with log_of(site).engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_head RENAME TO lost"))
    yield site
    with log_of(site).engine.begin() as connection:
        connection.execute(text("ALTER TABLE lost RENAME TO audit_head"))


def test_nobody_gets_in_unseen(site: Site, visitor: Browser, broken: Site) -> None:
    site.sign_in(visitor)
    assert visitor.seen[-1].status == 500
    assert visitor.cookie(site.url, site.cookie) is None
    assert site.session(visitor) is None


def test_everybody_gets_out(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    with log_of(site).engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_head RENAME TO lost"))
    try:
        sign_out(visitor, site)
        assert "Signed out" in visitor.seen[-1].text
        assert site.session(visitor) is None
    finally:
        with log_of(site).engine.begin() as connection:
            connection.execute(text("ALTER TABLE lost RENAME TO audit_head"))
