"""ID tokens and logout tokens: each hole that a lenient client leaves open, closed and named."""

import base64
import dataclasses
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from bff.identity.jwks import DocumentUnavailable, KeysUnavailable, RemoteKeys
from bff.identity.tests.support import CLIENT, ISSUER, Signer, id_claims
from bff.identity.tokens import (
    LOGOUT_EVENT,
    Expected,
    InvalidToken,
    LogoutNotice,
    access_token_hash,
    verify_id_token,
    verify_logout_token,
)

EXPECTED = Expected(ISSUER, CLIENT, nonce="n")
NOW = 1_790_000_000  # seconds since 1970


@pytest.fixture(autouse=True)
def at_the_time_of_the_claims() -> Iterator[None]:
    """The claims below are told from NOW, however long the suite takes to come here."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


def refused(signer: Signer, raw: str, **changes: Any) -> str:
    """The reason for which an ID token is refused."""
    with pytest.raises(InvalidToken) as caught:
        verify_id_token(raw, signer.keys(), dataclasses.replace(EXPECTED, **changes))
    return caught.value.reason


def test_a_good_token_is_taken(signer: Signer) -> None:
    claims = verify_id_token(signer.token(id_claims()), signer.keys(), EXPECTED)
    assert (claims["sub"], claims["iss"]) == ("u-1", ISSUER)


@pytest.mark.parametrize("aud", [[CLIENT], [CLIENT, "another"]])
def test_a_list_of_audiences_is_taken_when_we_are_the_authorised_party(signer: Signer, aud: list[str]) -> None:
    assert verify_id_token(signer.token(id_claims(aud=aud, azp=CLIENT)), signer.keys(), EXPECTED)


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE"])
def test_algorithm_none_is_refused(signer: Signer, algorithm: str) -> None:
    body = signer.token(id_claims()).split(".")[1]
    header = encoded({"alg": algorithm, "kid": signer.key.kid})
    assert refused(signer, f"{header}.{body}.") == "signature"
    assert refused(signer, f"{header}.{body}.{signer.token(id_claims()).split('.')[2]}") == "signature"


@pytest.mark.parametrize("secret", ["pem", "jwk"])
def test_hs256_keyed_with_the_public_key_is_refused(signer: Signer, secret: str) -> None:
    public = signer.key.as_pem(private=False) if secret == "pem" else json.dumps(signer.key.as_dict()).encode()
    signed = f"{encoded({'alg': 'HS256', 'kid': signer.key.kid})}.{signer.token(id_claims()).split('.')[1]}"
    mac = hmac.new(public, signed.encode(), hashlib.sha256).digest()
    assert refused(signer, f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}") == "signature"


def test_a_secret_key_in_the_providers_key_set_does_not_make_hs256_good(signer: Signer) -> None:
    secret: dict[str, Any] = {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "kid": "secret"}
    keys = RemoteKeys(lambda: {"keys": [secret]})
    raw = jwt.encode({"alg": "HS256", "kid": "secret"}, id_claims(), OctKey.import_key(secret))
    with pytest.raises(InvalidToken, match="signature"):
        verify_id_token(raw, keys, EXPECTED)


def test_another_key_under_the_right_name_is_refused(signer: Signer) -> None:
    assert refused(signer, signer.token(id_claims(), key=ECKey.generate_key("P-256"))) == "signature"


def test_a_key_that_the_token_brings_along_is_not_used(signer: Signer) -> None:
    own = ECKey.generate_key("P-256")
    raw = signer.token(id_claims(), key=own, jwk=own.as_dict(private=False))
    assert refused(signer, raw) == "signature"


def test_a_changed_body_is_refused(signer: Signer) -> None:
    header, _, signature = signer.token(id_claims()).split(".")
    assert refused(signer, f"{header}.{encoded(id_claims(sub='u-2'))}.{signature}") == "signature"


@pytest.mark.parametrize("raw", ["", "x", "a.b.c", "....", "é.é.é"])
def test_what_is_no_token_is_refused(signer: Signer, raw: str) -> None:
    assert refused(signer, raw) == "signature"


def test_a_critical_extension_that_we_do_not_know_is_refused(signer: Signer) -> None:
    raw = f"{encoded({'alg': 'ES256', 'kid': signer.key.kid, 'crit': ['x'], 'x': 1})}.{encoded(id_claims())}.AAAA"
    assert refused(signer, raw) == "signature"


@pytest.mark.parametrize("iss", ["https://evil.example", f"{ISSUER}/", ISSUER.upper(), None, [ISSUER]])
def test_another_issuer_is_refused(signer: Signer, iss: Any) -> None:
    assert refused(signer, signer.token(id_claims(iss=iss))) == "iss"


@pytest.mark.parametrize("aud", [[], "", "another", ["another"], None, {"portal": 1}, 7])
def test_an_audience_without_us_is_refused(signer: Signer, aud: Any) -> None:
    assert refused(signer, signer.token(id_claims(aud=aud))) == "aud"


def test_a_foreign_audience_is_refused_even_when_it_names_us_as_authorised_party(signer: Signer) -> None:
    assert refused(signer, signer.token(id_claims(aud="another", azp=CLIENT))) == "aud"


def test_two_audiences_without_an_authorised_party_are_refused(signer: Signer) -> None:
    assert refused(signer, signer.token(id_claims(aud=[CLIENT, "another"]))) == "azp"


@pytest.mark.parametrize("azp", ["another", "", [CLIENT]])
def test_another_authorised_party_is_refused(signer: Signer, azp: Any) -> None:
    assert refused(signer, signer.token(id_claims(azp=azp))) == "azp"


@pytest.mark.parametrize("exp", [NOW - 60, NOW - 100, None, "tomorrow", True, float(NOW - 60)])
def test_an_expired_token_is_refused_without_two_minutes_of_grace(signer: Signer, exp: Any) -> None:
    assert refused(signer, signer.token(id_claims(exp=exp))) == "exp"


def test_an_end_that_is_not_a_number_in_json_either_is_refused(signer: Signer) -> None:
    assert refused(signer, signer.token(id_claims(exp=float("nan")))) == "exp"
    assert refused(signer, signer.token(id_claims(exp=float("inf")))) == "exp"


@pytest.mark.parametrize("iat", [NOW + 600, None, "now", True])
def test_a_token_issued_in_the_future_is_refused(signer: Signer, iat: Any) -> None:
    assert refused(signer, signer.token(id_claims(iat=iat))) == "iat"


def test_a_token_that_is_not_valid_yet_is_refused(signer: Signer) -> None:
    assert refused(signer, signer.token(id_claims(nbf=NOW + 600))) == "nbf"


@pytest.mark.parametrize("nonce", [None, "", "another", ["n"], 0])
def test_a_missing_or_wrong_nonce_is_refused(signer: Signer, nonce: Any) -> None:
    assert refused(signer, signer.token(id_claims(nonce=nonce))) == "nonce"


@pytest.mark.parametrize("sub", [None, "", 7, ["u-1"]])
def test_a_token_without_a_subject_is_refused(signer: Signer, sub: Any) -> None:
    assert refused(signer, signer.token(id_claims(sub=sub))) == "sub"


def test_a_hash_of_another_access_token_is_refused(signer: Signer) -> None:
    good = id_claims(at_hash=access_token_hash("access", "ES256"))
    assert verify_id_token(signer.token(good), signer.keys(), dataclasses.replace(EXPECTED, access_token="access"))
    assert refused(signer, signer.token(good), access_token="another") == "at_hash"
    assert refused(signer, signer.token(id_claims(at_hash="AAAA")), access_token="access") == "at_hash"
    assert refused(signer, signer.token(id_claims(at_hash=7)), access_token="access") == "at_hash"


def test_the_hash_of_the_standards_example_is_computed() -> None:
    # OpenID Connect Core 1.0, appendix A.3: the access token and the at_hash of its example response.
    assert access_token_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", "RS256") == "77QmUPtjPfzWtF2AnpK9RQ"


@pytest.mark.parametrize("typ", ["logout+jwt", "at+jwt", "portal-identity+jwt"])
def test_a_token_of_another_type_is_refused_as_id_token(signer: Signer, typ: str) -> None:
    assert refused(signer, signer.token(id_claims(), typ=typ)) == "typ"


def test_a_logout_token_without_a_type_is_refused_as_id_token(signer: Signer) -> None:
    raw = signer.token(logout_claims(sub="u-1"))
    assert refused(signer, raw, nonce=None) == "typ"


@pytest.mark.parametrize("kind", ["Bearer", "Refresh", "Logout", "Offline"])
def test_another_kind_of_keycloak_token_is_refused_as_id_token(signer: Signer, kind: str) -> None:
    assert refused(signer, signer.token(id_claims(typ=kind))) == "typ"


def test_a_sign_in_that_is_too_old_is_refused_when_a_fresh_one_was_asked_for(signer: Signer) -> None:
    assert refused(signer, signer.token(id_claims(auth_time=NOW - 400)), max_age=300) == "auth_time"
    assert refused(signer, signer.token(id_claims(auth_time=None)), max_age=300) == "auth_time"
    assert refused(signer, signer.token(id_claims(auth_time=NOW + 400)), max_age=300) == "auth_time"
    fresh = dataclasses.replace(EXPECTED, max_age=300)
    assert verify_id_token(signer.token(id_claims(auth_time=NOW - 200)), signer.keys(), fresh)


@pytest.mark.parametrize("acr", [None, "pwd", "", ["mfa"]])
def test_a_weaker_sign_in_than_asked_for_is_refused(signer: Signer, acr: Any) -> None:
    assert refused(signer, signer.token(id_claims(acr=acr)), acr=("mfa", "phr")) == "acr"
    strong = dataclasses.replace(EXPECTED, acr=("mfa", "phr"))
    assert verify_id_token(signer.token(id_claims(acr="phr")), signer.keys(), strong)


def test_another_person_is_refused_at_a_refresh_and_at_a_step_up(signer: Signer) -> None:
    assert refused(signer, signer.token(id_claims(sub="u-2")), subject="u-1") == "sub"


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (RSAKey.generate_key(2048, auto_kid=True), "RS256"),
        (RSAKey.generate_key(2048, auto_kid=True), "PS256"),
        (ECKey.generate_key("P-384", auto_kid=True), "ES384"),
        (OKPKey.generate_key("Ed25519", auto_kid=True), "Ed25519"),
    ],
)
def test_the_other_sound_algorithms_are_taken(key: Any, algorithm: str) -> None:
    claims = id_claims(at_hash=access_token_hash("access", algorithm))
    raw = jwt.encode({"alg": algorithm, "kid": key.kid}, claims, key, algorithms=[algorithm])
    expected = dataclasses.replace(EXPECTED, access_token="access")
    assert verify_id_token(raw, RemoteKeys(lambda: dict(KeySet([key]).as_dict(private=False))), expected)


def test_unreachable_keys_are_no_verdict_on_the_token(signer: Signer) -> None:
    def silent() -> dict[str, Any]:
        raise DocumentUnavailable("nobody answers")

    with pytest.raises(KeysUnavailable):
        verify_id_token(signer.token(id_claims()), RemoteKeys(silent), EXPECTED)


def logout_claims(**changes: Any) -> dict[str, Any]:
    claims = {"iss": ISSUER, "aud": CLIENT, "iat": NOW, "exp": NOW + 120, "jti": "1", "sid": "s"}
    claims |= {"events": {LOGOUT_EVENT: {}}} | changes
    return {name: value for name, value in claims.items() if value is not None}


@pytest.mark.parametrize("typ", ["logout+jwt", "JWT"])
def test_a_logout_token_is_read(signer: Signer, typ: str) -> None:
    raw = signer.token(logout_claims(sub="u-1"), typ=typ)
    assert verify_logout_token(raw, signer.keys(), ISSUER, CLIENT) == LogoutNotice("1", "u-1", "s")


def test_a_logout_token_may_name_a_subject_alone(signer: Signer) -> None:
    raw = signer.token(logout_claims(sub="u-1", sid=None), typ="logout+jwt")
    assert verify_logout_token(raw, signer.keys(), ISSUER, CLIENT) == LogoutNotice("1", "u-1", None)


WRONG_LOGOUT: dict[str, tuple[dict[str, Any], str]] = {
    "a nonce": ({"nonce": "n"}, "nonce"),
    "no events": ({"events": None}, "events"),
    "another event": ({"events": {"https://example.com/other": {}}}, "events"),
    "events as a list": ({"events": [LOGOUT_EVENT]}, "events"),
    "an event that is no object": ({"events": {LOGOUT_EVENT: True}}, "events"),
    "neither subject nor session": ({"sid": None}, "sub"),
    "a session that is a number": ({"sid": 7}, "sid"),
    "no id": ({"jti": None}, "jti"),
    "another issuer": ({"iss": "https://evil.example"}, "iss"),
    "another audience": ({"aud": "another"}, "aud"),
    "an empty audience": ({"aud": []}, "aud"),
    "an old date": ({"iat": NOW - 900}, "iat"),
    "a date to come": ({"iat": NOW + 900, "exp": NOW + 1000}, "iat"),
    "an end that has come": ({"exp": NOW - 60}, "exp"),
    "no end": ({"exp": None}, "exp"),
}


@pytest.mark.parametrize("fault", WRONG_LOGOUT)
def test_a_logout_token_is_refused_for(signer: Signer, fault: str) -> None:
    changes, reason = WRONG_LOGOUT[fault]
    with pytest.raises(InvalidToken) as caught:
        verify_logout_token(signer.token(logout_claims(**changes), typ="logout+jwt"), signer.keys(), ISSUER, CLIENT)
    assert caught.value.reason == reason


@pytest.mark.parametrize("typ", ["at+jwt", "id_token+jwt", "portal-identity+jwt"])
def test_a_token_of_another_type_is_refused_as_logout_token(signer: Signer, typ: str) -> None:
    with pytest.raises(InvalidToken, match="typ"):
        verify_logout_token(signer.token(logout_claims(), typ=typ), signer.keys(), ISSUER, CLIENT)


def test_an_id_token_is_refused_as_logout_token(signer: Signer) -> None:
    with pytest.raises(InvalidToken):
        verify_logout_token(signer.token(id_claims(nonce=None, jti="1")), signer.keys(), ISSUER, CLIENT)


def encoded(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
