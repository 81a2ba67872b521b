"""Access tokens: a client's own is taken, and whatever only resembles one is refused and named."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import time_machine
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from bff.identity.bearer import LONGEST, Caller, RefusedToken, Required, caller_of
from bff.identity.jwks import DocumentUnavailable, KeysUnavailable, RemoteKeys
from bff.identity.tests.support import ISSUER, Clock, Signer, id_claims
from bff.identity.tokens import InvalidToken

API = "https://reports.example"
REQUIRED = Required(ISSUER, API)
NOW = int(time.time())
PAYMENT_MANAGER = "payment-manager-payerfsp"


@pytest.fixture(autouse=True)
def at_the_time_of_the_claims() -> Iterator[None]:
    """The claims below are told from NOW, however long the suite takes to come here."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a client's access token (RFC 9068); a change to None leaves the claim out."""
    said = {
        "iss": ISSUER, "sub": PAYMENT_MANAGER, "client_id": PAYMENT_MANAGER, "aud": API, "iat": NOW, "exp": NOW + 300,
        "jti": "1", "scope": "",
    }  # fmt: skip
    return {name: value for name, value in (said | changes).items() if value is not None}


def keycloaks(**changes: Any) -> dict[str, Any]:
    """The claims of a service account's access token in the shape that Keycloak 26 gives them."""
    said = {
        "exp": NOW + 300, "iat": NOW, "jti": "trrtcc:8cd4b1f2-2a6a-4f4b-9a55-3f0f5c0a6a01", "iss": ISSUER,
        "aud": [API, "account"], "sub": "0f7a2c54-6f0e-4a1c-9d3b-2f6b1d8e4c77", "typ": "Bearer",
        "azp": "Payment-Manager", "acr": "1", "allowed-origins": ["/*"],
        "realm_access": {"roles": ["offline_access", "default-roles-hub-operators", "uma_authorization"]},
        "resource_access": {"account": {"roles": ["manage-account", "view-profile"]}},
        "scope": "email profile", "clientHost": "10.0.0.7", "email_verified": False,
        "preferred_username": "service-account-payment-manager", "clientAddress": "10.0.0.7",
        "client_id": "Payment-Manager",
    }  # fmt: skip
    return {name: value for name, value in (said | changes).items() if value is not None}


def access_token(signer: Signer, typ: str = "at+jwt", **changes: Any) -> str:
    return signer.token(claims(**changes), typ=typ)


def refused(signer: Signer, raw: str, required: Required = REQUIRED) -> str:
    """The check at which a token fails."""
    with pytest.raises(InvalidToken) as caught:
        caller_of(raw, signer.keys(), required)
    return caught.value.reason


