"""Decides for how long a session that was just read is believed: a second, and not beyond any end heard of here."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask

from bff.access.rights import Access, Rights
from bff.identity.current import EXTENSION, current_session
from bff.identity.principal import Identity
from bff.identity.sessions import Session, Sessions
from bff.web.guard import Guard
from bff.web.locale import language

BELIEVED_SECONDS: Final = 1.0
RENEWED_SECONDS: Final = 0.5  # after so many one request reads anew, and the others need not wait for it
LARGEST: Final = 1_000
# All of a request that tells whose it is, and in which language and coding they want their answer.
TELLING: Final = ("HTTP_COOKIE", "HTTP_ACCEPT_LANGUAGE", "HTTP_ACCEPT_ENCODING")


@dataclass(slots=True)
class Visitor:
    """Whose requests with these very headers are, as the code that every request passes has found out."""

    coding: str  # Accept-Encoding
    language: str
    session: Session
    rights: Rights
    identity: Identity
    ended: int  # how many endings of sessions had been heard of
    until: float
    claimed: bool = False  # by the request that reads anew


class Visitors:
    """Visitors by the headers that they send, to the byte: anything changed in them is somebody not met yet."""

    def __init__(self, app: Flask, clock: Callable[[], float] = time.monotonic) -> None:
        self._sessions: Sessions = app.extensions[EXTENSION].party.sessions
        self._access: Access = app.extensions["portal_access"]
        self._guard: Guard = app.extensions["portal_guard"]
        self._clock = clock
        self._known: dict[tuple[str, ...], Visitor] = {}

    def known(self, environ: Mapping[str, Any]) -> Visitor | None:
        """Whoever asks, if neither their session nor their rights have to be read."""
        visitor = self._known.get(_key(environ))
        if visitor is None or not self._holds(visitor):
            return None
        if not visitor.claimed and self._clock() > visitor.until - RENEWED_SECONDS:
            visitor.claimed = True
            return None
        return visitor if self._access.remembered(visitor.session.subject) is visitor.rights else None

    def of_request(self, environ: Mapping[str, Any]) -> Visitor | None:
        """Whoever asks, in the context of their request; None for nobody. Raises StoreUnavailable."""
        key = _key(environ)
        visitor = self._known.get(key)
        if visitor is None or visitor.claimed or not self._holds(visitor):
            return self._meet(key)
        rights = self._access.rights(visitor.session.subject)
        return visitor if rights is visitor.rights else self._meet(key)

    def _holds(self, visitor: Visitor) -> bool:
        return visitor.until > self._clock() and visitor.ended == self._sessions.ended

    def _meet(self, key: tuple[str, ...]) -> Visitor | None:
        # Both are taken before the store is asked: an ending meanwhile must not be missed.
        until, ended = self._clock() + BELIEVED_SECONDS, self._sessions.ended
        session = current_session()
        if session is None:
            self._known.pop(key, None)
            return None
        rights = self._access.renewed(session.subject)
        identity, before = self._guard.of_session(session), self._known.get(key)
        if before is not None and before.identity == identity:
            identity = before.identity  # what is remembered of it is found without comparing every fact of it
        met = Visitor(key[-1], language(), session, rights, identity, ended, until)
        if len(self._known) >= LARGEST:
            self._known.clear()
        self._known[key] = met
        return met


def _key(environ: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple([environ.get(name, "") for name in TELLING])
