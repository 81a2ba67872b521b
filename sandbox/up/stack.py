"""A running portal as an object: for `bizops up`, and for tests that need the whole."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.provider.people import Person, read_machines, read_people
from sandbox.up import databases
from sandbox.up.fleet import Fleet
from sandbox.up.folder import furnish, held
from sandbox.up.plan import MACHINES_FILE, USERS_FILE, Plan
from sandbox.up.ports import require_free


class Stack:
    """All processes of one portal. `with Stack(port, folder) as stack:` returns when all are ready; its end stops all.

    `settings` go to every app, for instance {"BIZOPS_IDLE_MINUTES": "1"}; `microfrontends` (name -> URL) are registered
    beside ours; with `live` the hub makes traffic of its own. Raises Problem, with nothing left running.
    """

    fleet: Fleet

    def __init__(
        self,
        port: int = 8000,
        state_dir: Path = Path("var"),
        *,
        settings: Mapping[str, str] | None = None,
        microfrontends: Mapping[str, str] | None = None,
        live: bool = False,
    ) -> None:
        self.plan = Plan(port, state_dir.resolve(), settings or {}, microfrontends or {}, live)
        self.urls = self.plan.urls
        self.base_url = self.urls["shell"]
        self.people: tuple[Person, ...] = tuple(person for person in read_people(USERS_FILE) if person.shown)
        self.secrets: dict[str, str] = {}
        self.ready_seconds = 0.0
        self._ending = ExitStack()

    def __enter__(self) -> Self:
        begun = time.monotonic()
        try:
            self._start()
        except BaseException:
            self._ending.close()
            raise
        self.ready_seconds = time.monotonic() - begun
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.close()

    @property
    def logs(self) -> dict[str, Path]:
        """The log of each process."""
        return {name: process.log for name, process in self.fleet.processes.items()}

    def start(self, name: str) -> None:
        """Start one process again and wait until it is ready."""
        self.fleet.start(name)

    def stop(self, name: str) -> None:
        """Stop one process in order; the others go on."""
        self.fleet.stop(name)

    def _start(self) -> None:
        self._ending.enter_context(held(self.plan.folder))
        require_free(self.plan.port)
        self.secrets = furnish(self.plan)
        self.fleet = Fleet(self.plan.programs(self.secrets), self.plan.folder / "log")
        self._ending.callback(self.fleet.stop_all)
        self.fleet.start_all()
        # Meanwhile: whoever needs a table says so as "not ready".
        databases.prepare(self.plan, (*read_people(USERS_FILE), *read_machines(MACHINES_FILE)))
        self.fleet.wait()
