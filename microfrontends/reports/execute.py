"""How a report's statements run: on one read-only snapshot, row by row, sums exact, stopped when overdue."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import structlog
from flask_babel import gettext as _
from sqlalchemy import Connection, Engine, bindparam, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError

from bff import HubUnavailable, RuleBroken
from microfrontends.reports.domain.scope import OWN
from microfrontends.reports.sql import Statement

log = structlog.get_logger()
Record = Mapping[str, object]
AT_ONCE = 1000  # rows fetched together: enough to be quick, few enough to stay small
STEPS = 20_000  # of SQLite's machine between two looks at the clock
TOO_LONG = {1969, 3024}  # what MariaDB and MySQL answer when their own clock has stopped a statement


class HubDatabase:
    """The hub's database, for reading. MySQL and MariaDB run statements as they are; SQLite is the sandbox's."""

    def __init__(self, url: str, seconds: float) -> None:
        self._seconds = seconds
        self._engine = _engine(url)

    def check(self) -> str:
        """What is wrong with the connection, for the readiness page; nothing when it works."""
        with self.snapshot() as snapshot:
            return "" if snapshot.answers() else "the hub's database does not answer"

    @contextmanager
    def snapshot(self) -> Iterator["Snapshot"]:
        """One state of the database for all statements of a run. Raises HubUnavailable, or RuleBroken when overdue."""
        deadline = time.monotonic() + self._seconds
        try:
            with self._engine.connect() as connection:
                _begin(connection, self._seconds, deadline)
                try:
                    yield Snapshot(connection)
                except GeneratorExit:
                    # The reader left. Closing a half-read MySQL cursor would fetch all the rest: drop the line instead.
                    connection.invalidate()
                    raise
                finally:
                    _end(connection)
        except DBAPIError as problem:
            raise self._said(problem) from None  # the original holds SQL, which is nobody's business

    def _said(self, problem: DBAPIError) -> Exception:
        code = next(iter(getattr(problem.orig, "args", ())), "")
        log.warning("hub_database", problem=type(problem.orig).__name__, code=str(code)[:200])
        if code in TOO_LONG or code == "interrupted":
            sentence = _(
                "The report took longer than %(seconds)s seconds and was stopped. "
                "Narrow its parameters, or run it when the hub is quieter.",
                seconds=round(self._seconds),
            )
            return RuleBroken(sentence)
        if isinstance(problem, OperationalError):
            return HubUnavailable("the hub's database does not answer")
        return problem


class Snapshot:
    """A state of the hub's database, as long as the `with` block lasts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def answers(self) -> bool:
        """Whether the smallest query works."""
        return bool(self._connection.execute(text("SELECT 1")).scalar())

    def rows(self, statement: Statement, bound: Mapping[str, object]) -> Iterator[Record]:
        """The rows of a statement, fetched as they are asked for. Of `bound`, what the statement uses is sent."""
        dialect = "sqlite" if self._connection.dialect.name == "sqlite" else "mysql"
        clause = text(statement.written_for(dialect))
        if OWN in statement.placeholders:
            clause = clause.bindparams(bindparam(OWN, expanding=True))
        used = {name: bound[name] for name in statement.placeholders}
        found = self._connection.execution_options(stream_results=True, max_row_buffer=AT_ONCE).execute(clause, used)
        for row in found.mappings():
            yield dict(row)


def _engine(url: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        # Never create the file: an empty database would look like a hub without a past.
        address = address.set(database=f"file:{quote(address.database)}", query={"mode": "rw", "uri": "true"})
    engine = create_engine(address, pool_pre_ping=True, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA busy_timeout = 10000")
    connection.execute("PRAGMA query_only = ON")
    connection.create_window_function("sum", 1, _ExactSum)


def _begin(connection: Connection, seconds: float, deadline: float) -> None:
    if connection.dialect.name == "sqlite":
        _sqlite(connection).set_progress_handler(_overdue(deadline), STEPS)
        connection.exec_driver_sql("BEGIN")
        return
    mariadb = getattr(connection.dialect, "is_mariadb", False)
    limit = f"max_statement_time = {seconds}" if mariadb else f"max_execution_time = {round(seconds * 1000)}"
    # Moments in the hub's database are UTC; nothing may shift them to the session's zone.
    for statement in (f"SET SESSION {limit}", "SET SESSION time_zone = '+00:00'"):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")


def _end(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and not connection.invalidated and not connection.closed:
        _sqlite(connection).set_progress_handler(None, 0)


def _sqlite(connection: Connection) -> sqlite3.Connection:
    raw: Any = connection.connection.driver_connection
    return raw  # type: ignore[no-any-return]


def _overdue(deadline: float) -> Callable[[], int]:
    return lambda: int(time.monotonic() > deadline)


class _ExactSum:
    """SUM for SQLite, which would add binary numbers: each is taken for the decimal that it stands for."""

    def __init__(self) -> None:
        self._total: Decimal | int | None = None

    def step(self, value: float | int | None) -> None:
        self._add(value, 1)

    def inverse(self, value: float | int | None) -> None:
        self._add(value, -1)

    def value(self) -> float | int | None:
        return float(self._total) if isinstance(self._total, Decimal) else self._total

    finalize = value

    def _add(self, value: float | int | None, sign: int) -> None:
        if value is not None:
            exact = Decimal(repr(value)) if isinstance(value, float) else value
            self._total = (self._total or 0) + sign * exact
