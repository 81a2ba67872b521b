"""A Redis and a PostgreSQL that outlive being killed: each keeps its port and its data, and starts on them again."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import redis

from bff.access.tests.real_postgresql import program
from tests.parts.ran import ran
from tests.parts.servers import free_ports

PATIENCE_S = 120.0
USER = "postgres"


class Server:
    """One server process, on one port for as long as the test lasts."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_ports(1)[0]
        self.log = folder / "server.log"
        self.how: dict[str, Any] = {"cwd": folder}
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> Sequence[str]:
        """What runs."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether it takes a connection now."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it, and wait until it answers. What is left of a killed one may keep it from starting for a moment."""
        until = time.monotonic() + PATIENCE_S
        while not self._running() or not self.answers():
            if not self._running():
                with self.log.open("ab") as log:
                    self._process = subprocess.Popen(self.command(), stdout=log, stderr=log, **self.how)
            assert time.monotonic() < until, self.log.read_text("utf-8", "replace")[-3000:]
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a machine does that loses its power."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _running(self) -> bool:
        return self._process is not None and self._process.poll() is None


class Redis(Server):
    """Keeps what it is told in a file, as a Redis must that sessions are to outlive."""

    def command(self) -> Sequence[str]:
        path = shutil.which("redis-server")
        assert path, "redis-server is not installed"
        kept = ["--dir", str(self.folder), "--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        return [path, "--port", str(self.port), "--bind", "127.0.0.1", *kept]

    def answers(self) -> bool:
        with redis.Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:  # not there yet, or still reading its file
                return False

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"


class PostgreSQL(Server):
    """Holds a database for each app."""

    def prepare(self, names: Sequence[str]) -> None:
        """Make its files, start it and make the databases."""
        if os.geteuid() == 0:  # it refuses to run as root
            shutil.chown(self.folder, USER, USER)
            self.how |= {"user": USER, "group": USER, "extra_groups": []}
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        made = [_path("initdb"), "-D", self._data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(made, check=True, **quiet, **self.how)
        self.start()
        ran("postgresql")
        with self._connect() as connection:
            for name in names:
                connection.execute(f'CREATE DATABASE "{name}"')

    def command(self) -> Sequence[str]:
        # The system keeps what was written when a process is killed; no disk has to be waited for.
        told = ["-c", "fsync=off", "-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1"]
        return [_path("postgres"), "-D", self._data, "-p", str(self.port), "-c", "max_connections=300", *told]

    def answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def url(self, name: str) -> str:
        """SQLAlchemy's, of one of its databases."""
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{name}"

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _connect(self) -> "psycopg.Connection[Any]":
        where: dict[str, Any] = {"host": "127.0.0.1", "port": self.port, "connect_timeout": 5}
        return psycopg.connect(user=USER, dbname="postgres", autocommit=True, **where)


def _path(name: str) -> str:
    path = program(name)
    assert path, "PostgreSQL is not installed"
    return path


def eventually(what: Callable[[], Any], told: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    """Wait until something is so; fails with what `told` says when that takes too long."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, told()
        time.sleep(0.05)
