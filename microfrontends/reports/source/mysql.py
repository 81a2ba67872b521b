"""A line to MySQL or MariaDB: rows as the server's own text; its query is killed when nobody waits for it."""

import asyncio
import ssl
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from datetime import date, datetime
from socket import SO_RCVBUF, SOL_SOCKET
from typing import Any, TypeVar

import asyncmy
from asyncmy.constants import FIELD_TYPE
from asyncmy.converters import conversions
from asyncmy.cursors import SSCursor
from asyncmy.errors import Error
from sqlalchemy.engine import URL

from microfrontends.reports.domain.scope import OWN
from microfrontends.reports.source.line import AT_ONCE, Away, Batch, Bound, Broken, Left, Overdue, Wait

T = TypeVar("T")
LOOK = 0.25  # seconds between two looks at whether anybody still waits
CONNECT = 5  # seconds
READ_AHEAD = 128 * 1024  # bytes
# What MariaDB, then MySQL, answer when their own clock has stopped a statement.
TOO_LONG = {1969, 3024}
AUTHORS = range(1050, 2000)  # faults of a statement, not of the server; 2000 and above are of the line
# The server's own text is what files hold. Making a Decimal or a datetime of each first costs three times the reading.
_TEXT = (FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL, FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP, FIELD_TYPE.DATE)
_CONVERSIONS = {**conversions, **dict.fromkeys((*_TEXT, FIELD_TYPE.TIME, FIELD_TYPE.NEWDATE))}


class MySqlLine:
    """One connection with its transaction, for one run."""

    dialect = "mysql"

    def __init__(self, url: URL, wait: Wait) -> None:
        self._url, self._wait = url, wait
        self._busy = False  # a result is not read to its end
        self._loop = asyncio.new_event_loop()
        try:
            self._connection = self._run(_connect(url))
            # The system would hold megabytes that have come and nobody has asked for; the driver copies them all.
            self._connection._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_RCVBUF, READ_AHEAD)
            self._begin()
        except BaseException:
            self.close()
            raise

    def batches(self, sql: str, bound: Bound) -> Iterator[Batch]:
        """As `Line` has it."""
        cursor = self._connection.cursor(SSCursor)
        self._busy = True
        self._run(cursor.execute(sql, {name: _sent(name, value) for name, value in bound.items()} or None))
        self._reading(False)
        while batch := self._run(cursor.fetchmany(AT_ONCE)):
            yield batch
        self._reading(True)
        self._busy = False

    def within(self, seconds: float) -> None:
        """As `Line` has it."""
        mariadb = "MariaDB" in self._connection.get_server_info()
        limit = f"max_statement_time = {seconds}" if mariadb else f"max_execution_time = {round(seconds * 1000)}"
        self._run(self._connection.cursor().execute(f"SET SESSION {limit}"))

    def close(self) -> None:
        """As `Line` has it. A server that still works on a statement is told to stop, over a second connection."""
        connection = getattr(self, "_connection", None)
        with suppress(Error, OSError, TimeoutError):
            if connection is not None:
                if self._busy:
                    self._loop.run_until_complete(asyncio.wait_for(_kill(self._url, connection.thread_id()), CONNECT))
                connection.close()
        # A transport closes in the next round of its loop.
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def _begin(self) -> None:
        self.within(self._wait.seconds)
        # Moments in the hub's database are UTC; nothing may shift them to the session's zone.
        for statement in (
            "SET SESSION time_zone = '+00:00'",
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        ):
            self._run(self._connection.cursor().execute(statement))

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        task = self._loop.create_task(work)
        try:
            self._loop.run_until_complete(asyncio.sleep(0))
            if not task.done():
                self._reading(True)
            while not task.done():
                self._loop.run_until_complete(asyncio.wait({task}, timeout=LOOK))
                if not task.done() and self._wait.gone():
                    raise Left
            return task.result()
        except (Error, OSError, TimeoutError) as problem:
            raise _said(problem) from None  # the original holds SQL, which is nobody's business
        finally:
            if self._busy:
                self._reading(False)
            if not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError, Error, OSError):
                    self._loop.run_until_complete(task)

    def _reading(self, on: bool) -> None:
        # The driver takes whatever the server sends into memory, asked for or not, and the server is faster than a
        # file is written. So it reads only while rows are waited for that have not come yet.
        connection = getattr(self, "_connection", None)
        transport = connection._transport if connection is not None else None
        if transport is not None and not transport.is_closing():
            (transport.resume_reading if on else transport.pause_reading)()


async def _connect(url: URL) -> Any:
    options: dict[str, Any] = {"unix_socket": url.query["unix_socket"]} if "unix_socket" in url.query else {}
    if "ssl_ca" in url.query:
        options["ssl"] = ssl.create_default_context(cafile=str(url.query["ssl_ca"]))
    return await asyncmy.connect(
        host=url.host or "localhost",
        port=url.port or 3306,
        user=url.username,
        password=str(url.password or ""),
        database=url.database,
        charset="utf8mb4",
        connect_timeout=CONNECT,
        conv=_CONVERSIONS,
        **options,
    )


async def _kill(url: URL, thread: int) -> None:
    connection = await _connect(url)
    await connection.cursor().execute(f"KILL {int(thread)}")
    connection.close()


def _sent(name: str, value: object) -> object:
    if name == OWN:
        return tuple(value) if isinstance(value, list | tuple) and value else (None,)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return value.isoformat() if isinstance(value, date) else value


def _said(problem: BaseException) -> Exception:
    code = next(iter(getattr(problem, "args", ())), "")
    if code in TOO_LONG:
        return Overdue()
    if code in AUTHORS:
        return Broken(str(code), str(problem.args[1]) if len(problem.args) > 1 else "")
    return Away(str(code)[:200])
