"""How a login becomes a session and how a session ends: our half of OpenID Connect, without a word of HTTP."""

import secrets
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import structlog

from bff.identity.attempts import Attempt, Attempts
from bff.identity.freshness import Freshness
from bff.identity.jwks import KeysUnavailable
from bff.identity.metadata import ProviderUnavailable
from bff.identity.provider import Demand, Provider, ProviderRefused
from bff.identity.sessions import Session, Sessions, SessionStore, Tokens
from bff.identity.sessions_sqlite import SqliteSessions
from bff.identity.ticket import Ticket
from bff.identity.tokens import Expected, InvalidToken, verify_id_token, verify_logout_token
from bff.settings import Settings

SEEN_LOGOUT_S = 900.0  # longer than a logout token may be old
TROUBLES = ("server_error", "temporarily_unavailable")  # the provider's own, not a word on the person
log = structlog.get_logger()


class Obstacle(StrEnum):
    """Why a login did not lead to a session; the value is the reference that support may ask for."""

    NOT_STARTED = "login-not-started"
    DECLINED = "provider-declined"
    UNTRUSTED = "answer-not-trusted"
    TOO_WEAK = "sign-in-too-weak"
    OTHER_PERSON = "other-person"
    UNREACHABLE = "provider-unreachable"


class LoginFailed(Exception):
    """A login ended at an obstacle; `back_to` is where the person wanted to go, `subject` who stepped up."""

    def __init__(self, obstacle: Obstacle, back_to: str = "/", subject: str | None = None) -> None:
        super().__init__(obstacle.value)
        self.obstacle, self.back_to, self.subject = obstacle, back_to, subject


def open_store(redis_url: str, state_dir: Path, app_name: str) -> SessionStore:
    """The session store: Redis where one is named, else a file in the app's state folder."""
    if redis_url:
        from bff.identity.sessions_redis import RedisSessions  # here: 8 MB that only an app with Redis needs

        return RedisSessions(redis_url, f"bizops:{app_name}")
    return SqliteSessions(state_dir / "sessions.sqlite")


