"""A worker in a process of its own that is killed in the middle of a pack."""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from bff.change.audit import AuditLog
from microfrontends.reports.packs.producing import Producer
from microfrontends.reports.packs.records import Pack
from microfrontends.reports.packs.store import NOTHING, Packs, Step
from microfrontends.reports.tests.packs.scene import scene

# At which of its words to the store: it forgets an earlier turn, then says two for its first file and one for the next.
HELD = {"between two files": 4}
DEATHS = (*HELD, "told, not committed")


class Last(Packs):
    """Packs in whose midst a process ends."""

    def __init__(self, engine: Engine, audit: AuditLog, death: str) -> None:
        super().__init__(engine, audit)
        self._death, self._held = death, 0

    def hold(self, connection: Connection, mine: Pack, holder: str, values: Mapping[str, Any] = NOTHING) -> None:
        """The last thing that it does, perhaps."""
        super().hold(connection, mine, holder, values)
        self._held += 1
        if self._held == HELD.get(self._death):
            die()

    def witness(self, connection: Connection, of: Pack, step: Step, actor: Any) -> int:
        """Or this."""
        seq = super().witness(connection, of, step, actor)
        if self._death == "told, not committed":
            die()
        return seq


def die() -> None:
    """As the kernel does it: nothing is put in order."""
    os.kill(os.getpid(), signal.SIGKILL)


def work(folder: Path, death: str) -> None:
    """Produce until it dies."""
    made = scene(folder, f"sqlite:///{folder / 'hub.sqlite'}")
    desk = made.desk
    with made.app.app_context():
        Producer(Last(desk.packs.engine, desk.packs.audit, death), desk.shelf, desk.files, "dying").produce_due()


if __name__ == "__main__":
    work(Path(sys.argv[1]), sys.argv[2])
