"""The process that writes long reports in the background: `bizops work reports`. Any number may run."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from flask import Flask
from huey import Huey
from huey.consumer import Consumer

from bff.database import engine_for, is_current, own_migrations
from bff.holders import process_name
from microfrontends.reports import jobs
from microfrontends.reports.app import create_app
from microfrontends.reports.packs import rounds as packs
from microfrontends.reports.runs.leases import Leases
from microfrontends.reports.runs.store import Runs
from microfrontends.reports.runs.workers import Workers
from microfrontends.reports.runs.writing import Writer
from microfrontends.reports.settings import ReportsSettings

EVERY_S = 2.0
SWEEP_S = 60.0
GRACE = timedelta(hours=1)  # a report may have a longer limit of its own
log = structlog.get_logger()
Round = Callable[[], None]


@dataclass
class Shift:
    """What a worker does: tasks that it is rung for, and rounds that it makes by itself every two seconds."""

    app: Flask
    name: str
    stopping: threading.Event
    queue: Huey
    bell: jobs.Bell
    swept: float = 0.0

    def tasks(self) -> Mapping[str, jobs.Task]:
        """By the name that is rung."""
        writer = Writer(self.leases, self.name, self.stopping)
        return {jobs.WRITE: writer.write}

    def rounds(self) -> Sequence[Round]:
        """Each by itself: one that fails keeps no other from its turn."""
        return [self._say_alive, self._wake_abandoned, self._sweep]

    def go(self) -> None:
        """One turn of all rounds."""
        for part in self.rounds():
            try:
                with self.app.app_context():
                    part()
            except Exception:  # a database may be away for a while; the next turn tries again
                log.exception("worker_round_failed", part=part.__name__)

    def in_app(self, task: jobs.Task) -> jobs.Task:
        """The task, inside of the app."""

        def inside(about: str) -> None:
            with self.app.app_context():
                task(about)

        return inside

    @property
    def settings(self) -> ReportsSettings:
        """The app's."""
        found: ReportsSettings = self.app.extensions["portal_settings"]
        return found

    @property
    def leases(self) -> Leases:
        """The runs in the background."""
        return Leases(Runs(engine_for(self.settings.own_database)))

    def _wake_abandoned(self) -> None:
        if self.queue.pending_count() == 0:
            for run_id in self.leases.abandoned():
                self.bell(jobs.WRITE, run_id)

    def _sweep(self) -> None:
        """Once a minute: files whose time is over or whose writer died, runs that are too old or died unheard."""
        if time.monotonic() < self.swept:
            return
        self.swept = time.monotonic() + SWEEP_S
        runs = self.leases.runs
        runs.cut_off(timedelta(seconds=self.settings.file_seconds) + GRACE)
        for sweep in (runs.expire, lambda: runs.sweep(self.settings.run_days), runs.files.sweep):
            sweep()

    def _say_alive(self) -> None:
        Workers(engine_for(self.settings.own_database)).beat(self.name)
        if self.settings.worker_beat:
            self.settings.worker_beat.write_text(self.name)


class Taker(Consumer):  # type: ignore[misc]  # huey ships no types
    """A consumer that tells its tasks to leave off as soon as it is asked to stop."""

    def __init__(self, queue: Huey, stopping: threading.Event, **options: Any) -> None:
        super().__init__(queue, **options)
        self._stopping = stopping

    def stop(self, graceful: bool = False) -> None:
        """Let everything be put down at the next row."""
        self._stopping.set()
        super().stop(graceful=graceful)


def work(settings: ReportsSettings | None = None) -> None:
    """Work until stopped."""
    settings = settings or ReportsSettings.from_environment()
    app, stopping = create_app(settings), threading.Event()
    _wait_for_tables(settings, stopping)
    name = process_name()
    queue = jobs.queue_of(settings)
    shift = Shift(app, name, stopping, queue, jobs.bell_of(jobs.queue_of(settings)))
    jobs.listen(queue, {task: shift.in_app(does) for task, does in shift.tasks().items()})
    keeper = threading.Thread(target=_keep_going, args=(shift,), name="rounds", daemon=True)
    keeper.start()
    packing = packs.start(app, name, stopping)
    logging.getLogger("huey").setLevel(logging.WARNING)
    options = {"workers": settings.jobs_at_once, "periodic": False, "graceful_signal": "TERM", "max_delay": 1.0}
    log.info("worker_started", worker=name)
    Taker(queue, stopping, **options).run()
    stopping.set()
    keeper.join()
    packing.join()
    Workers(engine_for(settings.own_database)).leave(name)


def _keep_going(shift: Shift) -> None:
    shift.go()
    while not shift.stopping.wait(EVERY_S):
        shift.go()


def _wait_for_tables(settings: ReportsSettings, stopping: threading.Event) -> None:
    """Whoever upgrades the database may still be at it."""
    while not all(is_current(settings.own_database, where) for where in own_migrations(jobs.NAME)):
        log.info("worker_waits_for_tables")
        stopping.wait(EVERY_S / 4)
