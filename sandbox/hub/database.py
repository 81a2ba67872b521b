"""Where the hub keeps its books: one transaction writes at a time, readers never wait, a restart loses nothing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    Insert,
    Row,
    Select,
    Table,
    create_engine,
    event,
    insert,
    inspect,
    make_url,
)
from sqlalchemy.engine.interfaces import DBAPIConnection

from sandbox.hub import seeds, tables, unfilled

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
Clock = Callable[[], datetime]

unfilled.define(tables.metadata)


def utc_now() -> datetime:
    """The moment, in UTC without its zone, as the hub's columns hold it."""
    return datetime.now(UTC).replace(tzinfo=None)


class Books:
    """One transaction on the hub's books. It happens at one moment, `now`; history is written by moving that moment."""

    def __init__(self, connection: Connection, now: datetime, random: Random) -> None:
        self.connection, self.now, self.random = connection, now, random

    def add(self, table: Table, **values: Any) -> int:
        """Insert a row, dated now unless it says otherwise; its number, or 0 where the key is a text."""
        if "createdDate" in table.c:
            values.setdefault("createdDate", self.now)
        inserted = self.connection.execute(_insert(table), values).inserted_primary_key
        return inserted[0] if inserted is not None and isinstance(inserted[0], int) else 0

    def run(self, statement: Executable, **values: Any) -> int:
        """Change rows; how many were changed."""
        return int(getattr(self.connection.execute(statement, values), "rowcount", 0))

    def row(self, query: Select[Any], **values: Any) -> Row[Any] | None:
        """The first row of an answer."""
        return self.connection.execute(query, values).first()

    def rows(self, query: Select[Any], **values: Any) -> list[Row[Any]]:
        """All rows of an answer."""
        return list(self.connection.execute(query, values))

    def later(self, task: str, after_s: float, **details: Any) -> None:
        """Leave work for the worker: what a real hub would send through its broker."""
        due = milliseconds(self.now + timedelta(seconds=after_s))
        self.add(tables.sandbox_job, task=task, details=details, dueAt=due)

    def ulid(self) -> str:
        """A transfer's id: its moment in milliseconds and 80 random bits, in Crockford's alphabet."""
        bits = milliseconds(self.now) << 80 | self.random.getrandbits(80)
        return "".join(CROCKFORD[bits >> shift & 31] for shift in range(125, -1, -5))


@dataclass(frozen=True)
class Past:
    """What a new hub is to have behind it: how long ago it began, and what writes down all that happened since."""

    length: timedelta
    write: Callable[[Books], None]


@cache
def _insert(table: Table) -> Insert:
    return insert(table)


def milliseconds(moment: datetime) -> int:
    """A moment as a number that grows with time."""
    return int(moment.replace(tzinfo=UTC).timestamp() * 1000)


class Database:
    """The hub's database at a URL: a SQLite file, MySQL or MariaDB."""

    def __init__(self, url: str, clock: Clock = utc_now) -> None:
        self.clock = clock
        self._engine = _engine(url)
        self._writing = self._engine.execution_options(begin="BEGIN IMMEDIATE")
        self._lock = threading.Lock()
        self._random = SystemRandom()
        self.written = threading.Event()  # the worker waits for it, so that new work starts without polling

    def prepare(self, past: Past | None = None) -> bool:
        """Make the tables, their first rows and a past where there are none, all or nothing; whether it was so."""
        if inspect(self._engine).has_table(tables.participant.name):
            return False
        with self.write() as books:
            tables.metadata.create_all(books.connection)
            seeds.sow(books.connection, books.now - (past.length if past else timedelta()))
            if past is not None:
                past.write(books)
        return True

    @contextmanager
    def read(self) -> Iterator[Books]:
        """A consistent look at the books."""
        with self._engine.connect() as connection:
            yield Books(connection, self.clock(), self._random)

    @contextmanager
    def write(self) -> Iterator[Books]:
        """A transaction of its own: all of it is kept, or, when an error leaves the block, nothing."""
        with self._lock, self._writing.begin() as connection:
            yield Books(connection, self.clock(), self._random)
        self.written.set()

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    file = make_url(url).database
    if not file:
        raise ValueError("The hub's database must be a file: several threads share it. Give sqlite:///path.")
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 15})
    event.listen(engine, "connect", _settle)
    event.listen(engine, "begin", _begin)
    return engine


def _settle(connection: DBAPIConnection, _record: Any) -> None:
    """WAL lets readers read while one writes. Transactions are begun by us, below, not by Python's driver."""
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
