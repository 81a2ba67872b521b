"""What signing in and out must be at every provider: one contract, walked at three real ones."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from bff.doctor.findings import Grade, Patient
from bff.doctor.provider import provider as examine
from bff.identity.metadata import ProviderUnavailable
from bff.identity.provider import Provider, ProviderRefused
from bff.identity.tests.browser import Browser
from bff.identity.tests.site import SECRET, SIGN_OUT
from bff.identity.tokens import Expected, InvalidToken, verify_id_token, verify_logout_token
from bff.run import Person, Run, running
from microfrontends.users.directory import Wanted
from microfrontends.users.directory.keycloak import KeycloakDirectory
from microfrontends.users.directory.line import Client
from tests.parts.cache import PATIENCE_S
from tests.parts.openid.conftest import World
from tests.parts.openid.forms import fill_in, forms_of
from tests.parts.openid.providers import MACHINE, SHELL, USERS
from tests.parts.openid.walks import (
    answer_for,
    called,
    demanding,
    eventually,
    garden,
    key_of,
    living,
    machines_token,
    refused_code,
    signed_in,
    step_up,
    told_at_the_back,
)

pytestmark = [pytest.mark.late, pytest.mark.timeout(PATIENCE_S)]


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
    asked = step_up(world, visitor, "acr=mfa&max_age=300")
    page = fill_in(visitor, asked, world.typed(code=True))
    strong = living(world.shell, visitor)
    assert page.path == "/approvals/7"
    assert (strong.acr, strong.subject, strong.csrf) == ("mfa", weak.subject, weak.csrf)
    assert "otp" in strong.amr
    assert strong.sid != weak.sid
    assert not world.shell.auth.party.sessions.end(weak.sid)


def test_a_step_up_that_the_provider_does_not_give_is_refused(world: World, visitor: Browser) -> None:
    before = signed_in(world, visitor)
    asked = step_up(world, visitor, "acr=phr")
    page = fill_in(visitor, asked, world.typed())
    assert (page.status, "sign-in-too-weak" in page.text) == (403, True), page.text
    assert living(world.shell, visitor) == before


def test_a_fresh_sign_in_is_one_with_the_password_typed_again(world: World, visitor: Browser) -> None:
    before = signed_in(world, visitor)
    eventually(lambda: time.time() >= int(before.auth_time or 0) + 1)
    asked = step_up(world, visitor, "max_age=0")
    assert any("password" in form.fields for form in forms_of(asked)), asked.text
    assert fill_in(visitor, asked, world.typed()).path == "/approvals/7"
    after = living(world.shell, visitor)
    assert int(after.auth_time or 0) > int(before.auth_time or 0)
    assert (after.subject, after.csrf) == (before.subject, before.csrf)


def test_an_app_that_wants_a_second_factor_of_everybody_gets_it(world: World, visitor: Browser) -> None:
    signed_in(world, visitor)
    with demanding(world, world.users, "mfa"):
        # Signed in at the provider already, by a password alone.
        fill_in(visitor, visitor.open(world.users.url), world.typed("u-olivia", code=True))
        assert (living(world.users, visitor).acr, living(world.shell, visitor).acr) == ("mfa", "pwd")


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


def test_the_doctor_finds_nothing_wrong_and_knows_a_wrong_secret(world: World) -> None:
    for secret, worst in ((SECRET, []), ("another", [f"The provider does not accept the client {SHELL}"])):
        patient = Patient("shell", "shell", world.settings(world.shell, oidc_client_secret=secret))
        wrong = [seen.sentence for seen in examine(patient) if seen.grade is Grade.WRONG]
        assert [sentence.partition(" with its")[0] for sentence in wrong] == worst


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


def test_a_machine_calls_an_api_in_its_own_name_and_nobody_comes_in_its_place(
    world: World, visitor: Browser, tmp_path: Path
) -> None:
    person, token = signed_in(world, visitor), machines_token(world)
    app = garden(world, tmp_path / "own", world.at.api)
    status, told = called(app, token)
    known = re.search(rf"{MACHINE}. \(subject (\S+)\)", told)
    assert (status, bool(known)) == (403, True), told
    app.extensions["portal_access"].store.assign(str(known and known[1]), "gatekeeper", "a test")
    assert eventually(lambda: called(app, token)[0] == 200)
    elsewhere = garden(world, tmp_path / "other", world.at.users)
    assert called(elsewhere, token)[0] == 401
    for stolen in (person.tokens.access_token, person.tokens.id_token, str(person.tokens.refresh_token)):
        assert called(app, stolen)[0] == 401


def test_a_person_signs_in_and_out_in_a_real_browser(world: World, page: Tab) -> None:
    page.set_default_timeout(60_000)
    page.goto(f"{world.shell.url}/windows?page=2")
    page.locator("input[name=username]").fill("olivia")
    page.locator("input[name=password]").fill(world.provider.password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(f"{world.shell.url}/windows?page=2")
    expect(page.locator("body")).to_contain_text('"subject":"u-olivia"')
    assert [cookie.get("sameSite") for cookie in page.context.cookies(world.shell.url)] == ["Strict"]
    token = page.evaluate("JSON.parse(document.body.innerText).csrf")
    page.evaluate(SIGN_OUT, [f"{world.shell.url}/auth/logout", token])
    if world.name == "oidc-provider":
        page.get_by_role("button", name="Sign out").click()  # it asks whoever leaves
    expect(page.get_by_role("heading", name="Signed out")).to_be_visible()
    assert page.context.cookies(world.shell.url) == []
    page.goto(f"{world.shell.url}/windows")
    expect(page.locator("input[name=password]")).to_be_visible()


at_keycloak = pytest.mark.parametrize("world_of", ["keycloak"], indirect=True)


@at_keycloak
def test_keycloak_takes_a_second_factor_for_one_step_up_only(world: World, visitor: Browser) -> None:
    signed_in(world, visitor)
    fill_in(visitor, step_up(world, visitor, "acr=mfa"), world.typed(code=True))
    assert living(world.shell, visitor).acr == "mfa"
    again = step_up(world, visitor, "acr=mfa")
    assert [form for form in forms_of(again) if "otp" in form.fields], again.text


@at_keycloak
def test_an_administrator_of_keycloak_ends_sessions_of_the_portal(world: World, visitor: Browser) -> None:
    signed_in(world, visitor)
    assert world.provider.realm
    world.provider.realm.administer("POST", "/users/u-olivia/logout")
    assert eventually(lambda: world.shell.session(visitor) is None)
    assert world.notices[SHELL]


@at_keycloak
def test_whom_the_portal_disables_at_keycloak_is_out_here_and_there(world: World, visitor: Browser) -> None:
    realm = world.provider.realm
    assert realm
    directory = KeycloakDirectory(f"{realm.base}/admin/realms/{realm.name}", Client(realm.issuer, USERS, SECRET))
    assert [person.username for person in directory.page(Wanted("marcus"), 1, 10).people] == ["marcus"]
    world.sign_in(visitor, world.shell, who="u-marcus")
    assert living(world.shell, visitor).subject == "u-marcus"
    with running(Run("6f9619ff-8b86-4d01-b42d-00cf4fc964fe", Person("u-olivia", "Olivia Okello", "olivia"))):
        assert not directory.set_active("u-marcus", False).active
        assert eventually(lambda: world.shell.session(visitor) is None)
        assert directory.set_active("u-marcus", True).active