def encoded(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt"])
def test_a_clients_own_token_is_taken(signer: Signer, typ: str) -> None:
    raw = access_token(signer, typ)
    named = hashlib.sha256(raw.encode()).hexdigest()
    assert caller_of(raw, signer.keys(), REQUIRED) == Caller(PAYMENT_MANAGER, PAYMENT_MANAGER, named)


def test_a_token_for_several_addresses_is_taken_at_each(signer: Signer) -> None:
    assert caller_of(access_token(signer, aud=["https://other.example", API]), signer.keys(), REQUIRED)


def test_keycloaks_token_of_a_service_account_is_taken_by_its_own_signs() -> None:
    key = RSAKey.generate_key(2048, auto_kid=True)
    keys = RemoteKeys(lambda: dict(KeySet([key]).as_dict(private=False)))
    raw = jwt.encode({"alg": "RS256", "typ": "JWT", "kid": key.kid}, keycloaks(), key, algorithms=["RS256"])
    caller = caller_of(raw, keys, REQUIRED)
    assert (caller.subject, caller.client_id) == ("0f7a2c54-6f0e-4a1c-9d3b-2f6b1d8e4c77", "Payment-Manager")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"aud": "account"}, "aud"),
        ({"typ": "ID"}, "typ"),
        ({"typ": "Refresh"}, "typ"),
        ({"typ": "bearer"}, "typ"),
        ({"typ": None}, "typ"),
        ({"azp": "somebody-else"}, "client_id"),
        ({"preferred_username": "olivia"}, "person"),
        ({"preferred_username": None}, "person"),
        ({"preferred_username": "service-account-another"}, "person"),
        ({"sid": "4f6c", "preferred_username": "olivia"}, "person"),
        ({"session_state": "4f6c"}, "person"),
        ({"auth_time": NOW}, "person"),
    ],
)
def test_keycloaks_other_tokens_and_those_of_people_are_refused(
    signer: Signer, changes: dict[str, Any], reason: str
) -> None:
    assert refused(signer, signer.token(keycloaks(**changes), typ="JWT")) == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://elsewhere.example"}, "iss"),
        ({"iss": f"{ISSUER}/"}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": "https://settlement.example"}, "aud"),
        ({"aud": f"{API}/"}, "aud"),
        ({"aud": f"{API}.evil.example"}, "aud"),
        ({"aud": [[API]]}, "aud"),
        ({"aud": {API: True}}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": None}, "aud"),
        ({"exp": NOW - 11}, "exp"),
        ({"exp": None}, "exp"),
        ({"exp": str(NOW + 300)}, "exp"),
        ({"exp": True}, "exp"),
        ({"iat": NOW + 60}, "iat"),
        ({"iat": None}, "iat"),
        ({"nbf": NOW + 60}, "nbf"),
        ({"nbf": "now"}, "nbf"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": [PAYMENT_MANAGER]}, "sub"),
        ({"client_id": None}, "client_id"),
        ({"client_id": 7}, "client_id"),
        ({"azp": "another"}, "client_id"),
        ({"sub": "u-101"}, "person"),
        ({"sid": "4f6c"}, "person"),
        ({"auth_time": NOW}, "person"),
        ({"amr": ["pwd"]}, "person"),
        ({"nonce": "n"}, "person"),
        ({"at_hash": "x"}, "person"),
        ({"cnf": {"jkt": "0ZcOCORZNYy"}}, "cnf"),
        ({"cnf": {"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}}, "cnf"),
        ({"typ": "ID"}, "typ"),
        ({"typ": "Logout"}, "typ"),
    ],
)
def test_whatever_a_token_must_say_is_checked(signer: Signer, changes: dict[str, Any], reason: str) -> None:
    raw = signer.token(claims(**changes), typ="at+jwt")
    assert refused(signer, raw) == reason
    with pytest.raises(RefusedToken) as caught:
        caller_of(raw, signer.keys(), REQUIRED)
    assert caught.value.told.keys() == claims(**changes).keys()


@pytest.mark.parametrize("late", [0, 9])
def test_clocks_may_differ_a_little(signer: Signer, late: int) -> None:
    assert caller_of(access_token(signer, exp=NOW - late + 1, nbf=NOW + late), signer.keys(), REQUIRED)


def test_a_scope_is_asked_for_only_where_one_is_set(signer: Signer) -> None:
    required = Required(ISSUER, API, "reports")
    assert caller_of(access_token(signer, scope="openid reports"), signer.keys(), required)
    for scope in ("reports:read", "", None, ["reports"]):
        assert refused(signer, access_token(signer, scope=scope), required) in ("scope",), scope


@pytest.mark.parametrize("typ", ["JWT", "", "id_token+jwt", "logout+jwt", "portal-identity+jwt", "at+jws"])
def test_an_id_token_never_passes_for_an_access_token(signer: Signer, typ: str) -> None:
    for changes in ({}, {"aud": API}, {"aud": API, "nonce": None, "auth_time": None, "azp": PAYMENT_MANAGER}):
        assert refused(signer, signer.token(id_claims(**changes), typ=typ)) == "typ"
    assert refused(signer, signer.token(id_claims(aud=API))) == "typ"


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "HS256", "RS1", "", 7, ["ES256"], None])
def test_algorithms_that_are_not_on_our_list_are_refused_before_any_key_is_asked_for(
    signer: Signer, algorithm: Any
) -> None:
    _, body, signature = access_token(signer).split(".")
    header = encoded({"alg": algorithm, "kid": signer.key.kid, "typ": "at+jwt"})
    asked = signer.asked
    for raw in (f"{header}.{body}.", f"{header}.{body}.{signature}"):
        assert refused(signer, raw) in ("alg", "form")
    assert signer.asked == asked


@pytest.mark.parametrize("secret", ["pem", "jwk"])
def test_hs256_keyed_with_the_public_key_is_refused(signer: Signer, secret: str) -> None:
    public = signer.key.as_pem(private=False) if secret == "pem" else json.dumps(signer.key.as_dict()).encode()
    header = encoded({"alg": "HS256", "kid": signer.key.kid, "typ": "at+jwt"})
    signed = f"{header}.{access_token(signer).split('.')[1]}"
    mac = hmac.new(public, signed.encode(), hashlib.sha256).digest()
    assert refused(signer, f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}") == "alg"


def test_a_forged_token_is_refused(signer: Signer) -> None:
    stranger = ECKey.generate_key("P-256", auto_kid=True)
    header, body, signature = access_token(signer).split(".")
    other = encoded(claims(sub="another", client_id="another"))
    assert refused(signer, signer.token(claims(), stranger, typ="at+jwt")) == "signature"
    for raw in (f"{header}.{other}.{signature}", f"{header}.{body}.", f"{header}.{body}.{signature[:-4]}AAAA"):
        assert refused(signer, raw) == "signature"


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": {"kty": "EC"}},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["MII"]},
        {"crit": ["exp"]},
        {"b64": False, "crit": ["b64"]},
    ],
)
def test_a_token_brings_no_keys_and_no_rules_of_its_own(signer: Signer, header: dict[str, Any]) -> None:
    body, signature = access_token(signer).split(".")[1:]
    head = encoded({"alg": "ES256", "kid": signer.key.kid, "typ": "at+jwt", **header})
    assert refused(signer, f"{head}.{body}.{signature}") == "header"


