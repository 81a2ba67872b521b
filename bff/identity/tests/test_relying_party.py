"""From a provider's answer to a session and to its end, where the provider does what a good one never does."""

import dataclasses
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from pytest_httpserver import HTTPServer

from bff.identity.freshness import Freshness
from bff.identity.provider import Demand, Provider
from bff.identity.relying_party import LoginFailed, Obstacle, RelyingParty, open_store
from bff.identity.sessions import Session, Sessions
from bff.identity.sessions_redis import RedisSessions
from bff.identity.sessions_sqlite import SqliteSessions
from bff.identity.tests.scripted import ScriptedProvider, query
from bff.identity.tests.support import CLIENT, Clock, session
from bff.identity.ticket import Ticket
from bff.identity.tokens import LOGOUT_EVENT, InvalidToken

NONE = Demand()


@pytest.fixture
def scripted(httpserver: HTTPServer) -> ScriptedProvider:
    return ScriptedProvider(httpserver)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def party(scripted: ScriptedProvider, sqlite_store: SqliteSessions, clock: Clock) -> RelyingParty:
    made = RelyingParty(scripted.client(), Sessions(sqlite_store, 900, 8 * 3600, clock))
    made.provider.clock = clock
    return made


def answered(party: RelyingParty, scripted: ScriptedProvider, demand: Demand = NONE, **changes: Any) -> Session:
    """The session after a login in which the provider puts `changes` into the ID token."""
    url, ticket = party.begin("/windows", demand, None)
    sent = query(url)
    scripted.answers(id_token=scripted.id_token(nonce=sent["nonce"], **changes))
    found, back_to = party.complete({"code": "c", "state": sent["state"]}, ticket.cookie)
    assert back_to == "/windows"
    made = party.sessions.find(found)
    assert made
    return made


def obstacle(party: RelyingParty, scripted: ScriptedProvider, demand: Demand = NONE, **changes: Any) -> Obstacle:
    with pytest.raises(LoginFailed) as caught:
        answered(party, scripted, demand, **changes)
    assert caught.value.back_to == "/windows"
    return caught.value.obstacle


def test_what_the_id_token_does_not_say_of_a_person_userinfo_does(
    party: RelyingParty, scripted: ScriptedProvider
) -> None:
    scripted.userinfo = {"sub": "u-1", "name": "Una", "preferred_username": "una", "email": "una@example.com"}
    made = answered(party, scripted)
    assert (made.subject, made.name, made.username, made.email) == ("u-1", "Una", "una", "una@example.com")


def test_what_the_id_token_says_counts_more(party: RelyingParty, scripted: ScriptedProvider) -> None:
    scripted.userinfo = {"sub": "u-1", "name": "Una", "preferred_username": "una"}
    assert answered(party, scripted, name="Una Achieng").name == "Una Achieng"


def test_userinfo_about_somebody_else_is_refused(party: RelyingParty, scripted: ScriptedProvider) -> None:
    scripted.userinfo = {"sub": "u-2", "name": "Mallory"}
    assert obstacle(party, scripted) is Obstacle.UNTRUSTED


def test_a_person_without_a_name_is_called_by_the_subject(party: RelyingParty, scripted: ScriptedProvider) -> None:
    scripted.userinfo = {"sub": "u-1"}
    made = answered(party, scripted, sid=None, amr="pwd")
    assert (made.name, made.username, made.provider_sid, made.amr) == ("u-1", "u-1", None, ())


@pytest.mark.parametrize(
    "changes",
    [{"aud": []}, {"aud": "other", "azp": CLIENT}, {"exp": 1}, {"iat": 9_999_999_999}],
)
def test_an_id_token_that_does_not_hold_is_refused(
    party: RelyingParty, scripted: ScriptedProvider, changes: dict[str, Any]
) -> None:
    assert obstacle(party, scripted, **changes) is Obstacle.UNTRUSTED


