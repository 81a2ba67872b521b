"""What a code or refresh token is still good for: each works once, and a second use ends everything it led to."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.provider.authorization import Asked
from sandbox.provider.errors import Refused
from sandbox.provider.sessions import Session
from sandbox.provider.store import Clock, Store

CODE_LIFE = 60
REFRESH_LIFE = 10 * 3600


@dataclass(frozen=True)
class Grant:
    """What one sign-in allowed one client. `sid` is empty when a client speaks for itself."""

    client_id: str
    scope: tuple[str, ...]
    resources: tuple[str, ...]
    sid: str = ""
    nonce: str = ""
    grant_id: str = field(default_factory=lambda: secrets.token_urlsafe(12))


class Grants:
    """Codes, refresh tokens and the grants behind them, in the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def code(self, asked: Asked, session: Session) -> str:
        """A code for the request, to be redeemed once within a minute."""
        grant = self.open(Grant(asked.client.client_id, asked.scope, asked.resources, session.sid, asked.nonce))
        code, now = secrets.token_urlsafe(32), self._clock()
        entry = {"grant": asdict(grant), "redirect_uri": asked.redirect_uri, "challenge": asked.challenge}
        # A used code stays known for as long as what it led to, so that its second use is noticed.
        self._store.put("code", code, entry | {"until": now + CODE_LIFE, "used": False}, now + REFRESH_LIFE)
        return code

    def open(self, grant: Grant) -> Grant:
        """Let a new grant live until it is revoked or its refresh tokens would have run out."""
        self._store.put("grant", grant.grant_id, {}, self._clock() + REFRESH_LIFE)
        return grant

    def redeem(self, code: str, client_id: str, redirect_uri: str, verifier: str) -> Grant:
        """The grant behind a code. Raises Refused; a wrong verifier also spends the code."""
        with self._store.locked():
            entry = self._store.get("code", code)
            if entry is None or entry["grant"]["client_id"] != client_id or entry["redirect_uri"] != redirect_uri:
                raise Refused("invalid_grant", "the code is unknown, or was given to another client or address")
            if entry["used"]:
                self.revoke(entry["grant"]["grant_id"])
                raise Refused("invalid_grant", "the code was used before; its tokens are revoked")
            self._store.change("code", code, used=True)
        if self._clock() > entry["until"]:
            raise Refused("invalid_grant", "the code has expired")
        if not hmac.compare_digest(challenge_of(verifier), entry["challenge"]):
            raise Refused("invalid_grant", "code_verifier does not match the code_challenge")
        return _grant(entry["grant"])

    def refresh_token(self, grant: Grant) -> str:
        """A new refresh token of the grant."""
        token = secrets.token_urlsafe(32)
        self._store.put("refresh", token, {"grant": asdict(grant), "used": False}, self._clock() + REFRESH_LIFE)
        return token

    def rotate(self, token: str, client_id: str) -> Grant:
        """The grant behind a refresh token, which is spent. Raises Refused; a second use revokes the grant."""
        with self._store.locked():
            grant = self.behind(token, client_id)
            entry = self._store.get("refresh", token)
            if grant is None or entry is None or not self.alive(grant.grant_id):
                raise Refused("invalid_grant", "the refresh token is unknown, expired or revoked")
            if entry["used"]:
                self.revoke(grant.grant_id)
                raise Refused("invalid_grant", "the refresh token was used before; its family is revoked")
            self._store.change("refresh", token, used=True)
        return grant

    def behind(self, token: str, client_id: str) -> Grant | None:
        """The grant that a refresh token of this client belongs to, used or not."""
        entry = self._store.get("refresh", token)
        grant = _grant(entry["grant"]) if entry else None
        return grant if grant and grant.client_id == client_id else None

    def alive(self, grant_id: str) -> bool:
        """Whether the grant has not been revoked."""
        return self._store.get("grant", grant_id) is not None

    def revoke(self, grant_id: str) -> None:
        """End a grant and all its tokens."""
        self._store.delete("grant", grant_id)


def challenge_of(verifier: str) -> str:
    """The S256 code challenge of a code verifier (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _grant(entry: dict[str, Any]) -> Grant:
    return Grant(**{**entry, "scope": tuple(entry["scope"]), "resources": tuple(entry["resources"])})
