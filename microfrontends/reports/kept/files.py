"""How a file is kept: piece by piece while it is written, readable only once it is whole, swept away if it never is."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from bff.change.tasks import naive
from microfrontends.reports.kept.table import PIECE, kept_file, kept_piece

STALE = timedelta(hours=1)  # after which whoever wrote a half-written file has died
_file, _piece = kept_file.c, kept_piece.c


@dataclass(frozen=True)
class KeptFile:
    """A whole file: its size in bytes, and the SHA-256 over all of them."""

    id: str
    size: int
    sha256: str


Link = Callable[[Connection, KeptFile], None]  # whoever needs the file says so in the transaction that completes it


class LostFile(Exception):
    """The file is not there, or not whole; while it is written: somebody has swept it away."""


class KeptFiles:
    """The files of one app. Memory stays at a piece or two, however large a file is."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.engine, self._clock = engine, clock

    def keep(self, pieces: Iterable[bytes], link: Link | None = None) -> KeptFile:
        """Keep a file. Whatever ends it early leaves nothing behind; a process that is killed leaves it to `sweep`.

        `link` runs in the transaction that makes the file readable: if it raises, there is no file.
        """
        name, digest, size = str(uuid4()), sha256(), 0
        with self.engine.begin() as connection:
            row = {"id": name, "touched_at": naive(self._clock()), "complete": False, "size": 0, "sha256": ""}
            connection.execute(sa.insert(kept_file).values(row))
        try:
            for position, content in enumerate(_cut(pieces)):
                digest.update(content)
                size += len(content)
                self._add(name, position, content)
            whole = KeptFile(name, size, digest.hexdigest())
            with self.engine.begin() as connection:
                self._touch(connection, name, complete=True, size=size, sha256=whole.sha256)
                if link:
                    link(connection, whole)
        except BaseException:
            self.drop(name)
            raise
        return whole

    def find(self, file_id: str) -> KeptFile | None:
        """What is known of a whole file; None for any other."""
        query = sa.select(kept_file).where(_file.id == file_id, _file.complete.is_(True))
        with self.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return KeptFile(row.id, row.size, row.sha256) if row else None

    def read(self, file_id: str) -> Iterator[bytes]:
        """The pieces of a whole file, each read when asked for. Raises LostFile, at once or when it is dropped."""
        found = self.find(file_id)
        if found is None:
            raise LostFile(file_id)
        return self._pieces(found)

    def drop(self, file_id: str) -> None:
        """Forget a file."""
        with self.engine.begin() as connection:
            self.drop_in(connection, file_id)

    def drop_in(self, connection: Connection, file_id: str) -> None:
        """The same in a transaction of whoever no longer needs it."""
        connection.execute(sa.delete(kept_piece).where(_piece.file == file_id))
        connection.execute(sa.delete(kept_file).where(_file.id == file_id))

    def sweep(self) -> int:
        """Forget files that somebody began and never ended; how many."""
        old = sa.select(_file.id).where(_file.complete.is_(False), _file.touched_at < naive(self._clock()) - STALE)
        with self.engine.connect() as connection:
            found = list(connection.execute(old).scalars())
        for file_id in found:
            self.drop(file_id)
        return len(found)

    def _add(self, name: str, position: int, content: bytes) -> None:
        with self.engine.begin() as connection:
            self._touch(connection, name)
            connection.execute(sa.insert(kept_piece).values(file=name, position=position, content=content))

    def _touch(self, connection: Connection, name: str, **values: Any) -> None:
        there = (_file.id == name, _file.complete.is_(False))
        kept = {"touched_at": naive(self._clock()), **values}
        if connection.execute(sa.update(kept_file).where(*there).values(kept)).rowcount != 1:
            raise LostFile(name)

    def _pieces(self, whole: KeptFile) -> Iterator[bytes]:
        position = sent = 0
        while sent < whole.size:
            query = sa.select(_piece.content).where(_piece.file == whole.id, _piece.position == position)
            with self.engine.connect() as connection:
                content = connection.execute(query).scalar_one_or_none()
            if content is None:
                raise LostFile(whole.id)
            yield bytes(content)
            position, sent = position + 1, sent + len(content)


def _cut(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of 1 MB, the last one shorter."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
    if held:
        yield bytes(held)
