"""A settlement day on a hub behind a real port, that can be put back to any write of its finalisation and broken there.

A process that is to die does so for certain: it is another process, and it ends by SIGKILL.
"""

import os
import signal
import sqlite3
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event

from bff.change.audit_wiring import make_log
from bff.change.execution import Execution
from bff.change.store import Tasks
from bff.database import engine_for
from bff.logs import configure_logs
from bff.run import Person, Run, running
from microfrontends.settlement.app import create_app
from microfrontends.settlement.hub import MojaloopHub
from microfrontends.settlement.manifest import MANIFEST
from microfrontends.settlement.run.records import SettlementRun
from microfrontends.settlement.run.runner import Runner
from microfrontends.settlement.run.states import RunState
from microfrontends.settlement.run.store import Runs
from microfrontends.settlement.settings import SettlementSettings
from microfrontends.settlement.tests.bench import TRANSFERS, WRITES, Bench
from microfrontends.settlement.tests.first_morning import HASTY, HUB, Copy, copy_of, empty, put_back
from microfrontends.settlement.tests.scene import Sandbox

FUNDS = (9, 10)  # entry types of the hub: funds in, funds out
LEGS = 2  # rows of a transfer that are about its amount: the participant's and the hub's
BROKEN = {  # by the sandbox's own faults
    "refused": {"effect": "refuse", "status": 400, "code": "3100", "text": "Generic validation error - on purpose"},
    "500 before effect": {"effect": "refuse", "status": 500},
    "500 after effect": {"effect": "refuse", "status": 500, "after": True},
    "timeout after effect": {"effect": "delay", "seconds": 0.4, "after": True},
}
ELSEWHERE = ("killed before", "killed after", "portal restarted")
SOMEBODY = Run(str(uuid.UUID(int=7)), Person("u-olivia", "Olivia", "olivia"))
FORKS = get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
FAULTS = (*BROKEN, *ELSEWHERE)


class Tapped:
    """A hub of whose writes something is told before and after."""

    def __init__(self, hub: Any, before: Any, after: Any = lambda: None) -> None:
        self._hub, self._before, self._after = hub, before, after

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._hub, name)
        if name not in WRITES:
            return found

        def tapped(*args: Any, **more: Any) -> Any:
            self._before()
            answer = found(*args, **more)
            self._after()
            return answer

        return tapped


@dataclass
class Stage:
    """The hub and the portal over it, in a folder. `copies` are their databases just before each write."""

    folder: Path
    scene: Sandbox
    settings: SettlementSettings
    bench: Bench
    run: SettlementRun
    copies: list[tuple[Copy, Copy]]
    right: Any = None  # the hub's books after the undisturbed run

    def rehearse(self) -> int:
        """Finalise undisturbed, and keep what there was before each write; how many writes there are."""
        latest: list[Copy] = []

        def keep(_connection: object) -> None:
            latest[:] = [copy_of(self.folder / "app.sqlite")]

        engine, hub = self.bench.desk.runs.engine, self.folder / "hub.sqlite"
        event.listen(engine, "commit", keep)  # before it is committed: what was there before the intent
        tapped = Tapped(self.scene.hub, lambda: self.copies.append((copy_of(hub), latest[0])))
        self.work(self.runner(self.bench.app, tapped))
        event.remove(engine, "commit", keep)
        assert self.bench.run(self.run.id).state is RunState.DONE, self.bench.run(self.run.id).problem
        self.right = self.books()
        return len(self.copies)

    def survives(self, nth: int, fault: str) -> str:
        """Break the nth write in this way, and go on until it is over; what is wrong in the end, if anything is."""
        self.put_back(nth)
        if fault in BROKEN:
            for method in ("POST", "PUT"):
                self.scene.break_(method=method, **BROKEN[fault])  # type: ignore[arg-type]
        elif fault == "portal restarted":
            self._restart()
        else:
            self._die(before=fault == "killed before")
        return self._through()

    def survives_reading(self, nth: int, fault: str) -> str:
        """The same for the nth read from the beginning."""
        self.put_back(0)
        self.scene.break_(method="GET", nth=nth, **BROKEN[fault])  # type: ignore[arg-type]
        return self._through()

    def put_back(self, nth: int) -> None:
        """Make everything as it was before the nth write; whoever worked then is gone."""
        self.scene.mend()
        for name, copy in zip(("hub", "app"), self.copies[nth], strict=True):
            put_back(copy, self.folder / f"{name}.sqlite")
        self.bench.come_back(self.run)

    def books(self) -> dict[str, Any]:
        """All that the hub has in the end: balances, caps, states, funds that moved."""
        self.scene.until_applied()
        with closing(sqlite3.connect(self.folder / "hub.sqlite")) as hub:
            return {name: sorted(hub.execute(question).fetchall()) for name, question in QUESTIONS.items()}

    def duplicates(self) -> int:
        """Funds that moved more often than once: by account and amount, more than there should be."""
        right, found = (Counter(row[1:] for row in books["funds"]) for books in (self.right, self.books()))
        return sum((found - right).values()) // LEGS

    def runner(self, app: Flask, hub: Any) -> Runner:
        """A worker of a portal."""
        parts = app.extensions
        return Runner(parts["settlement_desk"].runs, parts["portal_changes"].execution, hub, str(uuid.uuid4()), HASTY)

    def work(self, runner: Runner) -> SettlementRun:
        """Have it work at the run."""
        with self.bench.app.app_context():
            runner.work_at(self.run.id)
        return self.bench.run(self.run.id)

    def _through(self) -> str:
        """Work, resume and wait until the run is over."""
        for _ in range(8):
            run = self.work(self.runner(self.bench.app, self.scene.hub))
            if run.state is RunState.STOPPED:
                self.bench.ask("resume", run_id=run.id)
            elif run.state is not RunState.RUNNING:
                break
            self.bench.come_back(run)
        run = self.bench.run(self.run.id)
        if run.state is not RunState.DONE:
            return f"the run is {run.state}: {run.trouble}"
        wrong = {name: rows for name, rows in self.books().items() if rows != self.right[name]}
        return f"otherwise: {wrong}" if wrong else ""

    def _restart(self) -> None:
        """Stop in order at the first write that is made, and bring up another portal over the same state."""
        runner = self.runner(self.bench.app, None)
        runner.hub = Tapped(self.scene.hub, runner.stopping.set)
        self.work(runner)
        self.bench.app = create_app(self.settings, self.scene.hub, bell=lambda _: None)

    def _die(self, *, before: bool) -> None:
        process = FORKS.Process(target=work_and_die, args=(self.settings, self.run.id, before))
        process.start()
        process.join(30)
        assert process.exitcode == -signal.SIGKILL, process.exitcode
        self.bench.come_back(self.run)