class RelyingParty:
    """One app as a client of its OpenID provider."""

    def __init__(self, provider: Provider, sessions: Sessions, least: tuple[str, ...] = ()) -> None:
        self.provider, self.sessions = provider, sessions
        self._least = least  # of these `acr` values every sign-in has one, where there are any
        self.attempts, self.freshness = Attempts(sessions), Freshness(provider, sessions)

    @classmethod
    def of(cls, settings: Settings, app_name: str) -> "RelyingParty":
        """The relying party that the settings describe."""
        provider = Provider(
            settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret, settings.base_url
        )
        store = open_store(settings.redis_url, settings.state_dir, app_name)
        sessions = Sessions(store, settings.idle_minutes * 60, settings.session_hours * 3600)
        return cls(provider, sessions, tuple(settings.sign_in_acr.split()))

    def begin(self, back_to: str, demand: Demand, session: Session | None) -> tuple[str, Ticket]:
        """Where to send the browser, and the ticket it keeps meanwhile. Raises LoginFailed."""
        ticket, values = self.attempts.begin(Attempt.to(back_to, demand, session))
        try:
            return self.provider.authorization_url(values, Demand(demand.acr or self._least, demand.max_age)), ticket
        except ProviderUnavailable as error:
            raise LoginFailed(Obstacle.UNREACHABLE, back_to) from error
        except ProviderRefused as error:
            raise LoginFailed(Obstacle.DECLINED, back_to) from error

    def complete(self, answer: Mapping[str, str], cookie: str) -> tuple[Ticket, str]:
        """The new session for an authorisation response, and the path to go back to. Raises LoginFailed."""
        attempt = self.attempts.take(cookie, answer.get("state", ""))
        if attempt is None:
            raise LoginFailed(Obstacle.NOT_STARTED)
        try:
            session = self._session_from(answer, attempt)
        except InvalidToken as error:
            log.warning("id_token_refused", reason=error.reason)
            raise LoginFailed(self._obstacle(error, attempt), attempt.back_to, attempt.subject) from error
        except ProviderRefused as error:
            log.warning("login_refused_by_provider", code=error.code[:80])
            met = Obstacle.UNREACHABLE if error.code in TROUBLES else Obstacle.DECLINED
            raise LoginFailed(met, attempt.back_to, attempt.subject) from error
        except (ProviderUnavailable, KeysUnavailable) as error:
            log.warning("login_not_completed", problem=str(error))
            raise LoginFailed(Obstacle.UNREACHABLE, attempt.back_to) from error
        if attempt.sid:
            self.sessions.end(attempt.sid)
        ticket, kept = self.sessions.begin(session)
        log.info("signed_in", subject=kept.subject, session=kept.sid[:12], acr=kept.acr, step_up=bool(attempt.demand))
        return ticket, attempt.back_to

    def end(self, session: Session) -> None:
        """End a session here at once, then make its refresh token worthless at the provider."""
        self.sessions.end(session.sid)
        log.info("signed_out", subject=session.subject, session=session.sid[:12])
        if session.tokens.refresh_token:
            try:
                self.provider.revoke(session.tokens.refresh_token)
            except (ProviderUnavailable, ProviderRefused) as error:
                log.warning("refresh_token_not_revoked", problem=str(error))

    def end_by_notice(self, logout_token: str) -> tuple[str | None, int]:
        """End what a back-channel logout names; answers whose, if told, and how many sessions.

        Raises InvalidToken or KeysUnavailable.
        """
        issuer = self.provider.issuer
        notice = verify_logout_token(logout_token, self.provider.keys, issuer, self.provider.client_id)
        if not self.sessions.once(f"logout:{notice.token_id}", SEEN_LOGOUT_S):
            raise InvalidToken("jti")
        if notice.sid:
            ended = self.sessions.end_provider_session(issuer, notice.sid)
        else:
            ended = self.sessions.end_subject(issuer, str(notice.subject))
        log.info("signed_out_by_provider", subject=notice.subject, sessions=ended)
        return notice.subject, ended

    def _session_from(self, answer: Mapping[str, str], attempt: Attempt) -> Session:
        # RFC 9207: the answer of another provider must not be redeemed at ours.
        named = answer.get("iss")
        if named is not None and named != self.provider.issuer:
            raise LoginFailed(Obstacle.UNTRUSTED, attempt.back_to)
        if "error" in answer:
            raise ProviderRefused(answer["error"])
        if (named is None and self.provider.signs_its_answers()) or not answer.get("code"):
            raise LoginFailed(Obstacle.UNTRUSTED, attempt.back_to)
        tokens = self.provider.exchange(answer["code"], attempt.verifier)
        expected = Expected(
            issuer=self.provider.issuer,
            client_id=self.provider.client_id,
            nonce=attempt.nonce,
            access_token=tokens.access_token,
            subject=attempt.subject,
            acr=attempt.demand.acr,
            max_age=attempt.demand.max_age,
        )
        claims = verify_id_token(tokens.id_token, self.provider.keys, expected)
        # Also beside a demand: that one is in an address, which anybody may write.
        if self._least and claims.get("acr") not in self._least:
            raise InvalidToken("acr")
        return self._session(claims, tokens, attempt)

    def _session(self, claims: dict[str, Any], tokens: Tokens, attempt: Attempt) -> Session:
        person = self._person(claims, tokens)
        username = str(person.get("preferred_username") or claims["sub"])
        auth_time = claims.get("auth_time")
        amr = claims.get("amr")
        return Session(
            issuer=self.provider.issuer,
            subject=claims["sub"],
            name=str(person.get("name") or username),
            username=username,
            email=str(person["email"]) if person.get("email") else None,
            provider_sid=str(claims["sid"]) if claims.get("sid") else None,
            # At a step-up the person's other tabs go on working: their forms hold the token of the session replaced.
            csrf=attempt.csrf or secrets.token_urlsafe(24),
            acr=str(claims["acr"]) if claims.get("acr") else None,
            amr=tuple(str(way) for way in amr) if isinstance(amr, list) else (),
            auth_time=int(auth_time) if isinstance(auth_time, int | float) else None,
            created=self.sessions.clock(),
            tokens=tokens,
        )

    def _person(self, claims: dict[str, Any], tokens: Tokens) -> dict[str, Any]:
        if "name" in claims and "preferred_username" in claims:
            return claims
        told = self.provider.userinfo(tokens.access_token)
        # OpenID Connect Core 5.3.2: an answer about somebody else must not be used.
        if told and told.get("sub") != claims["sub"]:
            raise InvalidToken("userinfo")
        return told | claims

    def _obstacle(self, error: InvalidToken, attempt: Attempt) -> Obstacle:
        if (attempt.demand or self._least) and error.reason in ("acr", "auth_time"):
            return Obstacle.TOO_WEAK
        return Obstacle.OTHER_PERSON if attempt.subject and error.reason == "sub" else Obstacle.UNTRUSTED
