"""A line to the sandbox's SQLite: read only, sums exact, stopped when overdue or when nobody waits."""

import sqlite3
import time
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import quote

from sqlalchemy.engine import URL

from microfrontends.reports.domain.scope import OWN
from microfrontends.reports.source.functions import install
from microfrontends.reports.source.line import AT_ONCE, Away, Batch, Bound, Broken, Left, Overdue, Wait

STEPS = 20_000  # of SQLite's machine between two looks at the clock
AWAY = ("unable to open", "locked", "disk", "malformed", "not a database")


class SqliteLine:
    """One connection with its transaction, for one run."""

    dialect = "sqlite"

    def __init__(self, url: URL, wait: Wait) -> None:
        self._wait, self._deadline = wait, time.monotonic() + wait.seconds
        # Never create the file: an empty database would look like a hub without a past.
        address = f"file:{quote(url.database)}?mode=rw" if url.database else "file::memory:"
        try:
            # A streamed answer may be closed by another thread than the one that began it, never at the same time.
            self._connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as problem:
            raise Away(type(problem).__name__) from None
        self._connection.execute("PRAGMA busy_timeout = 10000")
        self._connection.execute("PRAGMA query_only = ON")
        install(self._connection)
        self._connection.set_progress_handler(self._stop, STEPS)
        self._connection.execute("BEGIN")

    def batches(self, sql: str, bound: Bound) -> Iterator[Batch]:
        """As `Line` has it."""
        try:
            cursor = self._connection.execute(*_expanded(sql, bound))
            while batch := cursor.fetchmany(AT_ONCE):
                yield batch
        except sqlite3.Error as problem:
            raise self._said(problem) from None  # the original may hold SQL

    def within(self, seconds: float) -> None:
        """As `Line` has it."""
        self._deadline = time.monotonic() + seconds

    def close(self) -> None:
        """As `Line` has it."""
        self._connection.close()

    def _stop(self) -> int:
        return int(time.monotonic() > self._deadline or self._wait.gone())

    def _said(self, problem: sqlite3.Error) -> Exception:
        words = str(problem)
        if "interrupted" in words:
            return Left() if self._wait.gone() else Overdue()
        if isinstance(problem, sqlite3.OperationalError) and any(sign in words for sign in AWAY):
            return Away(type(problem).__name__)
        return Broken(type(problem).__name__, words)


def _expanded(sql: str, bound: Bound) -> tuple[str, dict[str, object]]:
    values = {name: _sent(value) for name, value in bound.items() if name != OWN}
    if OWN in bound:
        own = bound[OWN]
        names = list(own) if isinstance(own, list | tuple) and own else [None]
        values |= {f"{OWN}_{at}": name for at, name in enumerate(names)}
        sql = sql.replace(f":{OWN}", "(" + ", ".join(f":{OWN}_{at}" for at in range(len(names))) + ")")
    return sql, values


def _sent(value: object) -> object:
    if isinstance(value, datetime):
        # The hub's moments are texts here, whole seconds without a fraction: "09:00:00" sorts before "09:00:00.000000".
        return value.strftime("%Y-%m-%d %H:%M:%S.%f").removesuffix(".000000")
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value
