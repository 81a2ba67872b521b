"""A worker in a process of its own that is killed in the middle of a pack."""

import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from bff.change.audit import AuditLog
from microfrontends.reports.kept import KeptFile, KeptFiles
from microfrontends.reports.packs.desk import Desk
from microfrontends.reports.packs.producing import Producer
from microfrontends.reports.packs.records import Pack
from microfrontends.reports.packs.store import Packs, Step
from microfrontends.reports.remembered import present_runs
from microfrontends.reports.tests.packs.scene import scene

DEATHS = ("at the first byte", "between two files", "before it is told", "told, not committed")


class Mortal(KeptFiles):
    """Files in whose midst a process ends."""

    def __init__(self, engine: Engine, death: str) -> None:
        super().__init__(engine)
        self._death, self._files = death, 0

    def keep(self, pieces: Iterable[bytes], link: Any = None) -> KeptFile:
        """The third file is the second format's: a format, and what is shown of it, come before."""
        self._files += 1
        if self._death == "between two files" and self._files == 3:
            die()
        return super().keep(self._cut_short(pieces) if self._death == "at the first byte" else pieces, link)

    def _cut_short(self, pieces: Iterable[bytes]) -> Iterable[bytes]:
        yield next(iter(pieces))
        die()


class Last(Packs):
    """Packs at whose end a process ends."""

    def __init__(self, engine: Engine, audit: AuditLog, death: str) -> None:
        super().__init__(engine, audit)
        self._death = death

    def witness(self, connection: Connection, of: Pack, step: Step, actor: Any) -> int:
        """The last thing that it does."""
        if self._death == "before it is told":
            die()
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
    desk: Desk = made.desk
    files = Mortal(desk.packs.engine, death)
    packs = Last(desk.packs.engine, desk.packs.audit, death)
    with made.app.app_context():
        present_runs().files = files
        Producer(packs, desk.shelf, files, "dying").produce_due()


if __name__ == "__main__":
    work(Path(sys.argv[1]), sys.argv[2])
