"""What several tests of identity build on: a clock to set, keys, sample sessions and identities."""

import time
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from bff.identity.jwks import RemoteKeys
from bff.identity.principal import Identity
from bff.identity.sessions import Session, Tokens

ISSUER = "https://provider.example"
CLIENT = "portal"


class Clock:
    """A clock that runs on the machine's, put forward by hand."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        """Seconds since 1970, as this clock has them."""
        return time.time() + self.ahead


class Signer:
    """A provider's signing key, and the tokens it makes."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", auto_kid=True)
        self.asked = 0

    def jwks(self) -> dict[str, Any]:
        """The public key set; counts how often it was asked for."""
        self.asked += 1
        return dict(KeySet([self.key]).as_dict(private=False))

    def keys(self) -> RemoteKeys:
        """The key set as a verifier sees it."""
        return RemoteKeys(self.jwks)

    def token(self, claims: dict[str, Any], key: ECKey | None = None, **header: Any) -> str:
        """A token of these claims. `key` signs in place of the real one, under its name."""
        named = {"alg": "ES256", "kid": self.key.kid, **header}
        return jwt.encode(named, claims, key or self.key, algorithms=["ES256"])


def id_claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good ID token; a change to None leaves the claim out."""
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": "u-1", "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": "n", "auth_time": now}
    return {name: value for name, value in (claims | changes).items() if value is not None}


def session(**changes: Any) -> Session:
    """A session of one Olivia, whose tokens hold for five minutes."""
    tokens = Tokens("access-1", "refresh-1", "id-token-1", "openid", time.time() + 300)
    values: dict[str, Any] = {
        "issuer": ISSUER, "subject": "u-olivia", "name": "Olivia Okello", "username": "olivia",
        "email": "olivia@example.com", "provider_sid": "provider-session-1", "csrf": "csrf-token-1", "acr": "pwd",
        "amr": ("pwd",), "auth_time": int(time.time()), "created": time.time(), "tokens": tokens,
    } | changes  # fmt: skip
    return Session(**values)


def identity(**changes: Any) -> Identity:
    """An operator's identity."""
    values: dict[str, Any] = {
        "subject": "u-olivia", "name": "Olivia Okello", "username": "olivia", "participants": frozenset(), "hub": True,
        "permissions": frozenset({"settlement:window:view", "users:user:view"}), "roles": ("operator",),
        "csrf": "csrf-token-1", "session": "5e551005", "acr": "pwd", "auth_time": 1_700_000_000, "amr": ("pwd",),
    } | changes  # fmt: skip
    return Identity(**values)
