"""Finding people: by the directory alone, or among the holders of a role."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for

from microfrontends.users.desk import desk
from microfrontends.users.directory import Order, Page, Person, Wanted

LONGEST = 100
MOST = 500  # of one question to the directory, where all are wanted
STATES = {"active": True, "inactive": False}
ORDERS = {"name": Order.NAME, "username": Order.USERNAME}


@dataclass(frozen=True)
class Asked:
    """Which people are wanted: a piece of a name, a state, a role that they hold."""

    search: str = ""
    state: str = ""
    role: str = ""
    sort: str = "name"

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Asked":
        """What an address asks for; whatever makes no sense in it is left out."""
        state, role, sort = query.get("state", ""), query.get("role", ""), query.get("sort", "")
        return cls(
            query.get("search", "").strip()[:LONGEST],
            state if state in STATES else "",
            role if role in desk().book.roles else "",
            sort if sort in ORDERS else "name",
        )

    @property
    def wanted(self) -> Wanted:
        """The same for the directory."""
        return Wanted(self.search, STATES.get(self.state), ORDERS[self.sort])

    def page(self, first: int, count: int) -> Page:
        """At most `count` of them from the `first`. Raises DirectoryUnavailable."""
        if not self.role:
            return desk().directory.page(self.wanted, first, count)
        holders = desk().directory.named(desk().store.holders([self.role]))
        found = self.wanted.of(holders.values())
        return Page(found[first - 1 : first - 1 + count], len(found))

    def everybody(self) -> Iterator[Person]:
        """All of them."""
        first = 1
        while True:
            page = self.page(first, MOST)
            yield from page.people
            first += len(page.people)
            if not page.people or first > page.total:
                return

    def address(self, endpoint: str = "people.index", **changes: Any) -> str:
        """The page that shows them, or another endpoint about them; a changed filter begins at its first page."""
        said = {**vars(self), **changes}
        left_out = {"sort": "name", "page": 1}
        return url_for(endpoint, **{k: v for k, v in said.items() if v and left_out.get(k) != v})
