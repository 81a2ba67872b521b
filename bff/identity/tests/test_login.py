"""Signing in, walked through as a browser does, against a real provider."""

import json
import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

from bff.identity.tests.browser import Browser
from bff.identity.tests.site import Site, choose

HOSTILE = "<script>alert(1)</script>"


def at_callback(visitor: Browser, site: Site, path: str = "/") -> str:
    """Sign in up to the address that leads back to the app, which is not opened."""
    page = visitor.open(site.url + path, stop="/auth/callback")
    if page.leads_to is None:
        page = choose(visitor, page, stop="/auth/callback")
    assert page.leads_to
    return page.leads_to


def changed(url: str, **parameters: str | None) -> str:
    """The URL with query parameters set, or left out where None."""
    kept = dict(parse_qsl(urlsplit(url).query)) | parameters
    return f"{url.split('?')[0]}?{urlencode({name: value for name, value in kept.items() if value is not None})}"


def test_a_person_signs_in_and_comes_back_to_the_page_first_asked_for(site: Site, visitor: Browser) -> None:
    page = site.sign_in(visitor, "/settlement/windows?state=OPEN")
    assert page.path == "/settlement/windows?state=OPEN"
    assert json.loads(page.text)["name"] == "Olivia Okello"
    session = site.session(visitor)
    assert session is not None
    assert (session.issuer, session.subject, session.username) == (site.provider, "u-olivia", "olivia")
    assert (session.acr, session.amr) == ("pwd", ("pwd",))
    assert session.auth_time
    assert session.provider_sid
    assert len(session.csrf) >= 32


