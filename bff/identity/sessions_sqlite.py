"""Where sessions live when there is no Redis: one SQLite file that the processes of an app on one machine share."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bff.identity.sessions import Record

BUSY_S = 5.0
SWEEP_EVERY_S = 60.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    name TEXT PRIMARY KEY, value BLOB NOT NULL, idle_until REAL NOT NULL, ends_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS found_by (
    finder TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (finder, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS found_by_name ON found_by (name);
CREATE TABLE IF NOT EXISTS held (lock TEXT PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL);
"""


class SqliteSessions:
    """A SessionStore in a file that only its owner may read. Threads share one connection; a fork opens its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._pid = 0
        self._connection: sqlite3.Connection | None = None
        self._swept = 0.0
        path.parent.mkdir(parents=True, exist_ok=True)
        # Made 0600 before SQLite opens it: its write-ahead files take the same mode.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with self._writing() as connection:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)

    def put(self, name: str, record: Record) -> None:
        """Keep a record, in place of any of the same name."""
        with self._writing() as connection:
            self._sweep(connection)
            row = (name, record.value, record.idle_until, record.ends_at)
            connection.execute("REPLACE INTO record (name, value, idle_until, ends_at) VALUES (?, ?, ?, ?)", row)
            connection.execute("DELETE FROM found_by WHERE name = ?", (name,))
            pairs = [(index, name) for index in record.indexes]
            connection.executemany("INSERT INTO found_by (finder, name) VALUES (?, ?)", pairs)

    def get(self, name: str) -> Record | None:
        """The record of that name."""
        with self._lock:
            query = "SELECT value, idle_until, ends_at FROM record WHERE name = ?"
            row = self._open().execute(query, (name,)).fetchone()
        return Record(*row) if row else None

    def take(self, name: str) -> Record | None:
        """The record of that name, deleted in the same step."""
        with self._writing() as connection:
            statement = "DELETE FROM record WHERE name = ? RETURNING value, idle_until, ends_at"
            row = connection.execute(statement, (name,)).fetchone()
            connection.execute("DELETE FROM found_by WHERE name = ?", (name,))
        return Record(*row) if row else None

    def rewrite(self, name: str, value: bytes) -> bool:
        """Change the value of a record that is there."""
        with self._writing() as connection:
            return connection.execute("UPDATE record SET value = ? WHERE name = ?", (value, name)).rowcount == 1

    def touch(self, name: str, idle_until: float) -> None:
        """Put off the idle end of a record that is there."""
        with self._writing() as connection:
            connection.execute("UPDATE record SET idle_until = ? WHERE name = ?", (idle_until, name))

    def delete(self, name: str) -> bool:
        """Delete the record."""
        return self.take(name) is not None

    def delete_indexed(self, index: str) -> int:
        """Delete every record with that index."""
        with self._writing() as connection:
            rows = connection.execute("SELECT name FROM found_by WHERE finder = ?", (index,)).fetchall()
            gone = sum(connection.execute("DELETE FROM record WHERE name = ?", row).rowcount for row in rows)
            connection.executemany("DELETE FROM found_by WHERE name = ?", rows)
        return gone

    def acquire(self, lock: str, owner: str, ttl: float) -> bool:
        """Take a lock, free or left over from an owner whose time has passed."""
        now = time.time()
        with self._writing() as connection:
            statement = (
                "INSERT INTO held (lock, owner, until) VALUES (?, ?, ?) ON CONFLICT (lock) "
                "DO UPDATE SET owner = excluded.owner, until = excluded.until WHERE until <= ?"
            )
            return connection.execute(statement, (lock, owner, now + ttl, now)).rowcount == 1

    def release(self, lock: str, owner: str) -> None:
        """Give the lock back, if it is still this owner's."""
        with self._writing() as connection:
            connection.execute("DELETE FROM held WHERE lock = ? AND owner = ?", (lock, owner))

    def ping(self) -> None:
        """Raise unless the file can be read."""
        with self._lock:
            self._open().execute("SELECT 1 FROM record LIMIT 1").fetchone()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None and self._pid == os.getpid():
                self._connection.close()
            self._connection = None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            connection = self._open()
            # IMMEDIATE: two processes never read the same state and then both write.
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        # A connection must not cross a fork: the child opens its own and leaves the parent's untouched.
        if self._connection is None or self._pid != os.getpid():
            connection = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA secure_delete = ON")
            self._connection, self._pid = connection, os.getpid()
        return self._connection

    def _sweep(self, connection: sqlite3.Connection) -> None:
        now = time.time()
        if now - self._swept < SWEEP_EVERY_S:
            return
        self._swept = now
        connection.execute("DELETE FROM record WHERE idle_until <= ? OR ends_at <= ?", (now, now))
        connection.execute("DELETE FROM found_by WHERE name NOT IN (SELECT name FROM record)")
        connection.execute("DELETE FROM held WHERE until <= ?", (now,))
