"""Logins that are under way: each is kept for ten minutes, opens only in the browser that began it, and only once."""

import dataclasses
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any

from bff.identity.cookies import LOGIN_LIFE_S
from bff.identity.provider import Demand, Secrets
from bff.identity.sessions import Record, Session, Sessions
from bff.identity.ticket import Ticket


@dataclass(frozen=True)
class Attempt:
    """What must be known when the browser comes back. `sid` and `csrf` are those of the session it replaces, if any.

    `subject` is set at a step-up: then only the same person may come back.
    """

    nonce: str
    verifier: str
    back_to: str
    demand: Demand
    sid: str | None = None
    csrf: str | None = None
    subject: str | None = None

    @classmethod
    def to(cls, back_to: str, demand: Demand, session: Session | None) -> "Attempt":
        """A new login that leads back to a path of ours; with a demand it keeps to the session's person."""
        nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        if session is None:
            return cls(nonce, verifier, back_to, demand)
        # The browser does not send its Strict cookie on the way back, so the session it replaces is noted here.
        if not demand:
            return cls(nonce, verifier, back_to, demand, sid=session.sid)
        return cls(nonce, verifier, back_to, demand, session.sid, session.csrf, session.subject)


class Attempts:
    """Attempts in the session store, each under a ticket of its own: `state` is its id, the cookie adds the key."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def begin(self, attempt: Attempt) -> tuple[Ticket, Secrets]:
        """Keep an attempt; answers the browser's ticket and the three values for the provider."""
        ticket = Ticket.new()
        ends_at = self._sessions.clock() + LOGIN_LIFE_S
        sealed = ticket.seal(json.dumps(dataclasses.asdict(attempt)).encode())
        self._sessions.store.put(_name(ticket), Record(sealed, ends_at, ends_at))
        return ticket, Secrets(ticket.id, attempt.nonce, attempt.verifier)

    def take(self, cookie: str, state: str) -> Attempt | None:
        """The attempt of a cookie and the state that came back, for the first who asks; None for anyone else."""
        ticket = Ticket.of(cookie)
        if ticket is None or not hmac.compare_digest(ticket.id.encode(), state.encode()):
            return None
        record = self._sessions.store.take(_name(ticket))
        if record is None or record.over(self._sessions.clock()):
            return None
        value = ticket.open(record.value)
        if value is None:
            return None
        fields: dict[str, Any] = json.loads(value)
        demand = Demand(tuple(fields["demand"]["acr"]), fields["demand"]["max_age"])
        return Attempt(**fields | {"demand": demand})


def _name(ticket: Ticket) -> str:
    # Apart from the sessions' names: a login's cookie must not be taken for a session's.
    return f"login:{ticket.name}"
