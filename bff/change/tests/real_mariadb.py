"""A real MariaDB for the tests, of our own, on a free port of loopback; where the machine has none there is none."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymysql

from tests.parts.ran import ran
from tests.parts.servers import Ports, serving

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
        data = Path(folder) / "data"
        user = ["--user=root"] if os.geteuid() == 0 else []
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        ways = ["--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(
            [str(program(INSTALLER)), "--no-defaults", f"--datadir={data}", *user, *ways], check=True, **quiet
        )
        files = [f"--datadir={data}", f"--socket={folder}/socket", f"--pid-file={folder}/pid"]
        fast = ["--bind-address=127.0.0.1", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0"]

        def command(ports: Ports) -> list[str]:
            return [str(program(SERVER)), "--no-defaults", *user, *files, *fast, f"--port={ports[0]}"]

        with serving(command, 1, _ready, Path(folder) / "mariadb.log") as ports:
            with pymysql.connect(host="127.0.0.1", port=ports[0], user="root") as connection:
                connection.cursor().execute("CREATE DATABASE portal CHARACTER SET utf8mb4")
            ran("mariadb")
            yield f"mysql+pymysql://root@127.0.0.1:{ports[0]}/portal?charset=utf8mb4"


def _ready(ports: Ports) -> None:
    try:
        pymysql.connect(host="127.0.0.1", port=ports[0], user="root").close()
    except pymysql.err.OperationalError as away:
        raise ConnectionError from away
