"""A file that is kept: whole or not at all, the same bytes on every replica, in memory that does not grow with it."""

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from bff.database import engine_for, upgrade
from microfrontends.reports.kept import PIECE, KeptFile, KeptFiles, LostFile
from microfrontends.reports.kept.files import STALE
from microfrontends.reports.kept.table import kept_file, kept_piece

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A database with the app's tables."""
    url = f"sqlite:///{tmp_path / 'app.sqlite'}"
    upgrade(url, "microfrontends.reports:migrations")
    return engine_for(url)


@pytest.fixture
def files(engine: Engine) -> KeptFiles:
    """The files in it."""
    return KeptFiles(engine, lambda: NOW)


def sizes(engine: Engine) -> list[int]:
    """Of all pieces, in their order."""
    with engine.connect() as connection:
        return [
            len(piece) for piece in connection.execute(sa.select(kept_piece.c.content).order_by("position")).scalars()
        ]


def rows(engine: Engine) -> int:
    """How many files there are, whole or not."""
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(kept_file)).scalar_one())


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 17])
@pytest.mark.parametrize("portion", [1000, PIECE, 2 * PIECE + 5])
def test_what_is_kept_is_read_again_byte_by_byte_whatever_its_size(
    files: KeptFiles, engine: Engine, size: int, portion: int
) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    content = content[:size]
    kept = files.keep(content[at : at + portion] for at in range(0, size, portion))
    assert (kept.size, kept.sha256) == (size, sha256(content).hexdigest())
    assert b"".join(files.read(kept.id)) == content
    assert all(each == PIECE for each in sizes(engine)[:-1])
    assert files.find(kept.id) == kept


def test_memory_stays_at_a_few_pieces(files: KeptFiles) -> None:
    def pieces() -> Iterator[bytes]:
        for number in range(24 * 16):
            yield bytes([number % 256]) * (PIECE // 16)

    tracemalloc.start()
    try:
        kept = files.keep(pieces())
        assert sum(len(piece) for piece in files.read(kept.id)) == 24 * PIECE
        assert tracemalloc.get_traced_memory()[1] < 8 * PIECE
    finally:
        tracemalloc.stop()


def test_nobody_reads_a_file_while_it_is_written(files: KeptFiles, engine: Engine) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a" * PIECE
        yield b"b" * PIECE
        with engine.connect() as connection:
            name = connection.execute(sa.select(kept_file.c.id)).scalar_one()
        assert files.find(name) is None
        with pytest.raises(LostFile):
            files.read(name)

    assert files.keep(pieces()).size == 2 * PIECE


def test_what_breaks_off_leaves_nothing(files: KeptFiles, engine: Engine) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a" * (2 * PIECE)
        raise TimeoutError

    with pytest.raises(TimeoutError):
        files.keep(pieces())
    assert (rows(engine), sizes(engine)) == (0, [])


def test_who_cannot_say_what_the_file_is_for_leaves_nothing(files: KeptFiles, engine: Engine) -> None:
    def refuse(_connection: Connection, _file: KeptFile) -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        files.keep([b"whole"], refuse)
    assert (rows(engine), sizes(engine)) == (0, [])


def test_a_file_whose_writer_died_is_swept_away_and_one_that_is_being_written_is_not(
    files: KeptFiles, engine: Engine
) -> None:
    whole = files.keep([b"whole"])
    writing = files.keep
    swept: list[int] = []

    def pieces() -> Iterator[bytes]:
        yield b"a" * PIECE
        yield b"b" * PIECE
        swept.append(files.sweep())
        later = KeptFiles(engine, lambda: NOW + STALE + timedelta(seconds=1))
        swept.append(later.sweep())
        yield b"c" * PIECE

    with pytest.raises(LostFile):  # whoever was thought dead finds out, and ends
        writing(pieces())
    assert swept == [0, 1]
    assert b"".join(files.read(whole.id)) == b"whole"
    assert rows(engine) == 1


def test_a_file_that_is_dropped_while_it_is_read_is_never_taken_for_whole(files: KeptFiles) -> None:
    kept = files.keep([b"a" * (3 * PIECE)])
    pieces = files.read(kept.id)
    next(pieces)
    files.drop(kept.id)
    with pytest.raises(LostFile):
        list(pieces)
    with pytest.raises(LostFile):
        files.read(kept.id)
