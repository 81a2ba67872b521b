"""A line to rows that were gathered for one run: a database in memory, filled when the first statement is asked."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy.engine import make_url

from microfrontends.reports.source.line import Batch, Bound, Wait
from microfrontends.reports.source.sqlite import SqliteLine
from microfrontends.reports.sql_names import Tables

Record = Sequence[object]
Gathered = Mapping[str, Iterable[Record]]  # rows by table, each in the order of the table's columns
NOWHERE = make_url("sqlite://")
AFFINITIES = {"decimal": "NUMERIC", "int": "INTEGER", "tinyint": "INTEGER"}


class GatheredLine(SqliteLine):
    """The gathered rows, read like any database's, and only read."""

    def __init__(self, tables: Tables, gather: Callable[[], Gathered], wait: Wait) -> None:
        super().__init__(NOWHERE, wait)
        self._tables, self._gather, self._filled = tables, gather, False

    def batches(self, sql: str, bound: Bound) -> Iterator[Batch]:
        """As `Line` has it."""
        if not self._filled:
            self._filled = True
            self._fill(self._gather())
        yield from super().batches(sql, bound)

    def _fill(self, gathered: Gathered) -> None:
        self._connection.execute("PRAGMA query_only = OFF")
        for table, columns in self._tables.items():
            declared = ", ".join(f'"{name}" {_affinity(kind)}' for name, kind in columns.items())
            self._connection.execute(f'CREATE TABLE "{table}" ({declared})')
            places = ", ".join("?" * len(columns))
            rows = ([_kept(value) for value in row] for row in gathered.get(table, ()))
            self._connection.executemany(f'INSERT INTO "{table}" VALUES ({places})', rows)  # noqa: S608 - our own names
        self._connection.execute("PRAGMA query_only = ON")


def _affinity(kind: str) -> str:
    return AFFINITIES.get(kind.partition("(")[0], "TEXT")


def _kept(value: object) -> object:
    if isinstance(value, datetime):
        # As the hub's own moments are kept: UTC without saying so, whole seconds.
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return value if value is None or isinstance(value, int) else str(value)
