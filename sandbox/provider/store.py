"""Where sessions, codes and refresh tokens live: JSON values with an end, in a SQLite file, kept through a restart."""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Clock = Callable[[], float]
TABLE = "CREATE TABLE IF NOT EXISTS entry (kind TEXT, key TEXT, value TEXT, expires REAL, PRIMARY KEY (kind, key))"
PUT = "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)"


class Store:
    """Entries by kind and key. Keys are hashed, because most of them are secrets."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.execute(TABLE)
        self._connection.execute("DELETE FROM entry WHERE expires <= ?", (clock(),))

    def now(self) -> float:
        """The present, in seconds since 1970."""
        return self._clock()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Read and write as one step: nobody else sees or changes an entry in between."""
        with self._lock:
            yield

    def put(self, kind: str, key: str, value: Mapping[str, Any], expires: float) -> None:
        """Write an entry that is there until `expires` (seconds since 1970)."""
        with self._lock:
            self._connection.execute(PUT, (kind, _hashed(key), json.dumps(value), expires))

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """The entry's value; None when there is none or its time is over."""
        query = "SELECT value FROM entry WHERE kind = ? AND key = ? AND expires > ?"
        with self._lock:
            row = self._connection.execute(query, (kind, _hashed(key), self._clock())).fetchone()
        return dict(json.loads(row[0])) if row else None

    def change(self, kind: str, key: str, **values: Any) -> None:
        """Change some fields of an entry and keep its end; does nothing when it is gone."""
        query = "UPDATE entry SET value = ? WHERE kind = ? AND key = ?"
        with self._lock:
            changed = json.dumps({**(self.get(kind, key) or {}), **values})
            self._connection.execute(query, (changed, kind, _hashed(key)))

    def delete(self, kind: str, key: str) -> None:
        """Remove an entry; does nothing when it is gone."""
        with self._lock:
            self._connection.execute("DELETE FROM entry WHERE kind = ? AND key = ?", (kind, _hashed(key)))

    def every(self, kind: str) -> list[dict[str, Any]]:
        """The values of all entries of a kind."""
        query = "SELECT value FROM entry WHERE kind = ? AND expires > ?"
        with self._lock:
            rows = self._connection.execute(query, (kind, self._clock())).fetchall()
        return [dict(json.loads(row[0])) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
