"""Signing out: here, at the provider, everywhere; and how sessions end when nobody signs out."""

import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
import urllib3

from bff.identity.tests.browser import Browser
from bff.identity.tests.site import SECRET, Site
from bff.identity.ticket import Ticket

FORM = "application/x-www-form-urlencoded"


def sign_out(visitor: Browser, site: Site, csrf: str | None = None, **headers: str) -> None:
    """Press the button on a page of the app."""
    session = site.session(visitor)
    token = csrf if csrf is not None else session.csrf if session else ""
    visitor.post(f"{site.url}/auth/logout", {"csrf_token": token}, source=site.url + "/", headers=headers)


def eventually(true_of: object) -> bool:
    """Wait for what happens in another process."""
    assert callable(true_of)
    deadline = time.monotonic() + 30
    while not true_of() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(true_of())


def test_signing_out_ends_the_session_here_and_at_the_provider(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    cookie, session = visitor.cookie(site.url, site.cookie), site.session(visitor)
    sign_out(visitor, site)
    page = visitor.seen[-1]
    assert page.url == f"{site.url}/auth/signed-out"
    assert "Signed out" in page.text
    assert visitor.cookie(site.url, site.cookie) is None
    # The old cookie is worth nothing, and the provider asks who is there.
    visitor.cookies["localhost"][site.cookie] = (str(cookie), "Strict")
    assert site.session(visitor) is None
    assert "/authorize" in visitor.open(site.url).url
    assert session is not None
    assert refresh_answer(site, str(session.tokens.refresh_token)) == "invalid_grant"


def sent_form(url: str, fields: dict[str, str]) -> urllib3.BaseHTTPResponse:
    """The answer to a form that no browser sends."""
    return urllib3.request("POST", url, body=urlencode(fields), headers={"Content-Type": FORM})


def refresh_answer(site: Site, refresh_token: str) -> str:
    """What the provider says to a refresh token."""
    fields = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": site.app.name}
    answer = sent_form(f"{site.provider}/token", fields | {"client_secret": SECRET})
    return str(answer.json().get("error", "refreshed"))


def test_the_answer_to_signing_out_is_a_page_and_clears_what_the_browser_kept(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    visitor.seen.clear()
    sign_out(visitor, site)
    answer = visitor.seen[0]
    assert answer.status == 200
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert str(answer.leads_to).startswith(f"{site.provider}/end-session?client_id=")


def test_inside_htmx_signing_out_has_the_whole_page_leave(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    sign_out(visitor, site, **{"HX-Request": "true"})
    assert visitor.seen[-1].headers["HX-Redirect"].startswith(f"{site.provider}/end-session?")
    assert site.session(visitor) is None


@pytest.mark.parametrize("token", ["", "wrong"])
def test_signing_out_needs_the_sessions_token(site: Site, visitor: Browser, token: str) -> None:
    site.sign_in(visitor)
    sign_out(visitor, site, csrf=token)
    assert visitor.seen[-1].status == 403
    assert site.session(visitor)


def test_another_site_cannot_sign_anybody_out(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    session = site.session(visitor)
    assert session
    visitor.post(f"{site.url}/auth/logout", {"csrf_token": session.csrf}, source="https://evil.example/")
    assert visitor.seen[-1].status == 403
    assert site.session(visitor)


def test_signing_out_is_no_link(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    visitor.open(f"{site.url}/auth/logout", source=site.url)
    assert site.session(visitor)


def test_signing_out_after_the_session_ended_still_reaches_the_provider(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    site.clock.ahead = 1000
    sign_out(visitor, site, csrf="")
    assert visitor.seen[-1].url.startswith(f"{site.provider}/end-session?")
    assert visitor.seen[-1].status == 200


def test_signing_out_of_one_app_signs_out_of_the_other(sites: dict[str, Site], visitor: Browser) -> None:
    first, second = sites["sqlite"], sites["redis"]
    first.sign_in(visitor)
    visitor.open(second.url)
    assert second.session(visitor)
    sign_out(visitor, first)
    assert eventually(lambda: second.session(visitor) is None)


@pytest.mark.parametrize("token", ["", "x", "a.b.c"])
def test_a_forged_notice_of_logout_is_refused(site: Site, token: str) -> None:
    answer = sent_form(f"{site.url}/auth/backchannel-logout", {"logout_token": token})
    assert answer.status == 400
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["error"] == "invalid_request"


def test_an_id_token_is_no_notice_of_logout(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    session = site.session(visitor)
    assert session
    url = f"{site.url}/auth/backchannel-logout"
    assert sent_form(url, {"logout_token": session.tokens.id_token}).status == 400
    assert site.session(visitor)


def test_an_idle_session_leads_to_the_login_and_back(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor, "/windows")
    site.clock.ahead = 901
    visitor.seen.clear()
    page = visitor.open(f"{site.url}/windows?page=2", source=f"{site.url}/windows")
    # The provider's own session still lives, so the person is back without typing anything.
    assert page.path == "/windows?page=2"
    assert any("/authorize" in seen.url for seen in visitor.seen)


def test_polling_does_not_keep_a_session_alive(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    for ahead in (250, 290):
        site.clock.ahead = ahead
        assert visitor.fetch(site.url, {"Portal-Poll": "1"}).status == 200
    site.clock.ahead = 910
    assert visitor.fetch(site.url, {"Portal-Poll": "1"}).status == 401


def test_a_persons_act_does(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    for ahead in (250, 910):
        site.clock.ahead = ahead
        assert visitor.fetch(site.url).status == 200


def test_eight_requests_at_once_refresh_the_tokens_once(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    for _ in range(2):
        before = site.session(visitor)
        site.clock.ahead += 310
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(visitor.fetch, [site.url] * 8))
        after = site.session(visitor)
        assert [answer.status for answer in answers] == [200] * 8
        assert before
        assert after
        assert before.tokens.refresh_token != after.tokens.refresh_token
        assert dataclasses.replace(after, tokens=before.tokens) == before
        assert refresh_would_work(site, visitor)


def refresh_would_work(site: Site, visitor: Browser) -> bool:
    """Whether the provider still takes the session's refresh token: a second use of an older one revokes them all."""
    session, ticket = site.session(visitor), Ticket.of(visitor.cookie(site.url, site.cookie) or "")
    assert session
    assert ticket
    tokens = site.auth.party.provider.refresh(session.tokens)
    return site.auth.party.sessions.save(ticket, dataclasses.replace(session, tokens=tokens))


def test_a_session_ends_when_the_provider_refuses_to_refresh_it(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    session = site.session(visitor)
    assert session
    site.auth.party.provider.revoke(str(session.tokens.refresh_token))
    site.clock.ahead = 280
    assert visitor.fetch(site.url).status == 401
    assert site.session(visitor) is None


def test_all_sessions_of_a_person_can_be_ended(site: Site, visitor: Browser) -> None:
    other = Browser()
    site.sign_in(visitor)
    site.sign_in(other)
    assert site.auth.party.sessions.end_subject(site.provider, "u-olivia") >= 2
    assert site.session(visitor) is None
    assert site.session(other) is None
