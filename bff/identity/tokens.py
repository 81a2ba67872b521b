"""Whether a token of the provider proves a login or a logout: strictly, whatever the provider's metadata allow."""

import base64
import hashlib
import hmac
import math
import time
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError

from bff.identity.jwks import RemoteKeys

# Our list, not the provider's, and "none" and the HS family are not in it. Each with the hash of its at_hash.
HASHES = {"ES256": "sha256", "RS256": "sha256", "PS256": "sha256", "ES384": "sha384", "Ed25519": "sha512"}
LEEWAY_S = 10
LOGOUT_LIFE_S = 300
ID_TYPES = ("", "jwt", "id_token+jwt")
LOGOUT_TYPES = ("", "jwt", "logout+jwt")
OTHER_KINDS = ("Bearer", "Refresh", "Offline", "Logout")  # Keycloak's `typ` claim of tokens that are no ID tokens
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


class InvalidToken(Exception):
    """The token was refused; `reason` names the claim or the check that failed."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the provider's token was refused: {reason}")
        self.reason = reason


@dataclass(frozen=True)
class Expected:
    """What an ID token must say. What is None or empty was not asked for and is not checked.

    `subject` is set when the person must be the one already known: at a refresh and at a step-up.
    """

    issuer: str
    client_id: str
    nonce: str | None = None
    access_token: str | None = None
    subject: str | None = None
    acr: tuple[str, ...] = ()
    max_age: int | None = None


@dataclass(frozen=True)
class LogoutNotice:
    """What a logout token tells: the end of one provider session, or, without `sid`, of all of a subject's."""

    token_id: str
    subject: str | None
    sid: str | None


def verify_id_token(raw: str, keys: RemoteKeys, expected: Expected) -> dict[str, Any]:
    """The claims of an ID token (OpenID Connect Core 3.1.3.7). Raises InvalidToken, or KeysUnavailable."""
    token = _decode(raw, keys, ID_TYPES, expected.issuer)
    claims = token.claims
    # With the same keys the provider signs other things; none of them may pass for an ID token.
    if "events" in claims or claims.get("typ") in OTHER_KINDS:
        raise InvalidToken("typ")
    _check_audience(claims, expected.client_id)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise InvalidToken("sub")
    if expected.subject is not None and subject != expected.subject:
        raise InvalidToken("sub")
    if expected.nonce is not None and not _same(claims.get("nonce"), expected.nonce):
        raise InvalidToken("nonce")
    if expected.access_token is not None and "at_hash" in claims:
        wanted = access_token_hash(expected.access_token, str(token.header["alg"]))
        if not _same(claims["at_hash"], wanted):
            raise InvalidToken("at_hash")
    _check_strength(claims, expected)
    return claims


def verify_logout_token(raw: str, keys: RemoteKeys, issuer: str, client_id: str) -> LogoutNotice:
    """What a logout token tells (Back-Channel Logout 1.0, 2.6). The caller sees to it that each is used once."""
    claims = _decode(raw, keys, LOGOUT_TYPES, issuer).claims
    _check_audience(claims, client_id)
    if "nonce" in claims:
        raise InvalidToken("nonce")
    if time_of(claims, "iat") < time.time() - LOGOUT_LIFE_S:
        raise InvalidToken("iat")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise InvalidToken("events")
    token_id, subject, sid = (optional_text(claims, name) for name in ("jti", "sub", "sid"))
    if token_id is None:
        raise InvalidToken("jti")
    if subject is None and sid is None:
        raise InvalidToken("sub")
    return LogoutNotice(token_id, subject, sid)


def access_token_hash(access_token: str, algorithm: str) -> str:
    """The at_hash of an access token: the left half of its hash, base64url (OpenID Connect Core 3.1.3.6)."""
    digest = hashlib.new(HASHES[algorithm], access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")


def _decode(raw: str, keys: RemoteKeys, types: tuple[str, ...], issuer: str) -> jwt.Token:
    try:
        token = keys.decode(raw, list(HASHES))
    except (JoseError, ValueError) as error:
        raise InvalidToken("signature") from error
    if str(token.header.get("typ", "")).lower() not in types:
        raise InvalidToken("typ")
    if token.claims.get("iss") != issuer:
        raise InvalidToken("iss")
    now = time.time()
    if time_of(token.claims, "exp") <= now - LEEWAY_S:
        raise InvalidToken("exp")
    if time_of(token.claims, "iat") > now + LEEWAY_S:
        raise InvalidToken("iat")
    if "nbf" in token.claims and time_of(token.claims, "nbf") > now + LEEWAY_S:
        raise InvalidToken("nbf")
    return token


def _check_audience(claims: dict[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    if not isinstance(audiences, list) or client_id not in audiences:
        raise InvalidToken("aud")
    # With more than one audience the token must say that it was issued to us.
    if ("azp" in claims or len(audiences) > 1) and claims.get("azp") != client_id:
        raise InvalidToken("azp")


def _check_strength(claims: dict[str, Any], expected: Expected) -> None:
    if expected.acr and claims.get("acr") not in expected.acr:
        raise InvalidToken("acr")
    if expected.max_age is not None:
        signed_in, now = time_of(claims, "auth_time"), time.time()
        if not now - expected.max_age - LEEWAY_S <= signed_in <= now + LEEWAY_S:
            raise InvalidToken("auth_time")


def time_of(claims: dict[str, Any], name: str) -> float:
    """A claim in seconds since 1970. Raises InvalidToken for anything else."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidToken(name)
    return value


def optional_text(claims: dict[str, Any], name: str) -> str | None:
    """A claim that may be left out, but is never empty. Raises InvalidToken for anything else."""
    value = claims.get(name)
    if value is not None and (not isinstance(value, str) or not value):
        raise InvalidToken(name)
    return value


def _same(given: object, wanted: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), wanted.encode())
