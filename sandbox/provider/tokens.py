"""What each token says: ID token (OpenID Connect Core 2), access token (RFC 9068), logout token."""

import base64
import hashlib
import secrets
from typing import Any

from sandbox.provider.grants import Grant
from sandbox.provider.keys import Signer
from sandbox.provider.people import Person
from sandbox.provider.sessions import Session
from sandbox.provider.store import Clock

ID_TOKEN, ACCESS_TOKEN, LOGOUT_TOKEN = "JWT", "at+jwt", "logout+jwt"
ID_TOKEN_LIFE = 300
ACCESS_TOKEN_LIFE = 300
LOGOUT_TOKEN_LIFE = 120
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


def claims_about(person: Person, scope: tuple[str, ...]) -> dict[str, Any]:
    """What the scopes let a client know of a person."""
    claims: dict[str, Any] = {"sub": person.subject}
    if "profile" in scope:
        claims |= {"name": person.name, "preferred_username": person.username}
    if "email" in scope:
        claims |= {"email": person.email, "email_verified": True}
    return claims


class Tokens:
    """Makes the tokens of one issuer and recognises its access tokens."""

    def __init__(self, issuer: str, signer: Signer, clock: Clock) -> None:
        self.issuer = issuer
        self.signer = signer
        self._clock = clock

    def id_token(self, grant: Grant, person: Person, session: Session, access_token: str) -> str:
        """An ID token for the grant's client, with its nonce when it has one (a refreshed token has none)."""
        claims = {
            **self._dated(ID_TOKEN_LIFE),
            **claims_about(person, grant.scope),
            **self._sign_in(session),
            "aud": grant.client_id,
            "sid": session.sid,
            "at_hash": _half_hash(access_token),
            **({"nonce": grant.nonce} if grant.nonce else {}),
        }
        return self.signer.sign(claims, ID_TOKEN)

    def access_token(self, grant: Grant, session: Session | None) -> str:
        """An access token for the grant's resources, or for the provider itself when it names none."""
        audiences = [*([self.issuer] if "openid" in grant.scope else []), *grant.resources] or [self.issuer]
        claims = {
            **self._dated(ACCESS_TOKEN_LIFE),
            "sub": session.subject if session else grant.client_id,
            "aud": audiences if len(audiences) > 1 else audiences[0],
            "client_id": grant.client_id,
            "scope": " ".join(grant.scope),
            "jti": secrets.token_urlsafe(16),
            "grant": grant.grant_id,
            **({**self._sign_in(session), "sid": session.sid} if session else {}),
        }
        return self.signer.sign(claims, ACCESS_TOKEN)

    def logout_token(self, session: Session, client_id: str) -> str:
        """A logout token that tells one client of the end of a session."""
        claims = {
            **self._dated(LOGOUT_TOKEN_LIFE),
            "sub": session.subject,
            "sid": session.sid,
            "aud": client_id,
            "jti": secrets.token_urlsafe(16),
            "events": {LOGOUT_EVENT: {}},
        }
        return self.signer.sign(claims, LOGOUT_TOKEN)

    def read_access_token(self, token: str, audiences: frozenset[str]) -> dict[str, Any] | None:
        """The claims of an access token of ours that is in time and meant for one of `audiences`; else None."""
        claims = self.signer.read(token, ACCESS_TOKEN)
        if claims is None or claims["iss"] != self.issuer or claims["exp"] <= self._clock():
            return None
        meant_for = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        return claims if audiences.intersection(meant_for) else None

    def _dated(self, life: int) -> dict[str, Any]:
        now = int(self._clock())
        return {"iss": self.issuer, "iat": now, "exp": now + life}

    @staticmethod
    def _sign_in(session: Session) -> dict[str, Any]:
        return {"auth_time": session.auth_time, "acr": session.acr, "amr": list(session.amr)}


def _half_hash(token: str) -> str:
    digest = hashlib.sha256(token.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")
