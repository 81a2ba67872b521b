"""A real PostgreSQL for the tests, of our own, on a free port of loopback; where the machine has none there is none."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

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
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder, socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
        data, run = _owned(folder)
        subprocess.run([initdb, "-D", data, "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-sync"], **run, check=True)
        free.close()
        server = subprocess.Popen([postgres, "-D", data, "-p", str(port), *_FOR_TESTS], **run)
        try:
            _wait_for(port, server)
            yield f"postgresql+psycopg://{_USER}@127.0.0.1:{port}/postgres"
        finally:
            server.terminate()
            server.wait(20)


def _owned(folder: str) -> tuple[str, dict[str, Any]]:
    """Where its data go, and how to run its programs: it refuses to run as root."""
    run: dict[str, Any] = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if os.geteuid() == 0:
        shutil.chown(folder, _USER, _USER)
        run |= {"user": _USER, "group": _USER, "extra_groups": []}
    return str(Path(folder) / "data"), run


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        if server.poll() is not None:
            break
        try:
            psycopg.connect(host="127.0.0.1", port=port, user=_USER, dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("PostgreSQL did not start")
