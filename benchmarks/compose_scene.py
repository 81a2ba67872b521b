"""Two composers of one page, our shell as it is served and Podium's layout, over one process with the fragments."""

import dataclasses
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from bff.access.assignments import SqlAssignments
from bff.database import own_migrations, upgrade
from bff.identity.cookies import Cookies
from bff.identity.relying_party import open_store
from bff.identity.sessions import Session, Sessions, Tokens
from bff.testing import settings_for
from shell.settings import ShellSettings

HERE = Path(__file__).parent / "podium"
PEER = Path(__file__).parents[1] / "build" / "podium"
TICKS = os.sysconf("SC_CLK_TCK")
SUBJECT = "u-bench"
LOGS = {"log_level": "WARNING"}  # neither composer writes a line for each page
# As in an image, modules are compiled before they are served: to compile them leaves holes in a process's memory.
BYTECODE = {"PYTHONPYCACHEPREFIX": str(PEER.parent / "bytecode"), "PYTHONDONTWRITEBYTECODE": ""}


class NoPeer(Exception):
    """Podium cannot be had here; the message says why."""


@dataclass(frozen=True)
class Burst:
    """What one burst of load saw."""

    pages: int
    seconds: float
    failed: int
    statuses: Mapping[str, int]
    complete: Mapping[str, int]  # pages that held all of a fragment
    bytes: int
    p50: float
    p99: float
    slowest: float
    cpu: float = 0.0  # the composer's, in seconds
    memory_mb: float = 0.0  # the composer's, at its end

    @property
    def cpu_ms(self) -> float:
        """CPU of one page."""
        return self.cpu / max(self.pages, 1) * 1000

    @property
    def rate(self) -> float:
        """Pages in a second."""
        return self.pages / self.seconds


@dataclass(frozen=True)
class Composer:
    """One composer: where it listens, its first process, and what a browser sends it."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    headers: Mapping[str, str]

    def load(self, connections: int, seconds: float, **more: Any) -> Burst:
        """So many at once for so long."""
        headers = {**self.headers, **more.pop("headers", {})}
        wanted = {"port": self.port, "headers": headers, "connections": connections, "seconds": seconds, **more}
        before = self.cpu_seconds()
        command = ["node", str(HERE / "load.mjs"), json.dumps(wanted)]
        done = subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command
        return Burst(**json.loads(done.stdout), cpu=self.cpu_seconds() - before, memory_mb=self.memory_mb())

    def cpu_seconds(self) -> float:
        """What it and its workers have used so far, those that have made room for another among them."""
        stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self._pids()]
        return sum(int(used) for fields in stats for used in fields[11:15]) / TICKS

    def memory_mb(self) -> float:
        """What it and its workers hold: PSS summed over the process tree, for both composers alike.

        Memory that the processes of a tree share counts once in it; of files that others have mapped too (the binary of
        Node or of Python, which this benchmark runs beside them) each counts its part. Ours is one process, and so is
        Podium's."""
        rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() for pid in self._pids()]
        lines = [line for rollup in rollups for line in rollup if line.startswith("Pss:")]
        return sum(int(line.split()[1]) for line in lines) / 1024

    def text(self) -> str:
        """The page once."""
        answer = urllib3.request("GET", f"http://127.0.0.1:{self.port}/", headers=dict(self.headers), redirect=False)
        return answer.data.decode()

    def _pids(self) -> list[int]:
        first = self.process.pid
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]


@dataclass(frozen=True)
class Fragments:
    """The process that serves f1, f2, f3 and so on, each on a port of its own; it does as it is told."""

    control: int
    ports: Sequence[int]

    def order(self, **orders: Any) -> None:
        """Behave so from now on: `cache`, `wait`, `faults`; whatever is not named is as at the start."""
        urllib3.request("POST", f"http://127.0.0.1:{self.control}/", json=orders)

    def forget(self) -> None:
        """Count anew."""
        urllib3.request("DELETE", f"http://127.0.0.1:{self.control}/")

    def counts(self) -> dict[str, int]:
        """How often each fragment was asked for."""
        counted: dict[str, int] = urllib3.request("GET", f"http://127.0.0.1:{self.control}/").json()
        return counted


@contextmanager
def fragments(most: int) -> Iterator[Fragments]:
    """So many fragments of 3, 20 and 3 kB in turn."""
    control, *ports = _free_ports(most + 1)
    with _process(["node", str(HERE / "fragments.mjs"), str(control), *map(str, ports)], {}):
        _until(lambda: _open(control))
        yield Fragments(control, ports)


