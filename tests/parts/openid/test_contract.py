"""What signing in and out must be at every provider: one contract, walked at three real ones."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import urllib3
from joserfc import jws

from bff.identity.metadata import ProviderUnavailable
from bff.identity.provider import Provider, ProviderRefused
from bff.identity.sessions import Session
from bff.identity.tests.browser import Browser
from bff.identity.tests.site import SECRET, Site
from bff.identity.tokens import Expected, InvalidToken, verify_id_token, verify_logout_token
from tests.parts.cache import PATIENCE_S
from tests.parts.openid.conftest import World
from tests.parts.openid.forms import fill_in, forms_of
from tests.parts.openid.providers import SHELL, USERS

pytestmark = [pytest.mark.late, pytest.mark.timeout(PATIENCE_S)]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def signed_in(world: World, visitor: Browser, site: Site | None = None) -> Session:
    """The session of Olivia, who has just signed in."""
    world.sign_in(visitor, site or world.shell)
    return living(site or world.shell, visitor)


def living(site: Site, visitor: Browser) -> Session:
    """The session that there must be."""
    session = site.session(visitor)
    assert session, visitor.seen[-1].text
    return session


def eventually(true_of: Callable[[], bool]) -> bool:
    """Wait for what another process does."""
    until = time.monotonic() + 60
    while not true_of() and time.monotonic() < until:
        time.sleep(0.05)
    return true_of()


def told_at_the_back(site: Site, token: str) -> int:
    """What the app answers to a logout token."""
    url = f"{site.url}/auth/backchannel-logout"
    return urllib3.request("POST", url, body=urlencode({"logout_token": token}), headers=FORM).status


def refused_code(provider: Provider, session: Session) -> str:
    """The provider's word on the refresh token of a session."""
    with pytest.raises(ProviderRefused) as refused:
        provider.refresh(session.tokens)
    return refused.value.code


def answer_for(world: World, visitor: Browser) -> tuple[str, dict[str, str]]:
    """The address that leads back to the app after signing in, not opened yet, and its parameters."""
    page = fill_in(visitor, visitor.open(world.shell.url), world.typed(), stop="/auth/callback")
    assert page.leads_to, page.text
    return page.leads_to, dict(parse_qsl(urlsplit(page.leads_to).query))


def test_a_person_signs_in_with_the_providers_own_form(world: World, visitor: Browser) -> None:
    page = world.sign_in(visitor, world.shell, "/settlement/windows?state=OPEN")
    assert (page.path, json.loads(page.text)["name"]) == ("/settlement/windows?state=OPEN", "Olivia Okello")
    session = living(world.shell, visitor)
    assert (session.issuer, session.subject, session.username) == (world.provider.issuer, "u-olivia", "olivia")
    assert (session.email, session.acr) == ("olivia@example.com", "pwd")
    assert "pwd" in session.amr
    assert session.auth_time
    assert session.provider_sid
    assert session.tokens.refresh_token


def test_the_browser_carries_the_name_of_a_pushed_request_and_never_a_token(world: World, visitor: Browser) -> None:
    session = signed_in(world, visitor)
    begun = next(page.leads_to or "" for page in visitor.seen if "/auth/login" in page.url)
    assert set(dict(parse_qsl(urlsplit(begun).query))) == {"client_id", "request_uri"}
    everything = "".join(f"{page.url}{page.headers}{page.text}" for page in visitor.seen)
    tokens = session.tokens
    assert not any(str(each) in everything for each in (tokens.access_token, tokens.refresh_token, tokens.id_token))


def test_a_code_is_worth_nothing_without_its_verifier(world: World, visitor: Browser) -> None:
    _, answer = answer_for(world, visitor)
    with pytest.raises(ProviderRefused) as refused:
        world.shell.auth.party.provider.exchange(answer["code"], "another-verifier-" * 3)
    assert refused.value.code == "invalid_grant"


@pytest.mark.parametrize("wrong", [{"state": "x" * 32}, {"iss": "https://evil.example"}, {"iss": ""}], ids=str)
def test_an_answer_that_is_not_the_providers_own_is_refused(
    world: World, visitor: Browser, wrong: dict[str, str]
) -> None:
    url, answer = answer_for(world, visitor)
    page = visitor.open(f"{url.split('?')[0]}?{urlencode(answer | wrong)}", source=world.provider.issuer)
    assert (page.status, page.session_cookies) == (400, [])


def test_tokens_are_renewed_before_they_end_and_the_old_ones_are_spent(world: World, visitor: Browser) -> None:
    before = signed_in(world, visitor)
    world.shell.clock.ahead = 280
    assert visitor.fetch(world.shell.url).status == 200
    after = living(world.shell, visitor)
    assert after.tokens.refresh_token != before.tokens.refresh_token
    assert after.tokens.access_token != before.tokens.access_token
    assert (after.subject, after.sid, after.auth_time) == (before.subject, before.sid, before.auth_time)
    assert refused_code(world.shell.auth.party.provider, before) == "invalid_grant"


def test_many_requests_at_once_renew_the_tokens_once(world: World, visitor: Browser) -> None:
    signed_in(world, visitor)
    for ahead in (310, 620):
        before, world.shell.clock.ahead = living(world.shell, visitor), ahead
        with ThreadPoolExecutor(6) as threads:
            answers = list(threads.map(visitor.fetch, [world.shell.url] * 6))
        assert [answer.status for answer in answers] == [200] * 6
        assert living(world.shell, visitor).tokens.refresh_token != before.tokens.refresh_token


