"""The process that writes long reports in the background: `bizops work reports`. Any number may run."""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Flask
from huey import Huey
from huey.consumer import Consumer

from bff.database import engine_for, is_current, own_migrations
from microfrontends.reports import jobs
from microfrontends.reports.app import create_app
from microfrontends.reports.runs.workers import Workers
from microfrontends.reports.settings import ReportsSettings

EVERY_S = 2.0
log = structlog.get_logger()
Round = Callable[[], None]


@dataclass
class Shift:
    """What a worker does: tasks that it is rung for, and rounds that it makes by itself every two seconds."""

    app: Flask
    name: str
    stopping: threading.Event
    bell: jobs.Bell

    def tasks(self) -> Mapping[str, jobs.Task]:
        """By the name that is rung."""
        return {}

    def rounds(self) -> Sequence[Round]:
        """Each by itself: one that fails keeps no other from its turn."""
        return [self._say_alive]

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
    name = f"{socket.gethostname()[:40]}/{os.getpid()}/{secrets.token_hex(3)}"
    queue = jobs.queue_of(settings)
    shift = Shift(app, name, stopping, jobs.bell_of(jobs.queue_of(settings)))
    jobs.listen(queue, {task: shift.in_app(does) for task, does in shift.tasks().items()})
    keeper = threading.Thread(target=_keep_going, args=(shift,), name="rounds", daemon=True)
    keeper.start()
    logging.getLogger("huey").setLevel(logging.WARNING)
    options = {"workers": settings.jobs_at_once, "periodic": False, "graceful_signal": "TERM", "max_delay": 1.0}
    log.info("worker_started", worker=name)
    Taker(queue, stopping, **options).run()
    stopping.set()
    keeper.join()
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
