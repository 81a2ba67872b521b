"""What a report is: its words, its questions to the reader, its queries and whose rows they may show."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from microfrontends.reports.domain.distribution import Distribution

Text = Mapping[str, str]  # by language; "en" is always there


class ColumnType(StrEnum):
    """How a column's values are read and shown."""

    MONEY = "money"
    DECIMAL = "decimal"  # an exact figure without a currency
    INTEGER = "integer"
    DATE_TIME = "date-time"
    TEXT = "text"
    STATE = "state"


class ParamType(StrEnum):
    """What a parameter asks for. The last four are picked from what the hub's database holds."""

    TEXT = "text"
    INTEGER = "integer"
    DATE = "date"
    DATE_TIME = "date-time"
    ENUM = "enum"
    WINDOW = "window"
    SETTLEMENT = "settlement"
    PARTICIPANT = "participant"
    CURRENCY = "currency"


class Scope(StrEnum):
    """Whose rows a query may show.

    SESSION: those of the reader's participants, all for hub staff; the SQL says so with `:all_participants` and
    `:participants`. PARTICIPANT: those of the one participant that a parameter names, which the reader must be of.
    HUB: any, so hub staff alone may run it. EVERYONE: a query that holds no participant's data.
    """

    SESSION = "session"
    PARTICIPANT = "participant"
    HUB = "hub"
    EVERYONE = "everyone"


class Source(StrEnum):
    """What a report's queries read: the hub's database, or the portal's own requests for change, or its access."""

    HUB = "hub"
    APPROVALS = "approvals"
    ACCESS = "access"


class Section(StrEnum):
    """What a query is in the report.

    FACTS: its one row heads the report, and no row means that there is no such thing. TABLE: its rows are the report.
    TOTALS: a few rows below the tables, under their own heads.
    """

    FACTS = "facts"
    TABLE = "table"
    TOTALS = "totals"


class Format(StrEnum):
    """A form in which a report leaves the portal as a file."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    JSONL = "jsonl"
    PDF = "pdf"


class ChartKind(StrEnum):
    """How a table's rows are drawn: a bar for each row, stacked where it has several figures, or lines over time."""

    BARS = "bars"
    STACKED = "stacked"
    LINE = "line"


USUAL = (Format.CSV, Format.XLSX, Format.JSON, Format.JSONL)


@dataclass(frozen=True)
class Option:
    """One value that a parameter may have."""

    value: str
    label: Text


@dataclass(frozen=True)
class Param:
    """One value that the reader gives, bound in the SQL as `:name`.

    `options`: all that may be chosen; `lists`: the name of the query that gives them instead. `begins`: the name of
    the parameter that begins the range which this one ends.
    """

    name: str
    type: ParamType
    label: Text
    required: bool = False
    hint: Text | None = None
    default: str = ""
    options: tuple[Option, ...] = ()
    lists: str = ""
    begins: str = ""


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
class Chart:
    """A picture of a table, one for each currency.

    `over`: the columns that name a bar, or the one with a line's moments. `show`: those with figures. `by`: the column
    that tells lines apart.
    """

    kind: ChartKind
    over: tuple[str, ...]
    show: tuple[str, ...]
    by: str = ""


@dataclass(frozen=True)
class Query:
    """One SELECT in MySQL's dialect and what its columns mean.

    `unique`: its ORDER BY leaves no two rows equal, so that pages may be cut without a further order.
    """

    name: str
    title: Text
    sql: str
    columns: tuple[Column, ...]
    scope: Scope
    section: Section = Section.TABLE
    chart: Chart | None = None
    unique: bool = False

    @property
    def facts(self) -> bool:
        """Whether its one row heads the report."""
        return self.section is Section.FACTS


@dataclass(frozen=True)
class Limits:
    """What one run may cost: rows of a file (None: as many as there are), seconds (None: the app's setting)."""

    rows: int | None = None
    seconds: int | None = None


@dataclass(frozen=True)
class Report:
    """A report as its file defines it. `confined_to` names the parameter of a report of scope `participant`."""

    name: str
    title: Text
    description: Text
    group: Text
    permission: str
    scope: Scope
    params: tuple[Param, ...]
    queries: tuple[Query, ...]
    path: str = ""
    confined_to: str = ""
    limits: Limits = Limits()
    formats: tuple[Format, ...] = USUAL
    layout: str = ""
    distribute: Distribution | None = None
    source: Source = Source.HUB

    @property
    def facts(self) -> tuple[Query, ...]:
        """The queries that head the report."""
        return tuple(query for query in self.queries if query.facts)

    @property
    def tables(self) -> tuple[Query, ...]:
        """The queries whose rows are the report, then those of its totals; never none."""
        sections = (Section.TABLE, Section.TOTALS)
        return tuple(query for section in sections for query in self.queries if query.section is section)
