"""Who is signed in at the provider in which browser, how and since when, and at which applications."""

import secrets
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.provider.authorization import MULTIPLE, PASSWORD, Asked
from sandbox.provider.people import Person
from sandbox.provider.store import Clock, Store

LIFE = 10 * 3600


@dataclass(frozen=True)
class Session:
    """One sign-in. `sid` stays the same through a step-up; the browser's cookie does not."""

    sid: str
    subject: str
    auth_time: int
    acr: str
    amr: tuple[str, ...]
    clients: tuple[str, ...] = ()

    def suffices(self, asked: Asked, now: float) -> bool:
        """Whether this sign-in is recent and strong enough for the request (a max_age of 0 asks for a new one)."""
        recent = asked.max_age is None or (asked.max_age > 0 and now - self.auth_time <= asked.max_age)
        strong = self.acr == MULTIPLE or not asked.second_factor
        return recent and strong and not asked.prompts & {"login", "select_account"}


class Sessions:
    """The sessions, in the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def begin(self, person: Person, second_factor: bool, current: Session | None) -> Session:
        """A session for somebody who has just proved who they are; goes on with `current` when it is theirs."""
        own = current if current and current.subject == person.subject else None
        session = Session(
            sid=own.sid if own else secrets.token_urlsafe(24),
            subject=person.subject,
            auth_time=int(self._clock()),
            acr=MULTIPLE if second_factor else PASSWORD,
            amr=("pwd", "otp", "mfa") if second_factor else ("pwd",),
            clients=own.clients if own else (),
        )
        self._store.put("session", session.sid, asdict(session), self._clock() + LIFE)
        return session

    def give_cookie(self, session: Session, old: str) -> str:
        """A new cookie value for the browser of this session; the `old` one is worth nothing from now on."""
        value = secrets.token_urlsafe(32)
        self._store.delete("browser", old)
        self._store.put("browser", value, {"sid": session.sid}, self._clock() + LIFE)
        return value

    def of_browser(self, cookie: str) -> Session | None:
        """The session of the browser that shows this cookie."""
        entry = self._store.get("browser", cookie)
        return self.get(entry["sid"]) if entry else None

    def get(self, sid: str) -> Session | None:
        """The session with this id, unless it has ended."""
        entry = self._store.get("session", sid)
        return _session(entry) if entry else None

    def of_subject(self, subject: str) -> list[Session]:
        """All sessions of one person."""
        return [_session(entry) for entry in self._store.every("session") if entry["subject"] == subject]

    def visit(self, session: Session, client_id: str) -> None:
        """Remember that the session has been used at an application, which must hear of its end."""
        clients = sorted({*session.clients, client_id})
        self._store.change("session", session.sid, clients=clients)

    def end(self, session: Session) -> None:
        """Forget the session: its cookie and its refresh tokens are worth nothing from now on."""
        self._store.delete("session", session.sid)


def _session(entry: dict[str, Any]) -> Session:
    return Session(**{**entry, "amr": tuple(entry["amr"]), "clients": tuple(entry["clients"])})