@pytest.mark.parametrize("kid", [None, "", 7, ["a"], {"a": 1}])
def test_a_token_must_name_its_key(signer: Signer, kid: Any) -> None:
    body, signature = access_token(signer).split(".")[1:]
    head = encoded({"alg": "ES256", "typ": "at+jwt", "kid": kid})
    assert refused(signer, f"{head}.{body}.{signature}") in ("kid", "form")


@pytest.mark.parametrize("kid", ["../../../dev/null", "' OR 1=1 --", "http://evil.example/jwks", "\x00", "k" * 200])
def test_a_key_id_is_only_ever_looked_up(signer: Signer, kid: str) -> None:
    assert refused(signer, signer.token(claims(), kid=kid, typ="at+jwt")) == "signature"


def test_a_secret_in_the_providers_key_set_signs_nothing(signer: Signer) -> None:
    secret = OctKey.import_key("c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", {"kid": "secret"})
    raw = jwt.encode({"alg": "HS256", "kid": "secret", "typ": "at+jwt"}, claims(), secret, algorithms=["HS256"])
    keys = RemoteKeys(lambda: {"keys": [secret.as_dict()]})
    with pytest.raises(InvalidToken, match="alg"):
        caller_of(raw, keys, REQUIRED)


@pytest.mark.parametrize(
    "raw", ["", "a", "a.b", "a.b.c", "....", "a.b.c.d.e", "null", "{}", "é.é.é", " . . ", "bnVsbA.e30.x"]
)
def test_what_is_no_token_at_all_is_refused(signer: Signer, raw: str) -> None:
    assert refused(signer, raw) in ("size", "form")


def test_an_oversized_token_is_not_even_read(signer: Signer) -> None:
    assert refused(signer, access_token(signer, pad="x" * LONGEST)) == "size"


@pytest.mark.parametrize("body", [[], "text", 7, None])
def test_claims_that_are_no_object_are_refused(signer: Signer, body: Any) -> None:
    header = {"alg": "ES256", "kid": signer.key.kid, "typ": "at+jwt"}
    raw = jws.serialize_compact(header, json.dumps(body).encode(), signer.key, algorithms=["ES256"])
    assert refused(signer, raw) == "signature"


def test_while_the_provider_is_away_known_keys_go_on_and_an_unknown_one_is_no_verdict(signer: Signer) -> None:
    clock, answers = Clock(), [signer.jwks()]

    def fetch() -> Mapping[str, Any]:
        if not answers:
            raise DocumentUnavailable("nobody answers")
        return answers.pop()

    keys = RemoteKeys(fetch, clock)
    assert caller_of(access_token(signer), keys, REQUIRED)
    clock.ahead = 4000
    assert caller_of(access_token(signer), keys, REQUIRED)
    for _ in range(3):
        with pytest.raises(KeysUnavailable):
            caller_of(signer.token(claims(), kid="newer", typ="at+jwt"), keys, REQUIRED)


def test_invented_key_ids_make_nobody_ask_the_provider_in_a_storm(signer: Signer) -> None:
    clock, keys = Clock(), signer.keys()
    keys.clock = clock
    caller_of(access_token(signer), keys, REQUIRED)
    asked, clock.ahead = signer.asked, 60
    for number in range(50):
        with pytest.raises(InvalidToken):
            caller_of(signer.token(claims(), kid=f"invented-{number}", typ="at+jwt"), keys, REQUIRED)
    assert signer.asked == asked + 1