def test_an_id_token_for_another_login_is_refused(party: RelyingParty, scripted: ScriptedProvider) -> None:
    url, ticket = party.begin("/", Demand(), None)
    scripted.answers(id_token=scripted.id_token(nonce=secrets.token_urlsafe(24)))
    with pytest.raises(LoginFailed) as caught:
        party.complete({"code": "c", "state": query(url)["state"]}, ticket.cookie)
    assert caught.value.obstacle is Obstacle.UNTRUSTED


def test_an_old_sign_in_does_not_do_where_a_fresh_one_was_demanded(
    party: RelyingParty, scripted: ScriptedProvider
) -> None:
    old = int(time.time()) - 400
    assert obstacle(party, scripted, Demand(max_age=300), auth_time=old) is Obstacle.TOO_WEAK


def test_a_provider_that_falls_silent_in_between_is_said_as_such(
    party: RelyingParty, scripted: ScriptedProvider
) -> None:
    url, ticket = party.begin("/", Demand(), None)
    scripted.refuses(503)
    with pytest.raises(LoginFailed) as caught:
        party.complete({"code": "c", "state": query(url)["state"]}, ticket.cookie)
    assert caught.value.obstacle is Obstacle.UNREACHABLE


def test_a_provider_that_does_not_answer_lets_nobody_begin(sqlite_store: SqliteSessions) -> None:
    silent = Provider("http://127.0.0.1:9", CLIENT, "secret", "https://portal.example")
    with pytest.raises(LoginFailed) as caught:
        RelyingParty(silent, Sessions(sqlite_store, 900, 3600)).begin("/windows", Demand(), None)
    assert (caught.value.obstacle, caught.value.back_to) == (Obstacle.UNREACHABLE, "/windows")


def notice(scripted: ScriptedProvider, **claims: Any) -> str:
    now = int(time.time())
    told = {"iss": scripted.url, "aud": CLIENT, "iat": now, "exp": now + 60, "jti": secrets.token_hex(4)}
    return scripted.signer.token(told | {"events": {LOGOUT_EVENT: {}}} | claims, typ="logout+jwt")


def test_a_notice_of_logout_counts_once(party: RelyingParty, scripted: ScriptedProvider) -> None:
    raw = notice(scripted, sid="s")
    party.end_by_notice(raw)
    with pytest.raises(InvalidToken, match="jti"):
        party.end_by_notice(raw)


def test_a_notice_that_names_a_session_ends_it_and_one_that_names_a_person_ends_all(
    party: RelyingParty, scripted: ScriptedProvider
) -> None:
    for number in range(3):
        party.sessions.begin(session(issuer=scripted.url, provider_sid=f"p{number}"))
    assert party.end_by_notice(notice(scripted, sid="p1", sub="u-olivia")) == ("u-olivia", 1)
    assert party.end_by_notice(notice(scripted, sub="u-olivia")) == ("u-olivia", 2)


def living(party: RelyingParty, scripted: ScriptedProvider) -> Ticket:
    kept = session(issuer=scripted.url, subject="u-1", created=party.sessions.clock())
    return party.sessions.begin(kept)[0]


def test_tokens_that_still_live_are_left_alone(party: RelyingParty, scripted: ScriptedProvider) -> None:
    assert party.freshness.living(living(party, scripted), slide=True)
    assert scripted.asked == []


def test_tokens_that_are_about_to_end_are_renewed_and_kept(
    party: RelyingParty, scripted: ScriptedProvider, clock: Clock
) -> None:
    ticket = living(party, scripted)
    clock.ahead = 280
    scripted.answers(id_token=scripted.id_token(nonce=None))
    fresh = party.freshness.living(ticket, slide=True)
    assert fresh
    assert fresh.tokens.access_token == scripted.token_answer["access_token"]
    assert party.sessions.find(ticket) == fresh
    party.freshness.living(ticket, slide=True)
    assert len(scripted.asked) == 1


def test_a_refused_renewal_ends_the_session(party: RelyingParty, scripted: ScriptedProvider, clock: Clock) -> None:
    ticket = living(party, scripted)
    clock.ahead = 280
    scripted.refuses(400, error="invalid_grant")
    assert party.freshness.living(ticket, slide=True) is None
    assert party.sessions.find(ticket) is None


