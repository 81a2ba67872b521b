"""A real PostgreSQL for the tests, of our own, on a free port of loopback; where the machine has none there is none."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.parts.ran import ran
from tests.parts.servers import Ports, serving

_DEBIAN = Path("/usr/lib/postgresql")  # where Debian keeps the server's programs, off the path
_USER = "postgres"
_FOR_TESTS = ["-c", "fsync=off", "-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1"]


def program(name: str) -> str | None:
    """The path of one of its programs; None when this machine has no server."""
    return shutil.which(name) or next((str(path) for path in sorted(_DEBIAN.glob(f"*/bin/{name}"))), None)


@contextmanager
def running() -> Iterator[str]:
    """One that forgets everything; answers its SQLAlchemy URL."""
    initdb, postgres = program("initdb"), program("postgres")
    assert initdb
    assert postgres
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        data, how = _owned(folder)
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        made = [initdb, "-D", data, "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(made, check=True, **quiet, **how)

        def command(ports: Ports) -> list[str]:
            return [postgres, "-D", data, "-p", str(ports[0]), *_FOR_TESTS]

        with serving(command, 1, _ready, Path(folder) / "postgresql.log", **how) as ports:
            ran("postgresql")
            yield f"postgresql+psycopg://{_USER}@127.0.0.1:{ports[0]}/postgres"


def _owned(folder: str) -> tuple[str, dict[str, Any]]:
    """Where its data go, and how to run its programs: it refuses to run as root."""
    how: dict[str, Any] = {"cwd": folder}
    if os.geteuid() == 0:
        shutil.chown(folder, _USER, _USER)
        how |= {"user": _USER, "group": _USER, "extra_groups": []}
    return str(Path(folder) / "data"), how


def _ready(ports: Ports) -> None:
    try:
        psycopg.connect(host="127.0.0.1", port=ports[0], user=_USER, dbname="postgres").close()
    except psycopg.OperationalError as away:
        raise ConnectionError from away
