"""A directory and a hub in memory. The same tests that run on a real directory run on this one."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bff import HubUnavailable
from microfrontends.users.directory import DirectoryUnavailable, Page, Person, Wanted


@dataclass
class FakeDirectory:
    """People in a dictionary; `away` makes it answer nobody."""

    people: dict[str, Person] = field(default_factory=dict)
    away: bool = False

    def add(self, subject: str, name: str, *, active: bool = True) -> None:
        """Somebody whose user name is their first name."""
        username = name.split()[0].lower()
        self.people[subject] = Person(subject, username, name, f"{username}@example.com", active)

    def page(self, wanted: Wanted, first: int, count: int) -> Page:
        """At most `count` people from the `first`, by user name."""
        found = sorted((each for each in self._known() if _fits(each, wanted)), key=lambda each: each.username)
        return Page(found[first - 1 : first - 1 + count], len(found))

    def person(self, subject: str) -> Person | None:
        """One person."""
        return next((each for each in self._known() if each.subject == subject), None)

    def named(self, subjects: Iterable[str]) -> dict[str, Person]:
        """Those of the subjects that are here."""
        wanted = set(subjects)
        return {each.subject: each for each in self._known() if each.subject in wanted}

    def _known(self) -> Iterable[Person]:
        if self.away:
            raise DirectoryUnavailable("away")
        return self.people.values()


def _fits(person: Person, wanted: Wanted) -> bool:
    texts = (person.username, person.name, person.email)
    return wanted.active in (None, person.active) and any(wanted.search.lower() in text.lower() for text in texts)


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
