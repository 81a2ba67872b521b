"""What the shell tells a micro-frontend of the person who asks: signed, for it alone, for a minute."""

import math
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError

from bff.errors import InvalidIdentity
from bff.identity.jwks import KeysUnavailable, RemoteKeys, fetch_json
from bff.identity.keyring import ALGORITHM, KeyRing
from bff.identity.principal import Identity

HEADER = "Portal-Identity"
JWKS_PATH = "/.well-known/jwks.json"
TYPE = "portal-identity+jwt"
LIFE_S = 60
REUSED_S = 40  # leaves each copy at least twenty seconds to arrive and be checked
LEEWAY_S = 5
CACHE_SIZE = 10_000
LONGEST_HEADER = 16 * 1024


class InvalidAssertion(InvalidIdentity):
    """The assertion does not prove an identity; `reason` names the check that failed."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the identity assertion was refused: {reason}")
        self.reason = reason


def fetch_jwks(shell_url: str) -> dict[str, Any]:
    """The public keys of the shell at this URL. Raises DocumentUnavailable."""
    return fetch_json(shell_url + JWKS_PATH)


class Minter:
    """Signs assertions for one shell, whose base URL is `issuer`."""

    def __init__(self, issuer: str, ring: KeyRing, clock: Callable[[], float] = time.time) -> None:
        self._issuer, self._ring, self._clock = issuer, ring, clock
        self._made: dict[tuple[Identity, str, frozenset[str], str], tuple[float, str]] = {}
        self._lock = threading.Lock()

    def assertion(self, identity: Identity, audience: str, permissions: frozenset[str], version: str = "") -> str:
        """The header value for one micro-frontend. Any change in the person, or in `version`, makes a new one."""
        if identity.machine:
            raise ValueError("the shell speaks for people; a client calls each app itself")
        wanted = (identity, audience, permissions, version)
        now = self._clock()
        made = self._made.get(wanted)
        if made and made[0] > now:
            return made[1]
        signed = self._sign(identity, audience, permissions)
        with self._lock:
            self._made.pop(wanted, None)
            while len(self._made) >= CACHE_SIZE:
                del self._made[next(iter(self._made))]
            self._made[wanted] = (now + REUSED_S, signed)
        return signed

    def _sign(self, identity: Identity, audience: str, permissions: frozenset[str]) -> str:
        now = int(self._clock())
        signer = self._ring.signing_key()
        claims = {
            "iss": self._issuer,
            "aud": audience,
            "iat": now,
            "nbf": now,
            "exp": now + LIFE_S,
            "jti": secrets.token_urlsafe(12),
            "permissions": sorted(permissions),
            **_about(identity),
        }
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": signer.kid}
        return jwt.encode(header, claims, signer.key, algorithms=[ALGORITHM])


def _about(identity: Identity) -> dict[str, Any]:
    return {
        "sub": identity.subject,
        "name": identity.name,
        "username": identity.username,
        "participants": sorted(identity.participants),
        "hub": identity.hub,
        "roles": list(identity.roles),
        "csrf": identity.csrf,
        "sid": identity.session,
        "acr": identity.acr,
        "amr": list(identity.amr),
        "auth_time": identity.auth_time,
    }


class Verifier:
    """Reads assertions of one shell (`issuer`) for one micro-frontend (`audience`)."""

    def __init__(
        self,
        issuer: str,
        audience: str,
        fetch_jwks: Callable[[], Mapping[str, Any]],
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer, self._audience, self._clock = issuer, audience, clock
        self._keys = RemoteKeys(fetch_jwks, ticks)

    def identity(self, value: str) -> Identity:
        """The identity that a header value proves. Raises InvalidAssertion for anything less than a perfect one."""
        if not value or len(value) > LONGEST_HEADER:
            raise InvalidAssertion("size")
        try:
            token = self._keys.decode(value, [ALGORITHM])
        except KeysUnavailable as error:
            raise InvalidAssertion("keys unavailable") from error
        except (JoseError, ValueError) as error:
            raise InvalidAssertion("signature") from error
        if token.header.get("typ") != TYPE or not token.header.get("kid"):
            raise InvalidAssertion("header")
        claims = Claims(token.claims)
        # An audience that is a list would make one assertion good for two micro-frontends.
        if claims.text("iss") != self._issuer or claims.text("aud") != self._audience:
            raise InvalidAssertion("issuer or audience")
        self._check_times(claims)
        claims.text("jti")
        return _identity(claims)

    def _check_times(self, claims: "Claims") -> None:
        now, issued, ends = self._clock(), claims.time("iat"), claims.time("exp")
        if ends <= now - LEEWAY_S:
            raise InvalidAssertion("expired")
        if issued > now + LEEWAY_S or claims.time("nbf") > now + LEEWAY_S:
            raise InvalidAssertion("not yet valid")
        if ends - issued > LIFE_S + LEEWAY_S:
            raise InvalidAssertion("lifetime")


def _identity(claims: "Claims") -> Identity:
    return Identity(
        subject=claims.text("sub"),
        name=claims.text("name"),
        username=claims.text("username"),
        participants=frozenset(claims.texts("participants")),
        hub=claims.flag("hub"),
        permissions=frozenset(claims.texts("permissions")),
        roles=claims.texts("roles"),
        csrf=claims.text("csrf"),
        session=claims.text("sid"),
        acr=claims.text("acr") if claims.given("acr") else None,
        auth_time=int(claims.time("auth_time")) if claims.given("auth_time") else None,
        amr=claims.texts("amr"),
    )


class Claims:
    """The claims of a token, each asked for by its type. Raises InvalidAssertion, naming the claim, for any other."""

    def __init__(self, claims: Mapping[str, Any]) -> None:
        self._claims = claims

    def given(self, name: str) -> bool:
        """Whether the claim is there and not null."""
        return self._claims.get(name) is not None

    def text(self, name: str) -> str:
        """A string that is not empty."""
        value = self._claims.get(name)
        if not isinstance(value, str) or not value:
            raise InvalidAssertion(name)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings, which may be empty but not absent."""
        value = self._claims.get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise InvalidAssertion(name)
        return tuple(value)

    def flag(self, name: str) -> bool:
        """True or false, and nothing that merely looks like it."""
        value = self._claims.get(name)
        if not isinstance(value, bool):
            raise InvalidAssertion(name)
        return value

    def time(self, name: str) -> float:
        """Seconds since 1970."""
        value = self._claims.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InvalidAssertion(name)
        return value
