"""Who can sign in: the people of the users file, a crowd behind them, and whoever was added since."""

import hmac
import re
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from sandbox.provider.crowd import crowd
from sandbox.provider.store import Store

FOR_EVER = float(2**53)
A_DAY = 86_400
KNOWN_FOR_DAYS = 400  # so long has the sandbox had its people when it is first started


@dataclass(frozen=True)
class Person:
    """One person of the users file. `roles` and `participants` are for the access store, never for a token.

    A `machine` is a client that stands in the directory like a person, and never signs in: its password is its secret.
    """

    subject: str
    username: str
    name: str
    email: str
    password: str
    code: str
    roles: tuple[str, ...] = ()
    participants: tuple[str, ...] = ()
    shown: bool = True  # on the sign-in page
    active: bool = True
    organisation: str = ""
    seen_days_ago: int | None = None  # when they last signed in, as of the provider's first start; None: never
    last_login: float | None = None  # seconds since 1970
    created: float = 0.0
    machine: bool = False
    version: int = 1  # goes up with each change, not with a sign-in

    @property
    def initials(self) -> str:
        """Up to two letters that stand for the person in a circle."""
        words = self.name.split()
        return (words[0][0] + words[-1][0]).upper() if len(words) > 1 else self.name[:2].upper()

    @property
    def roles_in_words(self) -> list[str]:
        """The roles as somebody would say them: "finance manager", "DFSP reconciliation reports"."""
        words = (re.sub(r"(?<=[a-z])(?=[A-Z])", " ", role).lower() for role in self.roles)
        return [word.replace("dfsp", "DFSP") for word in words]

    def knows(self, password: str) -> bool:
        """Whether this is the person's password."""
        return not self.machine and hmac.compare_digest(self.password.encode(), password.encode())

    def holds(self, code: str) -> bool:
        """Whether this is the person's one-time code."""
        return hmac.compare_digest(self.code.encode(), code.strip().encode())


def read_people(path: Path) -> tuple[Person, ...]:
    """The people of a users file, then its crowd. Raises ValueError when two share a subject or a user name."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    shared = {"password": document["password"], "code": document["code"]}
    people = [_person({**shared, **entry}) for entry in document["users"]]
    people += [_person({**shared, **entry, "shown": False}) for entry in crowd(document.get("extra_people", 0))]
    for field in ("subject", "username"):
        values = [getattr(person, field) for person in people]
        if len(set(values)) < len(values):
            raise ValueError(f"{path}: two users have the same {field}")
    return tuple(people)


def _person(entry: dict[str, Any]) -> Person:
    entry.setdefault("email", f"{entry['username']}@example.com")
    for field in ("roles", "participants"):
        entry[field] = tuple(entry.get(field, ()))
    return Person(**{**entry, "code": str(entry["code"])})


def read_machines(path: Path) -> tuple[Person, ...]:
    """The machines of a YAML file. The subject of each is its client id, as in the tokens that it gets."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    fixed = {"password": document["secret"], "code": "", "email": "", "machine": True, "shown": False}
    named = ({**entry, "subject": entry["client_id"], "username": entry["client_id"]} for entry in document["clients"])
    return tuple(_person({**{k: v for k, v in each.items() if k != "client_id"}, **fixed}) for each in named)


class Taken(Exception):
    """Somebody else has the user name already."""


class Moved(Exception):
    """The person is not as the writer believed."""


class People:
    """The directory: the users file, and in the store who came, what changed and who signed in since."""

    def __init__(self, people: tuple[Person, ...], store: Store) -> None:
        self._store = store
        self._listed = {person.subject: person for person in people}
        with store.locked():
            begun = self._remember_earlier_logins() - KNOWN_FOR_DAYS * A_DAY
        self._listed = {subject: replace(person, created=begun) for subject, person in self._listed.items()}

    def __iter__(self) -> Iterator[Person]:
        changes = {entry["subject"]: entry for entry in self._store.every("change")}
        logins = {entry["subject"]: entry["at"] for entry in self._store.every("login")}
        for person in (*self._listed.values(), *map(_stored, self._store.every("newcomer"))):
            yield _now(person, changes.get(person.subject), logins.get(person.subject))

    def get(self, subject: str) -> Person | None:
        """The person with this subject."""
        added = None if subject in self._listed else self._store.get("newcomer", subject)
        person = _stored(added) if added else self._listed.get(subject)
        if person is None:
            return None
        login = self._store.get("login", subject)
        return _now(person, self._store.get("change", subject), login["at"] if login else None)

    def named(self, username: str) -> Person | None:
        """The person with this user name, whatever its capitals."""
        wanted = username.strip().casefold()
        return next((person for person in self if person.username.casefold() == wanted), None)

    def add(self, person: Person) -> Person:
        """Take somebody in, under a subject of our own making. Raises Taken."""
        with self._store.locked():
            if self.named(person.username):
                raise Taken(person.username)
            subject = f"u-{secrets.token_hex(6)}"
            added = replace(person, subject=subject, shown=False, created=self._store.now())
            self._store.put("newcomer", added.subject, asdict(added), FOR_EVER)
        return added

    def change(self, before: Person, **fields: Any) -> Person:
        """Change some fields of somebody who is still as `before` says. Raises Moved."""
        with self._store.locked():
            person = self.get(before.subject)
            if person is None or person.version != before.version:
                raise Moved(before.subject)
            if all(getattr(person, name) == value for name, value in fields.items()):
                return person
            kept = self._store.get("change", person.subject) or {"subject": person.subject}
            fields["version"] = person.version + 1
            self._store.put("change", person.subject, {**kept, **fields}, FOR_EVER)
        return replace(person, **fields)

    def saw(self, subject: str, at: float) -> None:
        """Remember that somebody has just signed in."""
        self._store.put("login", subject, {"subject": subject, "at": at}, FOR_EVER)

    def any_password(self) -> Person:
        """Somebody of the users file, whose password and one-time code newcomers get too."""
        return next(iter(self._listed.values()))

    def _remember_earlier_logins(self) -> float:
        known = self._store.get("history", "logins")
        if known:
            return float(known["since"])
        now = self._store.now()
        for person in self._listed.values():
            if person.seen_days_ago is not None:
                self.saw(person.subject, now - person.seen_days_ago * A_DAY)
        self._store.put("history", "logins", {"since": now}, FOR_EVER)
        return now


def _stored(entry: dict[str, Any]) -> Person:
    return Person(**{**entry, "roles": tuple(entry["roles"]), "participants": tuple(entry["participants"])})


def _now(person: Person, change: dict[str, Any] | None, login: float | None) -> Person:
    return replace(person, **(change or {}), last_login=login) if change or login else person
