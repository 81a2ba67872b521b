"""Who can sign in: the people of the users file and a crowd behind them, and whether each is active."""

import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from sandbox.provider.crowd import crowd
from sandbox.provider.store import Store

FOR_EVER = float(2**53)


@dataclass(frozen=True)
class Person:
    """One person of the users file. `roles` and `participants` are for the access store, never for a token."""

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
        return hmac.compare_digest(self.password.encode(), password.encode())

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


class People:
    """The directory: the users file, and in the store who has been made active or inactive since."""

    def __init__(self, people: tuple[Person, ...], store: Store) -> None:
        self._by_subject = {person.subject: person for person in people}
        self._subject_by_username = {person.username.lower(): person.subject for person in people}
        self._store = store

    def __iter__(self) -> Iterator[Person]:
        changed = {entry["subject"]: entry["active"] for entry in self._store.every("activity")}
        for subject, person in self._by_subject.items():
            yield _with_activity(person, changed.get(subject, person.active))

    def get(self, subject: str) -> Person | None:
        """The person with this subject."""
        person = self._by_subject.get(subject)
        change = self._store.get("activity", subject) if person else None
        return _with_activity(person, change["active"]) if person and change else person

    def named(self, username: str) -> Person | None:
        """The person with this user name, whatever its capitals."""
        subject = self._subject_by_username.get(username.strip().lower())
        return self.get(subject) if subject else None

    def set_active(self, subject: str, active: bool) -> None:
        """Let a known person sign in, or not."""
        self._store.put("activity", subject, {"subject": subject, "active": active}, FOR_EVER)


def _with_activity(person: Person, active: bool) -> Person:
    return person if person.active == active else replace(person, active=active)
