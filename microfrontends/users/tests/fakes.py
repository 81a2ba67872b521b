"""A directory and a hub in memory. The same tests that run on a real directory run on this one."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bff import HubUnavailable
from microfrontends.users.directory import (
    DirectoryUnavailable,
    Moved,
    Newcomer,
    NotAccepted,
    Page,
    Person,
    Taken,
    Wanted,
)


@dataclass
class FakeDirectory:
    """People in a dictionary; `away` makes it answer nobody, `lost` makes it do what it is told and not answer."""

    people: dict[str, Person] = field(default_factory=dict)
    away: bool = False
    lost: bool = False

    def add(self, subject: str, name: str, *, active: bool = True, seen_days_ago: int | None = 1) -> None:
        """Somebody whose user name is their first name."""
        username, now = name.split()[0].lower(), datetime.now(UTC)
        seen = None if seen_days_ago is None else now - timedelta(days=seen_days_ago)
        known = now - timedelta(days=400)
        email = f"{username}@example.com"
        self.people[subject] = Person(subject, username, name, email, active, "Hub", seen, known, "1")

    def page(self, wanted: Wanted, first: int, count: int) -> Page:
        """At most `count` people from the `first`."""
        found = wanted.of(self._known())
        return Page(found[first - 1 : first - 1 + count], len(found))

    def person(self, subject: str) -> Person | None:
        """One person."""
        return next((each for each in self._known() if each.subject == subject), None)

    def named(self, subjects: Iterable[str]) -> dict[str, Person]:
        """Those of the subjects that are here."""
        wanted = set(subjects)
        return {each.subject: each for each in self._known() if each.subject in wanted}

    def with_username(self, username: str) -> Person | None:
        """The person of this user name."""
        return next((each for each in self._known() if each.username.casefold() == username.casefold()), None)

    def create(self, newcomer: Newcomer) -> Person:
        """Take somebody in."""
        if self.with_username(newcomer.username):
            raise Taken(newcomer.username)
        subject, now = f"n-{len(self.people)}", datetime.now(UTC)
        made = Person(
            subject, newcomer.username, newcomer.name, newcomer.email, True, newcomer.organisation, None, now, "1"
        )
        self.people[subject] = made
        return self._answered(made)

    def set_active(self, subject: str, active: bool, version: str = "") -> Person:
        """Let somebody in, or not."""
        person = self.person(subject)
        if person is None:
            raise NotAccepted(subject)
        if version and version != person.version:
            raise Moved(subject)
        changed = replace(person, active=active, version=str(int(person.version) + 1))
        self.people[subject] = changed
        return self._answered(changed)

    def sign_in(self, username: str) -> None:
        """Somebody comes."""
        person = next(each for each in self.people.values() if each.username == username)
        self.people[person.subject] = replace(person, last_login=datetime.now(UTC))

    def _known(self) -> Iterable[Person]:
        if self.away:
            raise DirectoryUnavailable("away")
        return self.people.values()

    def _answered(self, person: Person) -> Person:
        if self.lost:
            raise DirectoryUnavailable("no answer in time", sent=True)
        return person


@dataclass
class FakeHub:
    """A hub with some participants."""

    names: tuple[str, ...] = ("payeefsp", "payerfsp")
    away: bool = False

    def participants(self) -> tuple[str, ...]:
        """Their names."""
        if self.away:
            raise HubUnavailable("away")
        return self.names