def test_no_token_reaches_the_browser(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    session = site.session(visitor)
    assert session is not None
    tokens = session.tokens
    everything = "".join(f"{page.url}{page.headers}{page.text}" for page in visitor.seen)
    assert tokens.refresh_token
    for secret in (tokens.access_token, tokens.refresh_token, tokens.id_token):
        assert secret not in everything


def test_the_browser_carries_only_the_name_of_a_pushed_request(site: Site, visitor: Browser) -> None:
    visitor.open(site.url)
    (asked,) = [page.url for page in visitor.seen if "/authorize" in page.url]
    assert set(dict(parse_qsl(urlsplit(asked).query))) == {"client_id", "request_uri"}


def test_the_callback_answers_with_a_page_because_a_redirect_would_lose_the_strict_cookie(
    site: Site, visitor: Browser
) -> None:
    site.sign_in(visitor, "/windows")
    callback, after = visitor.seen[-2:]
    assert "/auth/callback" in callback.url
    assert callback.status == 200
    assert callback.session_cookies
    assert site.cookie in after.sent_cookies


def test_cookies_are_named_and_marked_as_they_must_be(site: Site, visitor: Browser) -> None:
    form = visitor.open(site.url)
    (begun,) = [header for page in visitor.seen for header in page.headers.getlist("Set-Cookie") if "-tx-" in header]
    assert re.match(rf"__Host-Http-{site.app.name}-tx-[\w-]{{12}}=", begun)
    for mark in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=600"):
        assert mark in begun
    choose(visitor, form)
    (cookie,) = visitor.seen[-2].session_cookies
    assert cookie.startswith(f"__Host-Http-{site.app.name}=")
    for mark in ("Secure", "HttpOnly", "Path=/"):
        assert mark in cookie
    assert "Max-Age" not in cookie
    assert [name for name in visitor.cookies["localhost"] if "-tx-" in name] == []


def test_two_tabs_sign_in_at_once_and_each_comes_back_to_its_own_page(site: Site, visitor: Browser) -> None:
    first, second = visitor.open(site.url + "/first"), visitor.open(site.url + "/second")
    assert choose(visitor, first).path == "/first"
    assert visitor.open(second.url, source=site.url).path == "/second"


def test_a_changed_state_is_refused(site: Site, visitor: Browser) -> None:
    page = visitor.open(changed(at_callback(visitor, site), state="x" * 32), source=site.provider)
    assert page.status == 400
    assert not page.session_cookies
    assert visitor.open(changed(at_callback(visitor, site), state=None), source=site.provider).status == 400


def test_an_answer_of_another_issuer_is_refused(site: Site, visitor: Browser) -> None:
    url = at_callback(visitor, site)
    page = visitor.open(changed(url, iss="https://evil.example"), source=site.provider)
    assert page.status == 400
    assert not page.session_cookies
    assert "answer-not-trusted" in page.text
    # The attempt is spent: the right answer after the wrong one comes too late.
    assert visitor.open(url, source=site.provider).status == 400


def test_an_answer_that_names_no_issuer_is_refused_where_the_provider_always_names_it(
    site: Site, visitor: Browser
) -> None:
    page = visitor.open(changed(at_callback(visitor, site), iss=None), source=site.provider)
    assert page.status == 400
    assert not page.session_cookies


def test_an_answer_without_a_code_is_refused(site: Site, visitor: Browser) -> None:
    assert visitor.open(changed(at_callback(visitor, site), code=None), source=site.provider).status == 400


def test_a_callback_works_once(site: Site, visitor: Browser) -> None:
    url = at_callback(visitor, site)
    before = dict(visitor.cookies["localhost"])
    assert visitor.open(url, source=site.provider).status == 200
    visitor.cookies["localhost"] |= before
    again = visitor.open(url, source=site.provider)
    assert again.status == 400
    assert not again.session_cookies
    assert "login-not-started" in again.text


def test_a_callback_works_only_in_the_browser_that_began(site: Site, visitor: Browser) -> None:
    url = at_callback(visitor, site)
    page = Browser().open(url, source=site.provider)
    assert page.status == 400
    assert not page.session_cookies


def test_a_login_cookie_with_another_key_opens_nothing(site: Site, visitor: Browser) -> None:
    url = at_callback(visitor, site)
    jar = visitor.cookies["localhost"]
    (name,) = [name for name in jar if "-tx-" in name]
    jar[name] = (jar[name][0].split(".")[0] + "." + "A" * 43, "Lax")
    assert visitor.open(url, source=site.provider).status == 400


def test_a_login_that_took_too_long_is_refused(site: Site, visitor: Browser) -> None:
    url = at_callback(visitor, site)
    site.clock.ahead = 601
    assert visitor.open(url, source=site.provider).status == 400


def test_somebody_elses_code_is_refused(site: Site, visitor: Browser) -> None:
    thief = Browser()
    stolen = dict(parse_qsl(urlsplit(at_callback(thief, site)).query))["code"]
    page = visitor.open(changed(at_callback(visitor, site), code=stolen), source=site.provider)
    assert page.status == 403
    assert not page.session_cookies


def test_a_login_cookie_is_no_session_cookie(site: Site, visitor: Browser) -> None:
    visitor.open(site.url)
    jar = visitor.cookies["localhost"]
    (name,) = [name for name in jar if "-tx-" in name]
    jar[site.cookie] = (jar[name][0], "Strict")
    assert "/authorize" in visitor.open(site.url).url


def test_a_session_id_planted_before_the_login_is_worth_nothing_after_it(site: Site, visitor: Browser) -> None:
    attacker = Browser()
    site.sign_in(attacker, who="u-marcus")
    planted = attacker.cookie(site.url, site.cookie)
    assert planted
    visitor.cookies["localhost"] = {site.cookie: (planted, "Strict")}
    form = visitor.open(site.url + "/auth/login?next=/windows")
    page = choose(visitor, form)
    assert json.loads(page.text)["subject"] == "u-olivia"
    assert visitor.cookie(site.url, site.cookie) != planted
    # The planted session itself is over too: it was this browser's, and the login replaced it.
    assert site.session(attacker) is None


def test_each_login_has_an_id_of_its_own_and_ends_the_one_before(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    first = visitor.cookie(site.url, site.cookie)
    before = site.session(visitor)
    visitor.open(site.url + "/auth/login", source=site.url)
    assert visitor.cookie(site.url, site.cookie) != first
    assert first
    assert before
    assert site.session(visitor)
    visitor.cookies["localhost"][site.cookie] = (first, "Strict")
    assert site.session(visitor) is None


@pytest.mark.parametrize(
    "wish",
    ["https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "/\t/evil.example", "/.//evil"],
)
def test_a_login_leads_to_no_other_site(site: Site, visitor: Browser, wish: str) -> None:
    form = visitor.open(f"{site.url}/auth/login?next={quote(wish, safe='')}")
    assert choose(visitor, form).url == f"{site.url}/"


def test_what_the_provider_writes_is_not_repeated_to_the_person(site: Site, visitor: Browser) -> None:
    url = at_callback(visitor, site, "/windows")
    wrong = changed(url, code=None, error=f"access_denied{HOSTILE}", error_description=HOSTILE)
    page = visitor.open(wrong, source=site.provider)
    assert page.status == 403
    assert "alert(1)" not in page.text
    assert 'href="/auth/login?next=/windows"' in page.text


def test_a_provider_in_trouble_is_not_shown_as_a_refusal(site: Site, visitor: Browser) -> None:
    url = changed(at_callback(visitor, site), code=None, error="temporarily_unavailable")
    assert visitor.open(url, source=site.provider).status == 503


def test_an_error_under_a_foreign_name_is_not_believed(site: Site, visitor: Browser) -> None:
    url = changed(at_callback(visitor, site), code=None, error="access_denied", iss="https://evil.example")
    page = visitor.open(url, source=site.provider)
    assert "answer-not-trusted" in page.text


def test_a_link_in_a_mail_finds_the_session_that_its_strict_cookie_hid(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    visitor.seen.clear()
    page = visitor.open(f"{site.url}/settlement/windows/1042?tab=positions", source="https://mail.example/inbox")
    assert page.path == "/settlement/windows/1042?tab=positions"
    assert json.loads(page.text)["subject"] == "u-olivia"
    assert [site.cookie in seen.sent_cookies for seen in visitor.seen] == [False, True]


def test_a_link_in_a_mail_without_a_session_leads_to_the_login(site: Site, visitor: Browser) -> None:
    page = visitor.open(f"{site.url}/settlement/windows/1042", source="https://mail.example/inbox")
    assert "/authorize" in page.url


def test_a_link_from_elsewhere_cannot_make_the_bounce_leave_the_app(site: Site) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    with site.app.test_request_context("/x", headers=headers, environ_overrides={"PATH_INFO": "//evil.example/x"}):
        from bff.identity.login import to_login

        response = to_login("/")
    assert b"//evil.example" not in response.get_data()


def test_inside_htmx_the_login_has_the_whole_page_leave(site: Site, visitor: Browser) -> None:
    page = visitor.fetch(f"{site.url}/auth/login?next=/windows", {"HX-Request": "true"})
    assert page.status == 200
    assert page.headers["HX-Redirect"] == "/auth/login?next=/windows"
    assert not page.headers.getlist("Set-Cookie")


def test_only_a_navigation_is_led_to_the_login(site: Site, visitor: Browser) -> None:
    page = visitor.fetch(f"{site.url}/favicon.ico", {"Sec-Fetch-Mode": "no-cors"})
    assert page.status == 401
    assert visitor.open(f"{site.url}/windows").status == 200


def test_nothing_of_a_login_is_stored_by_the_browser(site: Site, visitor: Browser) -> None:
    site.sign_in(visitor)
    own = [page for page in visitor.seen if "/auth/" in page.path and page.url.startswith(site.url)]
    assert len(own) == 2
    assert {page.headers["Cache-Control"] for page in own} == {"no-store"}