@pytest.mark.parametrize("changes", [{"sub": "u-2"}, {"aud": "another"}, {"at_hash": "AAAA"}])
def test_a_renewal_that_brings_an_id_token_of_somebody_else_ends_the_session(
    party: RelyingParty, scripted: ScriptedProvider, clock: Clock, changes: dict[str, Any]
) -> None:
    ticket = living(party, scripted)
    clock.ahead = 280
    scripted.answers(id_token=scripted.id_token(nonce=None, **changes))
    assert party.freshness.living(ticket, slide=True) is None
    assert party.sessions.find(ticket) is None


@pytest.mark.parametrize(("status", "error"), [(503, {}), (401, {"error": "invalid_client"}), (429, {})])
def test_a_provider_in_trouble_ends_no_session_but_outlives_no_access_token(
    party: RelyingParty, scripted: ScriptedProvider, clock: Clock, status: int, error: dict[str, str]
) -> None:
    ticket = living(party, scripted)
    scripted.refuses(status, **error)
    clock.ahead = 280
    assert party.freshness.living(ticket, slide=True)
    clock.ahead = 301
    assert party.freshness.living(ticket, slide=True) is None
    assert party.sessions.find(ticket), "it is not ended: the provider may come back"


def test_a_silent_provider_is_not_asked_again_at_every_request(
    party: RelyingParty, scripted: ScriptedProvider, clock: Clock
) -> None:
    ticket = living(party, scripted)
    scripted.refuses(503)
    clock.ahead = 280
    for _ in range(5):
        assert party.freshness.living(ticket, slide=True)
    assert len(scripted.asked) == 1


def test_nobody_waits_for_a_renewal_while_the_access_token_lives(
    party: RelyingParty, scripted: ScriptedProvider, clock: Clock
) -> None:
    ticket = living(party, scripted)
    clock.ahead = 280
    with party.sessions.lock(ticket.name, wait=False):
        assert party.freshness.living(ticket, slide=True)
    assert scripted.asked == []


def test_a_renewal_does_not_bring_back_who_signed_out_meanwhile(
    party: RelyingParty, scripted: ScriptedProvider, clock: Clock
) -> None:
    ticket = living(party, scripted)
    clock.ahead = 280
    scripted.answers(id_token=None)
    refresh = party.provider.refresh

    def slow(tokens: Any) -> Any:
        party.sessions.end(ticket.name)
        return refresh(tokens)

    freshness = Freshness(cast(Provider, Slow(party.provider, slow)), party.sessions)
    assert freshness.living(ticket, slide=True) is None
    assert party.sessions.find(ticket) is None


@dataclasses.dataclass
class Slow:
    """A provider during whose answer something else happens."""

    real: Any
    refresh: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def test_a_session_without_a_refresh_token_lives_by_its_own_ends(
    party: RelyingParty, scripted: ScriptedProvider, clock: Clock
) -> None:
    kept = session(tokens=dataclasses.replace(session().tokens, refresh_token=None))
    ticket, _ = party.sessions.begin(kept)
    clock.ahead = 800
    assert party.freshness.living(ticket, slide=True)
    clock.ahead = 1800
    assert party.freshness.living(ticket, slide=True) is None


def test_signing_out_works_while_the_provider_is_silent(party: RelyingParty, scripted: ScriptedProvider) -> None:
    ticket = living(party, scripted)
    scripted.refuses(503)
    found = party.sessions.find(ticket)
    assert found
    party.end(found)
    assert party.sessions.find(ticket) is None


@pytest.fixture
def stores(tmp_path: Path, redis_url: str) -> Iterator[list[Any]]:
    opened = [open_store("", tmp_path / "shell", "shell"), open_store(redis_url, tmp_path, "shell")]
    yield opened
    for store in opened:
        store.close()


def test_the_store_is_redis_where_one_is_named_and_a_file_elsewhere(stores: list[Any], tmp_path: Path) -> None:
    assert [type(store) for store in stores] == [SqliteSessions, RedisSessions]
    assert (tmp_path / "shell" / "sessions.sqlite").exists()
