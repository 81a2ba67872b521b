"""What a report is: its words, its questions to the reader, its queries and whose rows they may show."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Text = Mapping[str, str]  # by language; "en" is always there


class ColumnType(StrEnum):
    """How a column's values are read and shown."""

    MONEY = "money"
    INTEGER = "integer"
    DATE_TIME = "date-time"
    TEXT = "text"
    STATE = "state"


class ParamType(StrEnum):
    """What a parameter asks for. The last three are picked from what the hub's database holds."""

    TEXT = "text"
    INTEGER = "integer"
    DATE = "date"
    WINDOW = "window"
    PARTICIPANT = "participant"
    CURRENCY = "currency"


class Scope(StrEnum):
    """Whose rows a query may show.

    SESSION: those of the reader's participants, all for hub staff; the SQL says so with `:all_participants` and
    `:participants`. HUB: any, so hub staff alone may run it. EVERYONE: a query that holds no participant's data.
    """

    SESSION = "session"
    HUB = "hub"
    EVERYONE = "everyone"


@dataclass(frozen=True)
class Param:
    """One value that the reader gives, bound in the SQL as `:name`."""

    name: str
    type: ParamType
    label: Text
    required: bool = False
    hint: Text | None = None


@dataclass(frozen=True)
class Column:
    """One column of a result. `currency` names the column that holds a money column's currency.

    `total`: its sum per currency means something. `owes`: positive is owed to the hub, negative is due from it.
    """

    key: str
    label: Text
    type: ColumnType
    currency: str = ""
    total: bool = False
    owes: bool = False


@dataclass(frozen=True)
class Query:
    """One SELECT in MySQL's dialect and what its columns mean.

    `facts`: its one row is about the thing the report is of, and no row means that there is no such thing.
    """

    name: str
    title: Text
    sql: str
    columns: tuple[Column, ...]
    scope: Scope
    facts: bool = False


@dataclass(frozen=True)
class Report:
    """A report as its file defines it."""

    name: str
    title: Text
    description: Text
    group: Text
    permission: str
    scope: Scope
    params: tuple[Param, ...]
    queries: tuple[Query, ...]

    @property
    def facts(self) -> tuple[Query, ...]:
        """The queries that head the page."""
        return tuple(query for query in self.queries if query.facts)

    @property
    def tables(self) -> tuple[Query, ...]:
        """The queries whose rows are the report; never none."""
        return tuple(query for query in self.queries if not query.facts)
