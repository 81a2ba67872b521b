"""The process that works at runs and closes windows on schedule: `bizops work settlement`. Any number may run."""

import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from flask import Flask
from huey import Huey
from huey.consumer import Consumer

from bff.change.approvals import Changes
from bff.database import is_current, own_migrations
from bff.holders import process_name
from microfrontends.settlement import jobs
from microfrontends.settlement.app import create_app
from microfrontends.settlement.desk import Desk
from microfrontends.settlement.run.runner import Runner
from microfrontends.settlement.run.workers import Workers
from microfrontends.settlement.schedule import Schedule
from microfrontends.settlement.settings import SettlementSettings

AT_ONCE = 4  # runs
EVERY_S = 2.0
log = structlog.get_logger()


@dataclass
class Rounds:
    """What a worker looks after besides the queue: that it is seen, runs that nobody works at, windows that are due."""

    app: Flask
    name: str
    desk: Desk
    workers: Workers
    schedule: Schedule
    queue: Huey
    beat: Path | None = None

    def go(self) -> None:
        """One round. Each part by itself: one that fails keeps no other from its turn."""
        for part in (self._say_alive, self._wake_abandoned, self._close_windows):
            try:
                with self.app.app_context():
                    part()
            except Exception:  # the database or the hub may be away for a while; the next round tries again
                log.exception("worker_round_failed", part=part.__name__)

    def _say_alive(self) -> None:
        self.workers.beat(self.name)
        if self.beat:
            self.beat.write_text(self.name)

    def _wake_abandoned(self) -> None:
        if self.queue.pending_count() == 0:
            for run_id in self.desk.runs.abandoned():
                self.desk.bell(run_id)

    def _close_windows(self) -> None:
        self.schedule.tick()


class Shift(Consumer):  # type: ignore[misc]  # huey ships no types
    """A consumer that tells its runs to leave off as soon as it is asked to stop."""

    def __init__(self, queue: Huey, stopping: threading.Event, **options: Any) -> None:
        super().__init__(queue, **options)
        self._stopping = stopping

    def stop(self, graceful: bool = False) -> None:
        """Let every run be put down between two steps."""
        self._stopping.set()
        super().stop(graceful=graceful)


def work(settings: SettlementSettings | None = None) -> None:
    """Work until stopped."""
    settings = settings or SettlementSettings.from_environment()
    app, stopping = create_app(settings), threading.Event()
    _wait_for_tables(settings, stopping)
    name = process_name()
    desk: Desk = app.extensions["settlement_desk"]
    changes: Changes = app.extensions["portal_changes"]
    queue = jobs.queue_of(settings)
    runner = Runner(desk.runs, changes.execution, app.extensions["settlement_hub"], name, stopping=stopping)

    def work_at(run_id: str) -> None:
        with app.app_context():
            runner.work_at(run_id)

    jobs.listen(queue, work_at)
    workers = Workers(desk.runs.engine)
    rounds = Rounds(app, name, desk, workers, app.extensions["settlement_schedule"], queue, settings.worker_beat)
    keeper = threading.Thread(target=_keep_going, args=(rounds, stopping), name="rounds", daemon=True)
    keeper.start()
    logging.getLogger("huey").setLevel(logging.WARNING)
    options = {"workers": AT_ONCE, "periodic": False, "graceful_signal": "TERM", "max_delay": 1.0}
    log.info("worker_started", worker=name)
    Shift(queue, stopping, **options).run()
    stopping.set()
    keeper.join()
    workers.leave(name)


def _keep_going(rounds: Rounds, stopping: threading.Event) -> None:
    rounds.go()
    while not stopping.wait(EVERY_S):
        rounds.go()


def _wait_for_tables(settings: SettlementSettings, stopping: threading.Event) -> None:
    """Whoever upgrades the database may still be at it."""
    while not all(is_current(settings.own_database, where) for where in own_migrations(jobs.NAME)):
        log.info("worker_waits_for_tables")
        stopping.wait(EVERY_S / 4)
