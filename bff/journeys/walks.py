"""What an installed app has walked beside its pages: journeys of its own, by people who may, contents looked at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from bff.access.files import RoleBook
from bff.contract.vocabularies import apps
from bff.journeys.people import Walker
from bff.journeys.visitor import Lost, Visitor

MODULE: Final = "journeys"


class NotWalked(Exception):
    """This deployment does not let it be walked, which is no fault; the message says why."""


class Cast:
    """The people of a deployment, each signed in once, by what they may do."""

    def __init__(self, base_url: str, people: list[Walker], book: RoleBook, patience_s: float, shown: set[str]) -> None:
        self.patience_s = patience_s
        self._base_url, self._people, self._book, self._apps = base_url, people, book, shown
        self._there: dict[str, Visitor] = {}

    def who(self, *permissions: str, besides: Visitor | None = None) -> Visitor:
        """Somebody who sees the whole hub and holds all of these. Raises NotWalked; Lost when they cannot sign in."""
        for person in self._people:
            of_hub = any(self._book.roles[role].scope == "hub" for role in person.roles if role in self._book.roles)
            if of_hub and set(permissions) <= self._book.permissions_of(person.roles):
                if person.username not in self._there:
                    visitor = Visitor(self._base_url)
                    visitor.sign_in(person.username, person.password)
                    self._there[person.username] = visitor
                if self._there[person.username] is not besides:
                    return self._there[person.username]
        raise NotWalked(f"none of the people holds {', '.join(map(str, permissions))}")

    def needs(self, *names: str) -> None:
        """Raise NotWalked where one of these apps is not there."""
        if missing := sorted(set(names) - self._apps):
            raise NotWalked(f"not there: {', '.join(missing)}")


@dataclass(frozen=True)
class Walk:
    """One journey. It raises Lost, with what is wrong, or NotWalked. `writes`: it changes what the hub holds."""

    name: str
    go: Callable[[Cast], None]
    writes: bool = False


def module_of(name: str) -> Any:
    """An installed app's module `journeys`; None where the app has none or is not installed."""
    wanted = f"{dict(apps()).get(name, '')}.{MODULE}"
    try:
        return None if wanted.startswith(".") else import_module(wanted)
    except ModuleNotFoundError as missing:
        if missing.name != wanted:
            raise
        return None


def walks_of(name: str) -> Iterator[Walk]:
    """The walks that an installed app names."""
    yield from getattr(module_of(name), "walks", list)()


def expect(holds: bool, otherwise: str) -> None:
    """Raise Lost unless it holds."""
    if not holds:
        raise Lost(otherwise)
