"""What a worker does about packs every few seconds: look at the hub, plan what has happened, produce what is due."""

import threading
import time
from dataclasses import dataclass, field

import structlog
from flask import Flask

from bff import HubUnavailable
from microfrontends.reports.execute import Busy
from microfrontends.reports.packs import keeping
from microfrontends.reports.packs.desk import NAME, Desk
from microfrontends.reports.packs.planning import Planning
from microfrontends.reports.packs.producing import Producer
from microfrontends.reports.settings import ReportsSettings

EVERY_S, SWEEP_S = 2.0, 60.0
log = structlog.get_logger()


@dataclass
class Rounds:
    """The rounds of one worker. Each part goes by itself: what waits is produced while the hub cannot be looked at."""

    app: Flask
    name: str
    stopping: threading.Event
    away: bool = field(default=False, init=False)
    swept: float = field(default=0.0, init=False)

    def go(self) -> None:
        """One round. Needs no context of its own."""
        with self.app.app_context():
            for part in (self.notice, self.produce, self.sweep):
                try:
                    part()
                except Exception:  # our own database may be away for a while; the next round tries again
                    log.exception("packs_round_failed", part=part.__name__)

    def notice(self) -> None:
        """Keep what has happened, and plan its packs."""
        try:
            self.desk.watch.look()
            Planning(self.desk.packs, self.desk.shelf).plan()
        except (HubUnavailable, Busy) as problem:
            if not self.away:
                log.warning("hub_not_watched", problem=str(problem))
            self.away = True
        else:
            self.away = False

    def produce(self) -> None:
        """Produce what is due."""
        self.producer().produce_due()

    def sweep(self) -> None:
        """Once a minute: files whose time is over."""
        if time.monotonic() >= self.swept:
            self.swept = time.monotonic() + SWEEP_S
            keeping.sweep(self.desk.packs, self.desk.files, self.settings.pack_days)

    def producer(self) -> Producer:
        """This worker's."""
        desk = self.desk
        return Producer(desk.packs, desk.shelf, desk.files, self.name, self.settings.pack_language, self.stopping)

    @property
    def settings(self) -> ReportsSettings:
        """The app's."""
        found: ReportsSettings = self.app.extensions["portal_settings"]
        return found

    @property
    def desk(self) -> Desk:
        """The app's."""
        found: Desk = self.app.extensions[NAME]
        return found


def keep_going(rounds: Rounds) -> None:
    """Round after round, until the worker is stopped."""
    while not rounds.stopping.is_set():
        rounds.go()
        rounds.stopping.wait(EVERY_S)


def start(app: Flask, name: str, stopping: threading.Event) -> threading.Thread:
    """The rounds in a thread of their own: a pack that takes long keeps nothing else of the worker waiting."""
    thread = threading.Thread(target=keep_going, args=(Rounds(app, name, stopping),), name="packs", daemon=True)
    thread.start()
    return thread
