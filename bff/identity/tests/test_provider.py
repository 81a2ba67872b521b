"""What we send to a provider, and what we do not believe of it."""

import base64
import dataclasses
import json
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from bff.identity.metadata import LIFETIME_S, Metadata, ProviderUnavailable, wrong_with
from bff.identity.provider import Demand, Provider, ProviderRefused, Secrets
from bff.identity.tests.scripted import ScriptedProvider, query
from bff.identity.tests.support import Clock, session

VALUES = Secrets("the-state", "the-nonce", "v" * 64)


@pytest.fixture
def scripted(httpserver: HTTPServer) -> ScriptedProvider:
    return ScriptedProvider(httpserver)


def test_the_browser_is_sent_with_a_code_request_and_a_hashed_verifier(scripted: ScriptedProvider) -> None:
    url = scripted.client().authorization_url(VALUES, Demand())
    sent = query(url)
    assert url.startswith(f"{scripted.url}/authorize?")
    assert len(sent.pop("code_challenge")) == 43
    assert sent == {
        "response_type": "code",
        "client_id": "portal",
        "redirect_uri": "https://portal.example/auth/callback",
        "scope": "openid profile email",
        "state": "the-state",
        "nonce": "the-nonce",
        "code_challenge_method": "S256",
    }
    assert VALUES.verifier not in url


def test_a_demand_is_sent_along(scripted: ScriptedProvider) -> None:
    sent = query(scripted.client().authorization_url(VALUES, Demand(("mfa", "phr"), 0)))
    assert (sent["acr_values"], sent["max_age"]) == ("mfa phr", "0")
    assert "claims" not in sent


def test_a_provider_that_wants_to_be_asked_by_name_is_asked_by_name(scripted: ScriptedProvider) -> None:
    scripted.metadata["claims_parameter_supported"] = True
    sent = query(scripted.client().authorization_url(VALUES, Demand()))
    assert set(json.loads(sent["claims"])["id_token"]) == {"auth_time", "acr", "amr"}


def test_where_requests_can_be_pushed_they_are(scripted: ScriptedProvider) -> None:
    scripted.metadata["pushed_authorization_request_endpoint"] = f"{scripted.url}/par"
    scripted.token_status, scripted.token_answer = 201, {"request_uri": "urn:x:1", "expires_in": 60}
    url = scripted.client().authorization_url(VALUES, Demand(("mfa",)))
    assert query(url) == {"client_id": "portal", "request_uri": "urn:x:1"}
    ((_, sent, headers),) = scripted.asked
    assert (sent["state"], sent["nonce"], sent["acr_values"]) == ("the-state", "the-nonce", "mfa")
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"portal:secret"


def test_a_pushed_request_that_is_refused_is_a_refusal(scripted: ScriptedProvider) -> None:
    scripted.metadata["pushed_authorization_request_endpoint"] = f"{scripted.url}/par"
    scripted.refuses(400, error="invalid_request")
    with pytest.raises(ProviderRefused, match="invalid_request"):
        scripted.client().authorization_url(VALUES, Demand())


def test_a_code_is_exchanged_with_its_verifier(scripted: ScriptedProvider) -> None:
    scripted.answers(scope="openid")
    client = scripted.client()
    tokens = client.exchange("the-code", VALUES.verifier)
    ((_, sent, _),) = scripted.asked
    assert sent == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "code_verifier": VALUES.verifier,
        "redirect_uri": "https://portal.example/auth/callback",
    }
    assert tokens.scope == "openid"
    assert 295 < tokens.expires_at - client.clock() < 301


def test_a_provider_that_takes_the_secret_in_the_form_alone_gets_it_there(scripted: ScriptedProvider) -> None:
    scripted.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post", "private_key_jwt"]
    scripted.answers()
    scripted.client().exchange("the-code", VALUES.verifier)
    ((_, sent, headers),) = scripted.asked
    assert (sent["client_id"], sent["client_secret"]) == ("portal", "secret")
    assert "Authorization" not in headers


def test_a_refresh_asks_for_the_scope_that_was_granted(scripted: ScriptedProvider) -> None:
    scripted.answers(refresh_token=None, id_token=None, scope=None)
    old = dataclasses.replace(session().tokens, scope="openid profile")
    new = scripted.client().refresh(old)
    ((_, sent, _),) = scripted.asked
    assert sent == {"grant_type": "refresh_token", "refresh_token": "refresh-1", "scope": "openid profile"}
    assert (new.refresh_token, new.id_token, new.scope) == (old.refresh_token, old.id_token, old.scope)
    assert new.access_token != old.access_token