def work_and_die(settings: SettlementSettings, run_id: str, before: bool) -> None:
    """What the process that dies does: it works at the run until its first write, or until that has been answered."""
    hub = MojaloopHub(settings.hub_settlement_url, settings.hub_ledger_url, settings.hub_database_url, HUB)
    configure_logs("ERROR")
    engine = engine_for(settings.own_database)
    execution = Execution(Tasks(engine), make_log(settings, MANIFEST), {})

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    tapped: Any = Tapped(hub, die) if before else Tapped(hub, lambda: None, die)
    Runner(Runs(engine), execution, tapped, "mortal", HASTY).work_at(run_id)


QUESTIONS = {
    "balances": "SELECT participantCurrencyId, value, reservedValue FROM participantPosition",
    "caps": "SELECT participantCurrencyId, value, thresholdAlarmPercentage FROM participantLimit WHERE isActive = 1",
    "accounts": "SELECT participantCurrencyId, isActive FROM participantCurrency",
    "settlements": "SELECT settlementId, settlementStateId FROM settlement JOIN settlementStateChange s "
    "USING (settlementId) WHERE s.settlementStateChangeId = currentStateChangeId",
    "settled": "SELECT participantCurrencyId, netAmount, settlementStateId FROM settlementParticipantCurrency p "
    "JOIN settlementParticipantCurrencyStateChange s USING (settlementParticipantCurrencyId) "
    "WHERE s.settlementParticipantCurrencyStateChangeId = p.currentStateChangeId",
    "windows": "SELECT settlementWindowId, settlementWindowStateId FROM settlementWindow w "
    "JOIN settlementWindowStateChange s USING (settlementWindowId) "
    "WHERE s.settlementWindowStateChangeId = w.currentStateChangeId",
    "funds": "SELECT transferId, participantCurrencyId, amount, (SELECT transferStateId FROM transferStateChange s "
    "WHERE s.transferId = p.transferId ORDER BY transferStateChangeId DESC LIMIT 1) "
    f"FROM transferParticipant p WHERE ledgerEntryTypeId IN {FUNDS}",
}


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """A settlement of two currencies that four participants owe each other, created and not yet recorded, and its
    finalisation let through: net amounts, and caps lowered to what is left."""
    with empty(folder) as there:
        for currency, payer, payee, amount in TRANSFERS:
            there.scene.transfer(amount, currency, payer, payee)
        with running(SOMEBODY):
            there.scene.hub.close(1, "end of day")
            there.scene.until_closed(1)
            there.scene.hub.create_settlement("DEFERREDNET", [1], "settled by hand")
        run = there.bench.finalise(1, finalisation_id=there.bench.lowering(1))
        yield Stage(folder, there.scene, there.settings, there.bench, run, [])


def play(folder: str, cells: list[tuple[int, str]], reads: list[tuple[int, str]]) -> tuple[int, list[str], int]:
    """A part of the matrix, in a process of its own: how many cells, what is wrong with which, duplicate transfers."""
    configure_logs("ERROR")
    wrong, duplicates = [], 0
    with staged(Path(folder)) as stage:
        writes = stage.rehearse()
        mine = [(nth, fault) for nth, fault in cells if nth < writes]
        for way, listed in ((stage.survives, mine), (stage.survives_reading, reads)):
            for nth, fault in listed:
                problem = way(nth, fault)
                duplicates += stage.duplicates()
                if problem:
                    wrong.append(f"{way.__name__} {nth} {fault}: {problem}")
    assert threading.active_count() < 20
    return len(mine) + len(reads), wrong, duplicates
