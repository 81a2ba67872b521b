"""Who is signed in, kept on the server: found by a ticket, ended by idleness, by age, by logout or by the provider."""

import contextlib
import dataclasses
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from bff.identity.ticket import Ticket

LOCK_TTL_S = 15.0  # longer than the token request it protects may take
LOCK_WAIT_S = 10.0
_LOCK_POLL_S = 0.02
_SLIDE_STEPS = 60  # activity is written down at most every sixtieth of the idle time


@dataclass(frozen=True)
class Tokens:
    """What the provider issued. `expires_at` is the access token's end, in seconds since 1970."""

    access_token: str = dataclasses.field(repr=False)
    refresh_token: str | None = dataclasses.field(repr=False)
    id_token: str = dataclasses.field(repr=False)
    scope: str
    expires_at: float


@dataclass(frozen=True)
class Session:
    """One person signed in with one browser. The key of a person is (issuer, subject), never a name.

    `sid` names the session in logs and assertions and does not open it; `provider_sid` is the provider's own.
    """

    issuer: str
    subject: str
    name: str
    username: str
    email: str | None
    provider_sid: str | None
    csrf: str
    acr: str | None
    amr: tuple[str, ...]
    auth_time: int | None
    created: float
    tokens: Tokens
    sid: str = ""

    def as_json(self) -> bytes:
        """The session as the store keeps it, before sealing."""
        return json.dumps(dataclasses.asdict(self), separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, value: bytes) -> "Session":
        """The session of its stored form."""
        fields: dict[str, Any] = json.loads(value)
        return cls(**fields | {"amr": tuple(fields["amr"]), "tokens": Tokens(**fields["tokens"])})


@dataclass(frozen=True)
class Record:
    """What a store keeps under a name: sealed bytes and two ends, in seconds since 1970. `indexes` find it again."""

    value: bytes
    idle_until: float
    ends_at: float
    indexes: tuple[str, ...] = ()

    def over(self, now: float) -> bool:
        """Whether either end has come."""
        return now >= self.idle_until or now >= self.ends_at


class SessionStore(Protocol):
    """Where records live. A store keeps and finds, and may drop what is over; what counts is decided in `Sessions`.

    Every operation is atomic, also against other processes. `rewrite` and `touch` never bring back what was deleted.
    """

    def put(self, name: str, record: Record) -> None:
        """Keep a record, in place of any of the same name."""

    def get(self, name: str) -> Record | None:
        """The record of that name."""

    def take(self, name: str) -> Record | None:
        """The record of that name, deleted in the same step: of two who ask, one gets it."""

    def rewrite(self, name: str, value: bytes) -> bool:
        """Change the value of a record that is there; False when it is gone."""

    def touch(self, name: str, idle_until: float) -> None:
        """Put off the idle end of a record that is there."""

    def delete(self, name: str) -> bool:
        """Delete the record; False when there was none."""

    def delete_indexed(self, index: str) -> int:
        """Delete every record with that index; answers how many."""

    def acquire(self, lock: str, owner: str, ttl: float) -> bool:
        """Take a lock for at most `ttl` seconds; False while another owner holds it."""

    def release(self, lock: str, owner: str) -> None:
        """Give the lock back, if it is still this owner's."""

    def ping(self) -> None:
        """Raise unless the store answers."""

    def close(self) -> None:
        """Let go of files and connections."""


class Sessions:
    """The sessions of one app. `idle` and `life` are in seconds."""

    def __init__(
        self, store: SessionStore, idle: float, lifetime: float, clock: Callable[[], float] = time.time
    ) -> None:
        self.store, self._idle, self._life, self.clock = store, idle, lifetime, clock
        self.ended = 0  # counts what ends sessions in this process: who remembers one looks whether it still may

    def begin(self, session: Session) -> tuple[Ticket, Session]:
        """Keep a new session under an id that nobody has seen before. Any older one is the caller's to end."""
        ticket = Ticket.new()
        kept = dataclasses.replace(session, sid=ticket.name)
        now = self.clock()
        indexes = [index_of("subject", session.issuer, session.subject)]
        if session.provider_sid:
            indexes.append(index_of("sid", session.issuer, session.provider_sid))
        record = Record(ticket.seal(kept.as_json()), now + self._idle, now + self._life, tuple(indexes))
        self.store.put(ticket.name, record)
        return ticket, kept

    def find(self, ticket: Ticket, *, slide: bool = True) -> Session | None:
        """The living session of a ticket. `slide`: the request is a person's act and puts off the idle end."""
        record = self.store.get(ticket.name)
        now = self.clock()
        if record is None:
            return None
        value = None if record.over(now) else ticket.open(record.value)
        if value is None:
            # A wrong key must not end a session: whoever merely knows the id could sign its owner out.
            if record.over(now):
                self.store.delete(ticket.name)
            return None
        if slide and now + self._idle - record.idle_until > self._idle / _SLIDE_STEPS:
            self.store.touch(ticket.name, now + self._idle)
        return Session.from_json(value)

    def left(self, ticket: Ticket) -> float:
        """Seconds until the session of a ticket ends unless its owner does something; zero when there is none."""
        record = self.store.get(ticket.name)
        return max(0.0, min(record.idle_until, record.ends_at) - self.clock()) if record else 0.0

    def save(self, ticket: Ticket, session: Session) -> bool:
        """Keep a changed session; False when it was ended meanwhile, and stays so."""
        return self.store.rewrite(ticket.name, ticket.seal(session.as_json()))

    def end(self, sid: str) -> bool:
        """End one session by its name (`Session.sid`)."""
        self.ended += 1
        return self.store.delete(sid)

    def end_subject(self, issuer: str, subject: str) -> int:
        """End every session of a person; answers how many there were."""
        self.ended += 1
        return self.store.delete_indexed(index_of("subject", issuer, subject))

    def end_provider_session(self, issuer: str, provider_sid: str) -> int:
        """End the sessions that came from one session at the provider."""
        self.ended += 1
        return self.store.delete_indexed(index_of("sid", issuer, provider_sid))

    def once(self, what: str, seconds: float) -> bool:
        """True for the first who asks within so many seconds, False for everyone after."""
        return self.store.acquire(index_of("once", what), secrets.token_hex(16), seconds)

    @contextlib.contextmanager
    def lock(self, sid: str, *, wait: bool) -> Iterator[bool]:
        """Hold the session's lock; yields False when it could not be had (at once, or within ten seconds)."""
        name, owner = f"refresh:{sid}", secrets.token_hex(16)
        held = self.store.acquire(name, owner, LOCK_TTL_S)
        deadline = time.monotonic() + LOCK_WAIT_S
        pause = threading.Event()
        while wait and not held and time.monotonic() < deadline:
            pause.wait(_LOCK_POLL_S)
            held = self.store.acquire(name, owner, LOCK_TTL_S)
        try:
            yield held
        finally:
            if held:
                self.store.release(name, owner)


def index_of(*parts: str) -> str:
    """A name that finds without telling: the store never holds a subject or a provider's session id in the clear."""
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
