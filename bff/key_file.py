"""How keys lie in a file: replaced in one step, changed by one process at a time, seen when changed."""

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any


class KeyFileError(Exception):
    """The key file is absent, unreadable or holds no usable private key. The message says which, and names the file."""


def stamp(path: Path) -> tuple[int, int, int]:
    """What changes whenever the file does; zeros when there is none."""
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0)
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def replace(path: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    """Write a JWK set in place of the file, for its owner alone."""
    # A temporary file is made 0600 and replaces the old one in a single step: no reader ever sees half a file.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump({"keys": entries}, stream, indent=2)
        stream.flush()
        os.fsync(stream.fileno())
    Path(name).replace(path)


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the file's lock against every other process; its folder is made when absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path.with_name(f"{path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
