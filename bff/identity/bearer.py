"""Whether an access token of the provider proves which client calls an API of ours in its own name (RFC 9068)."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from bff.identity.jwks import RemoteKeys
from bff.identity.tokens import HASHES, InvalidToken, optional_text, time_of

LEEWAY_S = 10
LONGEST = 8 * 1024
ACCESS_TYPES = ("at+jwt", "application/at+jwt")
KEYCLOAKS_TYPE, KEYCLOAKS_CLAIM = "jwt", "Bearer"  # its header says no more than JWT; the claim `typ` tells them apart
KEYCLOAKS_ACCOUNT = "service-account-"  # how it calls the user that stands for a client
# Keys and rules that a token brings along itself; of ours none has any business in a header.
FOREIGN_HEADERS = ("jwk", "jku", "x5u", "x5c", "crit", "zip", "enc", "b64")
# What only the sign-in of a person leaves in a token, or only a token that is no access token has.
OF_A_LOGIN = ("sid", "session_state", "auth_time", "amr", "nonce", "at_hash", "c_hash", "s_hash", "events")


@dataclass(frozen=True)
class Required:
    """What a token must say: from whom it is, for which API, and with which scope where one is asked for."""

    issuer: str
    audience: str
    scope: str = ""


@dataclass(frozen=True)
class Caller:
    """A client that has proved itself. `token` names the token and cannot be used as one."""

    subject: str
    client_id: str
    token: str


class RefusedToken(InvalidToken):
    """A token that the provider signed, and that opens nothing here; `told` is what it says of its bearer."""

    def __init__(self, reason: str, told: Mapping[str, Any]) -> None:
        super().__init__(reason)
        self.told = told


def caller_of(raw: str, keys: RemoteKeys, required: Required) -> Caller:
    """The client behind an access token. Raises InvalidToken (RefusedToken where it is genuine), or KeysUnavailable."""
    if not raw or len(raw) > LONGEST:
        raise InvalidToken("size")
    _check_header(raw)
    try:
        token = keys.decode(raw, list(HASHES))
    except (JoseError, ValueError) as error:
        raise InvalidToken("signature") from error
    claims = token.claims
    try:
        _check_kind(str(token.header["typ"]).lower(), claims)
        _check_origin(claims, required)
        _check_times(claims)
        subject, client_id = _text(claims, "sub"), _client(claims)
        _check_own_name(claims, subject, client_id)
        if claims.get("cnf"):
            raise InvalidToken("cnf")  # bound to a key or a certificate whose possession nobody proves here
        if required.scope and required.scope not in str(claims.get("scope") or "").split():
            raise InvalidToken("scope")
    except InvalidToken as refused:
        raise RefusedToken(refused.reason, claims) from refused
    return Caller(subject, client_id, hashlib.sha256(raw.encode()).hexdigest())


def _check_header(raw: str) -> None:
    """Before any key is looked for: so that nothing invented makes us ask the provider for keys."""
    try:
        header = jws.extract_compact(raw.encode("ascii")).headers()
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise InvalidToken("form") from error
    if not isinstance(header.get("alg"), str) or header["alg"] not in HASHES:
        raise InvalidToken("alg")
    if not isinstance(header.get("kid"), str) or not header["kid"]:
        raise InvalidToken("kid")
    if any(name in header for name in FOREIGN_HEADERS):
        raise InvalidToken("header")
    if str(header.get("typ", "")).lower() not in (*ACCESS_TYPES, KEYCLOAKS_TYPE):
        raise InvalidToken("typ")


def _check_kind(header_type: str, claims: Mapping[str, Any]) -> None:
    """An access token says that it is one; that it does not look like another kind is not enough."""
    said = claims.get("typ")
    if said != KEYCLOAKS_CLAIM and (said is not None or header_type not in ACCESS_TYPES):
        raise InvalidToken("typ")


def _check_origin(claims: Mapping[str, Any], required: Required) -> None:
    if claims.get("iss") != required.issuer:
        raise InvalidToken("iss")
    audience = claims.get("aud")
    if required.audience not in (audience if isinstance(audience, list) else [audience]):
        raise InvalidToken("aud")


def _check_times(claims: dict[str, Any]) -> None:
    now = time.time()
    if time_of(claims, "exp") <= now - LEEWAY_S:
        raise InvalidToken("exp")
    if time_of(claims, "iat") > now + LEEWAY_S:
        raise InvalidToken("iat")
    if "nbf" in claims and time_of(claims, "nbf") > now + LEEWAY_S:
        raise InvalidToken("nbf")


def _client(claims: dict[str, Any]) -> str:
    named = {value for name in ("client_id", "azp") if (value := optional_text(claims, name)) is not None}
    if len(named) != 1:
        raise InvalidToken("client_id")
    return named.pop()


def _check_own_name(claims: dict[str, Any], subject: str, client_id: str) -> None:
    """A person's token is as good as their session and has none of its ends and none of its step-up: never here."""
    if any(claims.get(name) for name in OF_A_LOGIN):
        raise InvalidToken("person")
    account = KEYCLOAKS_ACCOUNT + client_id.lower()  # Keycloak keeps user names in small letters
    if subject != client_id and claims.get("preferred_username") != account:
        raise InvalidToken("person")


def _text(claims: dict[str, Any], name: str) -> str:
    value = optional_text(claims, name)
    if value is None:
        raise InvalidToken(name)
    return value
