"""Who the people are: a directory that somebody else keeps, behind one small interface."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


class DirectoryUnavailable(Exception):
    """The directory did not answer in time, refused us, or does not speak SCIM."""


@dataclass(frozen=True)
class Person:
    """One person as the directory knows them; `subject` never changes and is the key of everything else."""

    subject: str
    username: str
    name: str
    email: str
    active: bool


@dataclass(frozen=True)
class Page:
    """Some of the people that were asked for, and how many there are in all."""

    people: Sequence[Person]
    total: int


@dataclass(frozen=True)
class Wanted:
    """Which people: a piece of a name, user name or e-mail address, and whether they can sign in (None: either)."""

    search: str = ""
    active: bool | None = None


class Directory(Protocol):
    """What this app asks of a directory. Every call may raise DirectoryUnavailable."""

    def page(self, wanted: Wanted, first: int, count: int) -> Page:
        """At most `count` people from the `first` (counted from 1), by user name."""

    def person(self, subject: str) -> Person | None:
        """One person; None when the directory knows none of this subject."""

    def named(self, subjects: Iterable[str]) -> dict[str, Person]:
        """Those of the subjects that the directory knows."""
