"""Which part of a table a reader looks at: a page of it, in which order, and only rows that hold a text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from microfrontends.reports.domain.definition import Column, ColumnType, Query

ROWS = 100  # of a page
FARTHEST = 1_000_000  # pages
FIND = "find."  # begins what a table is searched for by
LONGEST = 100  # of a text to find
# What is looked through: figures and moments are written otherwise on the page than they are kept.
LOOKED_THROUGH = (ColumnType.TEXT, ColumnType.STATE, ColumnType.INTEGER)


@dataclass(frozen=True)
class Look:
    """A page of a table. `sort`: a column's key, `-key` for descending, nothing for the report's own order."""

    page: int = 1
    sort: str = ""
    find: str = ""
    size: int = ROWS

    @property
    def before(self) -> int:
        """How many rows stand on the pages before."""
        return (self.page - 1) * self.size


def keys(query: Query) -> tuple[str, str, str]:
    """What page, order and text are called in an address. No parameter of a report can have a dot in its name."""
    return f"page.{query.name}", f"sort.{query.name}", f"{FIND}{query.name}"


def look(given: Mapping[str, str], query: Query) -> Look:
    """What an address asks of a table; what makes no sense is the first page in the report's own order."""
    page, sort, find = (given.get(key, "").strip() for key in keys(query))
    number = int(page) if page.isascii() and page.isdecimal() and len(page) <= len(str(FARTHEST)) else 1
    known = sort.removeprefix("-") in {column.key for column in query.columns}
    return Look(min(max(number, 1), FARTHEST), sort if known else "", find[:LONGEST] if searched(query.columns) else "")


def finds(given: Mapping[str, str], queries: Iterable[Query]) -> dict[str, str]:
    """What an address looks for, table by table, as it says it: the tables that are not searched are left out."""
    return {keys(query)[2]: found for query in queries if (found := look(given, query).find)}


def searched(columns: Iterable[Column]) -> tuple[str, ...]:
    """The columns that are looked through."""
    return tuple(column.key for column in columns if column.type in LOOKED_THROUGH)
