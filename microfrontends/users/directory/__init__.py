"""Who the people are: a directory that somebody else keeps, behind one small interface."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bff import HubUnavailable


class DirectoryUnavailable(HubUnavailable):
    """The directory did not answer in time, or not in its protocol's terms. `sent`: a change may have arrived."""


class NotAccepted(Exception):
    """The directory does not take the change, in its own words."""


class Taken(NotAccepted):
    """Somebody has the user name, or the e-mail address, already."""


class Moved(NotAccepted):
    """The person is not any more as whoever asked for the change had read them."""


@dataclass(frozen=True)
class Person:
    """One person as the directory knows them; `subject` never changes and is the key of everything else.

    `logins_since` is from when on the directory would remember a login; None: it remembers none. `version` tells a
    later state of the person from an earlier one, and is empty where the directory has none. A `machine` is a client
    that calls the portal's API: it stands here because it holds roles as people do.
    """

    subject: str
    username: str
    name: str
    email: str
    active: bool
    organisation: str = ""
    last_login: datetime | None = None
    logins_since: datetime | None = None
    version: str = ""
    machine: bool = False


@dataclass(frozen=True)
class Newcomer:
    """Somebody who is to be taken into the directory."""

    username: str
    name: str
    email: str
    organisation: str = ""

    @property
    def names(self) -> tuple[str, str]:
        """Given name and family name, where the first space parts them; directories want both apart."""
        given, _, family = self.name.partition(" ")
        return given, family


@dataclass(frozen=True)
class Page:
    """Some of the people that were asked for, and how many there are in all."""

    people: Sequence[Person]
    total: int


class Order(StrEnum):
    """By what people come."""

    NAME = "name"
    USERNAME = "username"


@dataclass(frozen=True)
class Wanted:
    """Which people: a piece of a name, user name or e-mail address; whether they can sign in (None: either); how."""

    search: str = ""
    active: bool | None = None
    order: Order = Order.NAME

    def fits(self, person: Person) -> bool:
        """Whether a person is one of them, for where people are at hand already."""
        text = self.search.casefold()
        texts = (person.username, person.name, person.email)
        return self.active in (None, person.active) and any(text in each.casefold() for each in texts)

    def of(self, people: Iterable[Person]) -> list[Person]:
        """Those of the people that are wanted, in the wanted order."""
        return sorted(filter(self.fits, people), key=lambda person: str(getattr(person, self.order)).casefold())


class Directory(Protocol):
    """What this app asks of a directory. Every call may raise DirectoryUnavailable."""

    def page(self, wanted: Wanted, first: int, count: int) -> Page:
        """At most `count` people from the `first` (counted from 1)."""

    def person(self, subject: str) -> Person | None:
        """One person; None when the directory knows none of this subject."""

    def named(self, subjects: Iterable[str]) -> dict[str, Person]:
        """Those of the subjects that the directory knows."""

    def with_username(self, username: str) -> Person | None:
        """The person of exactly this user name, whatever its capitals."""

    def create(self, newcomer: Newcomer) -> Person:
        """Take somebody in, active and without any right. Raises Taken or NotAccepted."""

    def set_active(self, subject: str, active: bool, version: str = "") -> Person:
        """Let a person sign in, or not: then they are signed out too. Raises NotAccepted, or Moved by the version."""
