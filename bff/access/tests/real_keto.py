"""A real Ory Keto for the tests: built by `python -m bff.access.tests.real_keto`, started on free ports of loopback.

Its module cannot be installed by `go install`, since it replaces others; so it is built from a module of our own that
replaces the same. That takes some two minutes and a network, once, and is therefore not part of `make test`.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = "v0.13.0-alpha.0"  # the newest whose parts are all on the Go module proxy
NAMESPACES = ("role", "participant", "permission")
BUILT = Path(__file__).parents[3] / "build" / "keto"
MODULE = f"""module local/keto

go 1.21

require github.com/ory/keto {VERSION}

replace github.com/ory/keto/proto => github.com/ory/keto/proto {VERSION}

replace github.com/opencontainers/runc => github.com/opencontainers/runc v1.1.12
"""
NEEDS = """//go:build tools

package keto

import _ "github.com/ory/keto"
"""  # nothing that is compiled: it keeps the module from being tidied away


def program() -> Path | None:
    """Keto's executable: the one named by KETO, on the path, or built here; None when there is none."""
    named = os.environ.get("KETO") or shutil.which("keto")
    return Path(named) if named else BUILT if BUILT.exists() else None


def build() -> None:
    """Build it into build/keto, or say in one sentence why it cannot be."""
    for tool in ("go", "gcc"):
        if not shutil.which(tool):
            sys.exit(f"Keto is written in Go over C's SQLite: install {tool}, then run this again.")
    folder = BUILT.parent / "keto-module"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "go.mod").write_text(MODULE)
    (folder / "keto.go").write_text(NEEDS)
    environment = os.environ | {"GOFLAGS": "-mod=mod", "CGO_ENABLED": "1"}
    for command in (
        ["go", "mod", "tidy"],
        ["go", "build", "-tags", "sqlite,json1", "-p", "1", "-o", str(BUILT), "github.com/ory/keto"],
    ):
        if subprocess.run(["nice", *command], cwd=folder, env=environment, check=False).returncode:
            sys.exit(f"{' '.join(command)} failed; without a network its modules cannot be had.")
    sys.stdout.write(f"built {BUILT}\n")


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """One that keeps everything in memory; answers the URL that a store is told."""
    executable = program()
    assert executable is not None
    names = ("read", "write", "metrics", "opl")
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    configuration = {
        "dsn": "memory",
        "log": {"level": "error"},
        "namespaces": [{"id": number, "name": name} for number, name in enumerate(NAMESPACES)],
        "serve": {name: {"host": "127.0.0.1", "port": port} for name, port in ports.items()},
    }
    (folder / "keto.json").write_text(json.dumps(configuration))
    with (folder / "keto.log").open("wb") as log:
        command = [str(executable), "serve", "--sqa-opt-out", "-c", str(folder / "keto.json")]
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_for(f"http://127.0.0.1:{ports['read']}/health/ready", server, folder / "keto.log")
        yield f"keto://127.0.0.1:{ports['read']}?write=127.0.0.1:{ports['write']}"
    finally:
        server.terminate()
        server.wait(10)


def _free_ports(count: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(listener.getsockname()[1]) for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def _wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(200):
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"Keto did not start:\n{log.read_text()}")


if __name__ == "__main__":
    build()