def test_a_refresh_token_is_revoked(scripted: ScriptedProvider) -> None:
    scripted.client().revoke("refresh-1")
    ((path, sent, _),) = scripted.asked
    assert (path, sent) == ("/revoke", {"token": "refresh-1", "token_type_hint": "refresh_token"})


def test_a_provider_without_revocation_logout_or_userinfo_is_not_asked(scripted: ScriptedProvider) -> None:
    for name in ("revocation_endpoint", "end_session_endpoint", "userinfo_endpoint"):
        del scripted.metadata[name]
    client = scripted.client()
    client.revoke("refresh-1")
    assert client.end_session_url("id") is None
    assert client.userinfo("access") == {}
    assert scripted.asked == []


def test_the_end_of_the_session_at_the_provider_comes_back_to_us(scripted: ScriptedProvider) -> None:
    url = str(scripted.client().end_session_url("the-id-token"))
    assert query(url) == {
        "client_id": "portal",
        "post_logout_redirect_uri": "https://portal.example/auth/signed-out",
        "id_token_hint": "the-id-token",
    }


@pytest.mark.parametrize("status", [400, 401, 403])
def test_an_oauth_error_is_a_refusal(scripted: ScriptedProvider, status: int) -> None:
    scripted.refuses(status, error="invalid_grant", error_description="somebody's name")
    with pytest.raises(ProviderRefused) as caught:
        scripted.client().exchange("code", VALUES.verifier)
    assert caught.value.code == "invalid_grant"


@pytest.mark.parametrize("status", [302, 404, 429, 500, 503])
def test_any_other_failure_is_no_word_on_the_person(scripted: ScriptedProvider, status: int) -> None:
    scripted.refuses(status)
    with pytest.raises(ProviderUnavailable):
        scripted.client().exchange("code", VALUES.verifier)


@pytest.mark.parametrize(
    "changes",
    [{"access_token": None}, {"id_token": None}, {"id_token": 7}, {"refresh_token": 7}, {"expires_in": "soon"}],
)
def test_an_answer_without_what_was_asked_for_is_a_failure(scripted: ScriptedProvider, changes: Any) -> None:
    scripted.answers(**changes)
    with pytest.raises(ProviderUnavailable):
        scripted.client().exchange("code", VALUES.verifier)


def test_nobody_at_the_address_is_a_failure() -> None:
    with pytest.raises(ProviderUnavailable):
        Provider("http://127.0.0.1:9", "portal", "secret", "https://portal.example").end_session_url(None)


GOOD = {
    "issuer": "https://provider.example",
    "authorization_endpoint": "https://provider.example/authorize",
    "token_endpoint": "https://provider.example/token",
    "jwks_uri": "https://provider.example/jwks",
}


def test_good_metadata_are_believed() -> None:
    assert wrong_with(GOOD, "https://provider.example") is None


@pytest.mark.parametrize(
    "issuer", ["https://evil.example", "https://provider.example/", None, "HTTPS://provider.example"]
)
def test_metadata_of_another_issuer_are_not_believed(issuer: str | None) -> None:
    assert wrong_with(GOOD | {"issuer": issuer}, "https://provider.example")


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"])
@pytest.mark.parametrize("url", ["http://provider.example/x", "javascript:alert(1)", "/x", "", 7, "https://"])
def test_metadata_that_lead_off_https_are_not_believed(name: str, url: Any) -> None:
    assert wrong_with(GOOD | {name: url}, "https://provider.example")


def test_metadata_without_a_token_endpoint_are_not_believed() -> None:
    assert wrong_with({name: GOOD[name] for name in GOOD if name != "token_endpoint"}, "https://provider.example")


def test_a_provider_that_names_another_issuer_is_not_used(scripted: ScriptedProvider) -> None:
    scripted.metadata["issuer"] = "https://evil.example"
    with pytest.raises(ProviderUnavailable):
        scripted.client().authorization_url(VALUES, Demand())


def test_metadata_are_read_anew_after_an_hour_and_kept_when_they_have_gone_bad(scripted: ScriptedProvider) -> None:
    clock = Clock()
    metadata = Metadata(scripted.url, clock)
    assert "acr_values_supported" not in metadata.current()
    scripted.metadata["acr_values_supported"] = ["mfa"]
    assert "acr_values_supported" not in metadata.current()
    clock.ahead = LIFETIME_S + 1
    assert "acr_values_supported" in metadata.current()
    scripted.metadata["issuer"] = "https://evil.example"
    clock.ahead = 2 * LIFETIME_S + 2
    assert metadata.current()["issuer"] == scripted.url
