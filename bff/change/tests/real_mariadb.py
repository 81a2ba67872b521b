"""A real MariaDB for the tests, of our own, on a free port of loopback; where the machine has none there is none."""

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

import pymysql

_PLACES = "/usr/sbin", "/usr/bin", "/usr/local/bin"  # a server's programs may be off the path
SERVER, INSTALLER, ITS_HELP = "mariadbd", "mariadb-install-db", "my_print_defaults"


def program(name: str) -> str | None:
    """The path of one of its programs; None when this machine has no server."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *_PLACES]))


def present() -> bool:
    """Whether this machine has a server."""
    return all(program(name) for name in (SERVER, INSTALLER, ITS_HELP))


@contextmanager
def running() -> Iterator[str]:
    """One that forgets everything; answers its SQLAlchemy URL."""
    with tempfile.TemporaryDirectory(prefix="mariadb-") as folder:
        data, port = Path(folder) / "data", _free_port()
        user = ["--user=root"] if os.geteuid() == 0 else []
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        ways = ["--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(
            [str(program(INSTALLER)), "--no-defaults", f"--datadir={data}", *user, *ways], check=True, **quiet
        )
        files = [f"--datadir={data}", f"--socket={folder}/socket", f"--pid-file={folder}/pid"]
        place = ["--bind-address=127.0.0.1", f"--port={port}", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0"]
        server = subprocess.Popen([str(program(SERVER)), "--no-defaults", *user, *files, *place], **quiet)
        try:
            _prepare(port, server)
            yield f"mysql+pymysql://root@127.0.0.1:{port}/portal?charset=utf8mb4"
        finally:
            server.terminate()
            server.wait(30)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _prepare(port: int, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        if server.poll() is not None:
            break
        try:
            with pymysql.connect(host="127.0.0.1", port=port, user="root") as connection:
                connection.cursor().execute("CREATE DATABASE portal CHARACTER SET utf8mb4")
        except pymysql.err.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("MariaDB did not start")
