"""People at work in threads of their own: they look at pages, sign in, and change things, for as long as it lasts."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Self

from tests.chaos.answers import Outcome
from tests.chaos.changes import Changing, memberships, registrations, windows
from tests.chaos.people import Somebody
from tests.chaos.servers import eventually
from tests.chaos.stage import Stage

# Who looks at what: every app, and what the shell makes itself.
READERS = {
    "ada": ("/", "/audit", "/reports/catalogue", "/guides"),
    "marcus": ("/settlement/windows", "/settlement/api/windows", "/approvals", "/users/people"),
    "ravi": ("/reports/catalogue/dfsp-settlement",),
    "paula": ("/microfrontends", "/api/microfrontends"),
}
COMING = "clara"
SIGN_IN = "sign in"
PAUSE_S = 0.15
SUBJECTS = [f"u-{number}" for number in range(201, 301)]


class Load:
    """All of them. `told` holds every request that any of them made, in the order in which they ended."""

    def __init__(self, stage: Stage) -> None:
        self.told: list[Outcome] = []
        self._over, self._stage = threading.Event(), stage
        self._pool = ThreadPoolExecutor(16)
        self._running: list[Future[None]] = []
        hub = stage.plan.urls["hub"]
        self.changing = [
            Changing(self._somebody("olivia"), windows(hub)),
            Changing(self._somebody("marcus"), memberships(SUBJECTS)),
            Changing(self._somebody("paula"), registrations()),
        ]

    def __enter__(self) -> Self:
        readers = {self._somebody(name): paths for name, paths in READERS.items()}
        for somebody in (*readers, *(each.who for each in self.changing)):
            somebody.enter()
        for reader, paths in readers.items():
            self._go_on(_reading(reader, paths))
        self._go_on([self._somebody(COMING).comes_in])
        for changing in self.changing:
            self._go_on([changing.turn])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        self._pool.shutdown()

    def end(self) -> None:
        """Everybody stops; raises what went wrong with any of them."""
        self._over.set()
        for one in self._running:
            one.result()
        self._running.clear()

    def settle(self) -> None:
        """Have every change answered that was asked for."""
        eventually(lambda: all(each.settle() for each in self.changing), self._open, seconds=300)

    def _open(self) -> str:
        return "\n".join(f"{wish} {self.told[-3:]}" for each in self.changing for wish in each.open)

    def _somebody(self, username: str) -> Somebody:
        return Somebody(self._stage.base_url, username, self.told)

    def _go_on(self, steps: Sequence[Callable[[], object]]) -> None:
        def run() -> None:
            while not self._over.is_set():
                for step in steps:
                    step()
                    self._over.wait(PAUSE_S)

        self._running.append(self._pool.submit(run))


def _reading(reader: Somebody, paths: Sequence[str]) -> list[Callable[[], object]]:
    return [partial(reader.look, path) for path in paths]


PAGES = tuple(dict.fromkeys(path for paths in READERS.values() for path in paths))
