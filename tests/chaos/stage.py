"""A portal as a site runs it: two shells behind a balancer, Redis, PostgreSQL; any part can be killed."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.provider.people import read_machines, read_people
from sandbox.up import databases, free_base_port
from sandbox.up.fleet import Fleet
from sandbox.up.folder import furnish
from sandbox.up.plan import APPS, MACHINES_FILE, USERS_FILE, WORKERS, Plan
from sandbox.up.ports import HELLO
from sandbox.up.process import Program
from tests.chaos.servers import PostgreSQL, Redis, eventually
from tests.composition.balancing import Balancer, Part

REPLICAS = ("shell-1", "shell-2")
# Registered, and never there: whoever keeps the registry may turn them off and on without harm to anybody.
GUESTS = tuple(f"guest-{number}" for number in range(1, 7))
SETTINGS = {"BIZOPS_LOGIN_RATE": "100000 per minute"}


@dataclass(frozen=True)
class Site(Plan):
    """A plan with databases of a server, and two shells behind one address."""

    server: PostgreSQL | None = None
    front: int = 0

    @property
    def urls(self) -> dict[str, str]:
        return {**super().urls, "shell": f"http://localhost:{self.front}"}

    def database(self, name: str) -> str:
        assert self.server is not None
        return super().database(name) if name == "hub" else self.server.url(name)

    def programs(self, secrets: Mapping[str, str]) -> list[Program]:
        made = {program.name: program for program in super().programs(secrets)}
        shell = made.pop("shell")
        for name, port in self.replicas.items():
            words = tuple(str(port) if word == str(shell.port) else word for word in shell.command)
            made[name] = replace(shell, name=name, port=port, command=words)
        return list(made.values())

    @property
    def replicas(self) -> dict[str, int]:
        """The ports of the two shells."""
        return dict(zip(REPLICAS, (self.port, self.port + HELLO), strict=True))


class Stage:
    """All of it, from the first to the last of its processes: `with Stage(folder) as stage:`."""

    fleet: Fleet

    def __init__(self, folder: Path) -> None:
        self._ending = ExitStack()
        # Not below the test's own folder, which is nobody's but the user's who tests.
        apart = self._ending.enter_context(tempfile.TemporaryDirectory(prefix="chaos-"))
        self.redis, self.postgresql = Redis(folder), PostgreSQL(Path(apart))
        base = free_base_port()
        shells = [Part(name, folder, port) for name, port in zip(REPLICAS, (base, base + HELLO), strict=True)]
        self.balancer = Balancer(shells)
        guests = dict.fromkeys(GUESTS, f"http://localhost:{base + HELLO + 1}")
        settings = SETTINGS | {"BIZOPS_REDIS_URL": self.redis.url}
        front = self.balancer.port
        self.plan = Site(base, folder / "portal", settings, guests, server=self.postgresql, front=front)
        self.base_url = self.plan.urls["shell"]

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._ending.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.close()

    def _start(self) -> None:
        self._ending.callback(self.redis.kill)
        self.redis.start()
        self._ending.callback(self.postgresql.kill)
        self.postgresql.prepare(("access", *APPS))
        self.plan.folder.mkdir()
        self.fleet = Fleet(self.plan.programs(furnish(self.plan)), self.plan.folder / "log")
        self._ending.callback(self._end)
        self.fleet.start_all()
        databases.prepare(self.plan, (*read_people(USERS_FILE), *read_machines(MACHINES_FILE)))
        self.fleet.wait()
        self._ending.callback(self.balancer.close)
        self.balancer.start()

    def _end(self) -> None:
        """At once: nobody waits for anything any more."""
        for name in self.fleet.processes:
            self.fleet.kill(name)
        self.fleet.stop_all()

    def workers_go_on(self) -> None:
        """Wait until each worker has been round once more, which it says only where it has reached its database."""
        beats = [process.program.beat for process in self.fleet.processes.values() if process.program.beat]
        for beat in beats:
            beat.unlink()
        eventually(lambda: all(beat.exists() for beat in beats), lambda: [beat for beat in beats if not beat.exists()])

    def kill(self, part: str) -> None:
        """End a part at once."""
        self._part(part)[0]()

    def restart(self, part: str) -> None:
        """Start it again, and return when it says that it is ready."""
        self._part(part)[1]()

    def _part(self, part: str) -> tuple[Callable[[], None], Callable[[], None]]:
        servers = {"redis": self.redis, "database": self.postgresql}
        if part in servers:
            return servers[part].kill, servers[part].start
        name = REPLICAS[0] if part == "shell" else part
        # An app takes its worker along, as a machine does on which both run.
        names = [name, *([f"{name}-worker"] if name in WORKERS else [])]
        return partial(_each, self.fleet.kill, names), partial(_each, self.fleet.start, names)


def _each(do: Callable[[str], None], names: Sequence[str]) -> None:
    for name in names:
        do(name)
