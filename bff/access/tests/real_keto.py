"""A real Ory Keto for the tests, built while others run, started on free ports of loopback."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.parts import go
from tests.parts.ran import ran
from tests.parts.servers import Ports, serving

NAMESPACES = ("role", "participant", "permission")
APIS = ("read", "write", "metrics", "opl")


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """One that keeps everything in memory; answers the URL that a store is told."""
    program = go.program("keto")

    def command(ports: Ports) -> list[str]:
        configuration = {
            "dsn": "memory",
            "log": {"level": "error"},
            "namespaces": [{"id": number, "name": name} for number, name in enumerate(NAMESPACES)],
            "serve": {name: {"host": "127.0.0.1", "port": port} for name, port in zip(APIS, ports, strict=True)},
        }
        (folder / "keto.json").write_text(json.dumps(configuration), "utf-8")
        return [program, "serve", "--sqa-opt-out", "-c", str(folder / "keto.json")]

    def ready(ports: Ports) -> None:
        for port in ports[:2]:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5).close()

    with serving(command, len(APIS), ready, folder / "keto.log") as ports:
        ran("keto")
        yield f"keto://127.0.0.1:{ports[0]}?write=127.0.0.1:{ports[1]}"