@contextmanager
def podium(served: Fragments, count: int) -> Iterator[Composer]:
    """Podium's layout with the first `count` fragments. Raises NoPeer."""
    _install()
    (port,) = _free_ports(1)
    command = ["node", str(PEER / "layout.mjs"), str(port), *map(str, served.ports[:count])]
    with _process(command, {"NODE_ENV": "production"}) as process:
        yield _ready(Composer("podium", port, process, {}), count)


@contextmanager
def shell(served: Fragments, count: int, **settings: Any) -> Iterator[Composer]:
    """Our shell with the first `count` fragments, each a micro-frontend of its own, and somebody signed in."""
    (port,) = _free_ports(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "roles").mkdir()
        (folder / "roles" / "bench.yaml").write_text(_roles(count))
        apps = " ".join(f"f{index + 1}=http://127.0.0.1:{at}" for index, at in enumerate(served.ports[:count]))
        given = {"base_url": f"http://localhost:{port}", "microfrontends": apps, "roles_dir": folder / "roles"}
        given |= {"shell_url": "", "shell_keys": None, "cookie_secure": False, **LOGS, **settings}
        made = settings_for(ShellSettings, folder, **given)
        for where in own_migrations("shell"):
            upgrade(made.own_database, where)
        _compile()
        values = {field.name: getattr(made, field.name) for field in dataclasses.fields(made)}
        environment = {
            f"BIZOPS_{name.upper()}": str(value) for name, value in values.items() if value not in (None, "")
        } | BYTECODE
        command = [sys.executable, "-c", "from bff.cli import main; main()", "serve", "shell", "--port", str(port)]
        with _process(command, environment) as process:
            yield _ready(Composer("shell", port, process, {"Cookie": _signed_in(made)}), count)


def _compile() -> None:
    """Have the bytecode of all that the shell loads, whatever the environment keeps."""
    command = [sys.executable, "-c", "import bff.cli, shell.app"]
    subprocess.run(command, env=os.environ | BYTECODE, check=True)  # noqa: S603 - our own command


def _roles(count: int) -> str:
    permissions = json.dumps([f"f{number}:card:view" for number in range(1, count + 1)])
    spec = f"spec: {{role: bench, title: Bench, scope: hub, permissions: {permissions}}}"
    return f"kind: MojaloopRole\nmetadata: {{name: bench}}\n{spec}\n"


def _signed_in(settings: ShellSettings) -> str:
    """The cookie of a session that the app's own code has put into its store."""
    SqlAssignments(settings.access_database_url).assign(SUBJECT, "bench", "benchmark")
    sessions = Sessions(open_store(settings.redis_url, settings.state_dir, "shell"), 900, 28800)
    now = time.time()
    who = (settings.oidc_issuer, SUBJECT, "Olivia Okello", "olivia", None, None, "t" * 32, None, (), int(now), now)
    ticket, _ = sessions.begin(Session(*who, Tokens("access", None, "id" * 400, "openid", now + 28800)))
    sessions.store.close()
    return f"{Cookies('shell', secure=settings.cookie_secure).session}={ticket.cookie}"


def _install() -> None:
    """Podium and Express from the npm registry, once, into the build folder."""
    if not shutil.which("npm"):
        raise NoPeer("npm is not here, so Podium cannot be installed: the comparison with it is left out")
    PEER.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "layout.mjs"):
        shutil.copy(HERE / name, PEER / name)
    if not (PEER / "node_modules" / "@podium" / "layout").is_dir():
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent"]
        if subprocess.run(command, cwd=PEER, check=False).returncode:  # noqa: S603 - our own command
            raise NoPeer("npm could not install @podium/layout: the comparison with it is left out")


def version_of(package: str) -> str:
    """The installed version of one of the peer's packages."""
    return str(json.loads((PEER / "node_modules" / package / "package.json").read_text())["version"])


def marks(count: int) -> list[str]:
    """What stands at the end of each fragment."""
    return [f'data-end="f{number}"' for number in range(1, count + 1)]


def _ready(composer: Composer, count: int) -> Composer:
    _until(lambda: _open(composer.port) and _is_whole(composer, count))
    return composer


def _is_whole(composer: Composer, count: int) -> bool:
    try:
        text = composer.text()
    except urllib3.exceptions.HTTPError:  # it listens, and is not there yet
        return False
    return all(mark in text for mark in marks(count))


@contextmanager
def _process(command: list[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with ExitStack() as stack:
        quiet = stack.enter_context(Path(os.devnull).open("wb"))
        process = subprocess.Popen(command, env=os.environ | environment, stdout=quiet)  # noqa: S603 - our own
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        return [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(count)]


def _open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _until(true: Callable[[], bool]) -> None:
    """Wait for it. Raises RuntimeError after two minutes."""
    ends = time.monotonic() + 120
    while not true():
        if time.monotonic() > ends:
            raise RuntimeError("what is to be measured did not start")
        time.sleep(0.1)
