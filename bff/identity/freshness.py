"""Whether a session's tokens still hold, and how they are renewed: by one request at a time, never twice."""

import dataclasses
import time

import structlog

from bff.identity.jwks import KeysUnavailable
from bff.identity.metadata import ProviderUnavailable
from bff.identity.provider import Provider, ProviderRefused
from bff.identity.sessions import Session, Sessions
from bff.identity.ticket import Ticket
from bff.identity.tokens import Expected, InvalidToken, verify_id_token

AHEAD_S = 30.0
PAUSE_S = 5.0  # after a provider that did not answer, so that requests do not queue up behind its timeout
log = structlog.get_logger()


class Freshness:
    """Keeps sessions in step with the provider: a refresh that it refuses ends the session here too.

    A provider may revoke the whole family of tokens when one refresh token is used twice, so the lock is what keeps
    people signed in. While it cannot be reached, a session lives on as long as its access token. Where it issues no
    refresh token, only the session's own ends count.
    """

    def __init__(self, provider: Provider, sessions: Sessions) -> None:
        self._provider, self._sessions = provider, sessions
        self._silent_until = 0.0

    def living(self, ticket: Ticket, *, slide: bool) -> Session | None:
        """The session of a ticket, its tokens renewed when they are about to end. `slide` as in `Sessions.find`."""
        session = self._sessions.find(ticket, slide=slide)
        if session is None or not session.tokens.refresh_token or not self._due(session):
            return session
        if time.monotonic() >= self._silent_until:
            # While the access token lives nobody waits: one request renews, the others go on with what they have.
            with self._sessions.lock(session.sid, wait=self._over(session)) as held:
                session = self._sessions.find(ticket, slide=False)
                if held and session is not None and self._due(session):
                    session = self._renewed(ticket, session)
        return None if session is None or self._over(session) else session

    def _renewed(self, ticket: Ticket, session: Session) -> Session | None:
        try:
            tokens = self._provider.refresh(session.tokens)
            if tokens.id_token != session.tokens.id_token:
                # OpenID Connect Core 12.2: the same person, from the same provider, for us.
                provider, access = self._provider, tokens.access_token
                expected = Expected(provider.issuer, provider.client_id, access_token=access, subject=session.subject)
                verify_id_token(tokens.id_token, provider.keys, expected)
        except ProviderRefused as error:
            # Anything but invalid_grant is a trouble of ours with the provider, not its word on this session.
            return self._ended(session, error.code) if error.code == "invalid_grant" else session
        except InvalidToken as error:
            return self._ended(session, error.reason)
        except (ProviderUnavailable, KeysUnavailable) as error:
            self._silent_until = time.monotonic() + PAUSE_S
            log.warning("tokens_not_renewed", session=session.sid[:12], problem=str(error))
            return session
        fresh = dataclasses.replace(session, tokens=tokens)
        # Not saved means that somebody signed out meanwhile, which a renewal must not undo.
        return fresh if self._sessions.save(ticket, fresh) else None

    def _ended(self, session: Session, reason: str) -> Session | None:
        self._sessions.end(session.sid)
        log.info("session_ended_by_provider", subject=session.subject, session=session.sid[:12], reason=reason)
        return None

    def _due(self, session: Session) -> bool:
        return session.tokens.expires_at - self._sessions.clock() < AHEAD_S

    def _over(self, session: Session) -> bool:
        return session.tokens.expires_at <= self._sessions.clock()