def test_a_session_ends_when_the_provider_has_revoked_its_refresh_token(world: World, visitor: Browser) -> None:
    session = signed_in(world, visitor)
    world.shell.auth.party.provider.revoke(str(session.tokens.refresh_token))
    world.shell.clock.ahead = 280
    assert visitor.fetch(world.shell.url).status == 401
    assert world.shell.session(visitor) is None


def test_signing_out_ends_the_session_here_and_at_the_provider(world: World, visitor: Browser) -> None:
    session = signed_in(world, visitor)
    page = world.sign_out(visitor, world.shell)
    assert page.url.partition("?")[0] == f"{world.shell.url}/auth/signed-out", page.text
    assert world.shell.session(visitor) is None
    assert refused_code(world.shell.auth.party.provider, session) == "invalid_grant"
    again = visitor.open(world.shell.url)
    assert [form for form in forms_of(again) if "password" in form.fields], again.text


def test_signing_out_of_one_app_ends_the_session_of_the_other_behind_the_browsers_back(
    world: World, visitor: Browser
) -> None:
    signed_in(world, visitor)
    visitor.open(world.users.url)
    other = living(world.users, visitor)
    world.sign_out(visitor, world.shell)
    assert eventually(lambda: world.users.session(visitor) is None)
    (notice,) = world.notices[USERS]
    assert told_at_the_back(world.users, notice) == 400  # told before
    with pytest.raises(InvalidToken, match="aud"):
        verify_logout_token(notice, world.shell.auth.party.provider.keys, world.provider.issuer, SHELL)
    assert told_at_the_back(world.shell, notice) == 400
    assert refused_code(world.users.auth.party.provider, other) == "invalid_grant"


def test_an_id_token_is_no_notice_of_logout(world: World, visitor: Browser) -> None:
    session = signed_in(world, visitor)
    assert told_at_the_back(world.shell, session.tokens.id_token) == 400
    assert living(world.shell, visitor) == session


def test_a_step_up_asks_for_the_second_factor_and_goes_on_with_the_same_forms(world: World, visitor: Browser) -> None:
    weak = signed_in(world, visitor)
    asked = visitor.open(f"{world.shell.url}/auth/login?next=/approvals/7&acr=mfa&max_age=300", source=world.shell.url)
    page = fill_in(visitor, asked, world.typed(code=True))
    strong = living(world.shell, visitor)
    assert page.path == "/approvals/7"
    assert (strong.acr, strong.subject, strong.csrf) == ("mfa", weak.subject, weak.csrf)
    assert "otp" in strong.amr
    assert strong.sid != weak.sid
    assert not world.shell.auth.party.sessions.end(weak.sid)


def test_a_step_up_that_the_provider_does_not_give_is_refused(world: World, visitor: Browser) -> None:
    before = signed_in(world, visitor)
    asked = visitor.open(f"{world.shell.url}/auth/login?next=/approvals/7&acr=phr", source=world.shell.url)
    page = fill_in(visitor, asked, world.typed())
    assert (page.status, "sign-in-too-weak" in page.text) == (403, True), page.text
    assert living(world.shell, visitor) == before


def test_a_fresh_sign_in_is_one_with_the_password_typed_again(world: World, visitor: Browser) -> None:
    before = signed_in(world, visitor)
    eventually(lambda: time.time() >= int(before.auth_time or 0) + 1)
    asked = visitor.open(f"{world.shell.url}/auth/login?next=/approvals/7&max_age=0", source=world.shell.url)
    assert any("password" in form.fields for form in forms_of(asked)), asked.text
    assert fill_in(visitor, asked, world.typed()).path == "/approvals/7"
    after = living(world.shell, visitor)
    assert int(after.auth_time or 0) > int(before.auth_time or 0)
    assert (after.subject, after.csrf) == (before.subject, before.csrf)


def test_tokens_for_another_app_or_of_another_issuer_are_refused(world: World, visitor: Browser) -> None:
    session = signed_in(world, visitor)
    issuer, keys = world.provider.issuer, world.shell.auth.party.provider.keys
    assert verify_id_token(session.tokens.id_token, keys, Expected(issuer, SHELL))["sub"] == "u-olivia"
    for expected, why in ((Expected(issuer, USERS), "aud"), (Expected(f"{issuer}/", SHELL), "iss")):
        with pytest.raises(InvalidToken, match=why):
            verify_id_token(session.tokens.id_token, keys, expected)
    for kind in (session.tokens.access_token, str(session.tokens.refresh_token)):
        with pytest.raises(InvalidToken):
            verify_id_token(kind, keys, Expected(issuer, SHELL))


def test_a_provider_that_names_itself_otherwise_is_not_believed(world: World) -> None:
    elsewhere = world.provider.issuer.replace("127.0.0.1", "localhost")
    provider = Provider(elsewhere, SHELL, SECRET, world.shell.url)
    with pytest.raises(ProviderUnavailable):
        provider.end_session_url(None)


def test_a_new_key_of_the_provider_is_taken_and_who_is_signed_in_stays(world: World, visitor: Browser) -> None:
    before, keys = signed_in(world, visitor), world.shell.auth.party.provider.keys
    world.provider.rotate()
    ticks, keys.clock = keys.clock, lambda: time.monotonic() + 60  # it does not ask for keys twice within half a minute
    try:
        again = Browser()
        after = signed_in(world, again)
    finally:
        keys.clock = ticks
    assert key_of(after) != key_of(before)
    assert visitor.fetch(world.shell.url).status == 200


def key_of(session: Session) -> str:
    """The key that an ID token was signed with."""
    return str(jws.extract_compact(session.tokens.id_token.encode()).headers()["kid"])
