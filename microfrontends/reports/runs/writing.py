"""How a worker writes what somebody asked for in the background: within their rights as they are now, once, or not."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import structlog
from flask import current_app
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection
from structlog.contextvars import bound_contextvars

from bff import HubUnavailable, Missing, RuleBroken
from bff.access.rights import Access
from bff.change.audit import Happening, Outcome
from bff.change.tasks import naive
from bff.change.words import in_english
from bff.change.words import kept as as_kept
from bff.holders import taking_of
from microfrontends.reports.catalogue import Entry
from microfrontends.reports.domain.definition import Format
from microfrontends.reports.domain.scope import may_run
from microfrontends.reports.execute import Busy
from microfrontends.reports.kept import LostFile
from microfrontends.reports.runs.leases import Leases, LostLease
from microfrontends.reports.runs.produce import Produced, Wanted, Watch, counted, produce
from microfrontends.reports.runs.records import KeptRun, State
from microfrontends.reports.settings import ReportsSettings
from microfrontends.reports.shelf import shelf
from microfrontends.reports.source.line import Left, Wait

TURNS = 3  # so often a run is begun; a worker that dies each time dies of the run
BEAT_S = 1.0
GIVEN_UP = _l(
    "The worker that wrote this report was stopped three times in the middle of it. Narrow the parameters, or tell"
    " whoever runs the portal."
)
WITHDRAWN = _l("You may no longer run this report, or no longer see all that it shows. Nothing was kept.")
NO_REPORT = _l("There is no such report any more.")
NO_HUB = _l("The hub's database did not answer. Ask again once it does.")
NOTHING = _l("The hub knows nothing of what was asked for.")
STOPPED = _l("Cancelled by whoever asked for it.")
BROKEN = _l("Something went wrong while this report was written. Tell whoever runs the portal: the log says more.")
log = structlog.get_logger()


@dataclass
class Pulse:
    """Says that a run is worked at, and hears why it is to be left: `cancelled`, `lost` or `stopping`."""

    leases: Leases
    run: KeptRun
    holder: str
    stopping: threading.Event
    watch: Watch
    why: str = ""
    ended: threading.Event = field(default_factory=threading.Event)

    def gone(self) -> bool:
        """Whether to leave off."""
        if self.stopping.is_set():
            self.why = self.why or "stopping"
        return bool(self.why)

    def beat(self) -> None:
        """Go on until the run has ended. A database that is away for a while is no reason to leave off."""
        while not self.ended.wait(BEAT_S):
            try:
                if self.leases.prolong(self.run.id, self.holder, self.watch.rows):
                    self.why = self.why or "cancelled"
            except LostLease:
                self.why = "lost"
            except Exception:  # whoever lost the lease meanwhile is told when it writes
                log.exception("pulse_missed", run=self.run.id)


@dataclass(frozen=True)
class Writer:
    """Writes runs until `stopping` is set; `holder` names its process."""

    leases: Leases
    holder: str
    stopping: threading.Event = field(default_factory=threading.Event)

    def write(self, run_id: str) -> bool:
        """Write one run's file, unless somebody else does; whether it was ours. Needs an app's context."""
        # Each taking has a name of its own: who slept over a lease is another than who has it now in the same process.
        return replace(self, holder=taking_of(self.holder))._take_up(run_id)

    def _take_up(self, run_id: str) -> bool:
        run = self.leases.claim(run_id, self.holder)
        if run is None:
            return False
        with bound_contextvars(run=run.id):
            log.info("run_taken_up", holder=self.holder, turn=run.turn)
            try:
                self._write(run)
            except LostLease:
                log.warning("run_lost", holder=self.holder)
        return True

    def _write(self, run: KeptRun) -> None:
        entry = shelf().catalogue.get(run.report)
        if run.cancelled_at:
            self._end(run, State.CANCELLED, STOPPED)
        elif run.turn > TURNS:
            self._end(run, State.FAILED, GIVEN_UP)
        elif entry is None:
            self._end(run, State.FAILED, NO_REPORT)
        elif not still_entitled(run, entry):
            self._end(run, State.FAILED, WITHDRAWN)
        else:
            self._produce(run, entry)

    def _produce(self, run: KeptRun, entry: Entry) -> None:
        watch = Watch(link=lambda connection, produced: self._complete(connection, run, produced))
        pulse = Pulse(self.leases, run, self.holder, self.stopping, watch)
        watch.gone = pulse.gone
        beating = threading.Thread(target=pulse.beat, name=f"pulse {run.id}", daemon=True)
        beating.start()
        try:
            with force_locale(run.language):
                self._count(run, entry, pulse.gone)
                produce(entry, run.by, Wanted(run.parameters, Format(run.form), run.language, run.keyed), watch)
        except Left:
            self._leave(run, pulse.why)
        except Exception as problem:
            sentence, again = said_of(problem)
            if again:
                self.leases.let_go(run.id, self.holder)
            else:
                self._end(run, State.FAILED, sentence)
        finally:
            pulse.ended.set()
            beating.join()

    def _count(self, run: KeptRun, entry: Entry, gone: Callable[[], bool]) -> None:
        if run.counted is not None:
            return
        found = counted(entry, run.by, run.parameters, Wait(_settings().report_seconds, gone, long=True))
        with self.leases.runs.engine.begin() as connection:
            self.leases.hold(connection, run.id, self.holder, {"counted": found})

    def _complete(self, connection: Connection, run: KeptRun, produced: Produced) -> None:
        settings, runs = _settings(), self.leases.runs
        detail = {"run": run.id, "rows": produced.rows, "bytes": produced.file.size, "sha256": list(produced.sha256)}
        told = Happening(action="report.written", outcome=Outcome.DONE, target=f"report:{run.report}", detail=detail)
        entry = current_app.extensions["portal_audit"].append(connection, told, run.by.actor).seq
        facts = {
            "row_count": produced.rows,
            "counted": produced.rows,
            "sha256": " ".join(produced.sha256),
            "file": produced.file.id,
            "expires_at": naive(runs.clock() + timedelta(hours=settings.kept_hours)),
            "entry": entry,
        }
        self.leases.end_in(connection, run, self.holder, State.COMPLETE, **facts)

    def _leave(self, run: KeptRun, why: str) -> None:
        if why == "cancelled":
            self._end(run, State.CANCELLED, STOPPED)
        elif why == "stopping":
            self.leases.let_go(run.id, self.holder)

    def _end(self, run: KeptRun, state: State, sentence: Any) -> None:
        kept = as_kept(sentence)
        outcome = Outcome.WITHDRAWN if state is State.CANCELLED else Outcome.FAILED
        told = Happening(
            action="report.written",
            outcome=outcome,
            target=f"report:{run.report}",
            detail={"run": run.id, "problem": in_english(kept)},
        )
        with self.leases.runs.engine.begin() as connection:
            current_app.extensions["portal_audit"].append(connection, told, run.by.actor)
            self.leases.end_in(connection, run, self.holder, state, problem=kept)


def still_entitled(run: KeptRun, entry: Entry) -> bool:
    """Whether whoever asked may still run the report and see all that they saw then, as the store has it now."""
    access: Access = current_app.extensions["portal_access"]
    rights = access.rights(run.by.actor.subject)
    sees_all = rights.hub and not rights.participants
    return (
        entry.report.permission in rights.permissions
        and may_run(entry.report, sees_all)
        and run.by.within(sees_all, rights.participants)
    )


def said_of(problem: Exception) -> tuple[Any, bool]:
    """What to say of a problem, and whether the run is to be tried again by itself."""
    if isinstance(problem, LostLease | LostFile):
        raise LostLease(str(problem)) from problem
    if isinstance(problem, Busy):
        return "", True
    if isinstance(problem, RuleBroken):
        return str(problem), False
    if isinstance(problem, Missing):
        return NOTHING, False
    if isinstance(problem, HubUnavailable):
        return NO_HUB, False
    log.exception("run_failed", exc_info=problem)
    return BROKEN, False


def _settings() -> ReportsSettings:
    found: ReportsSettings = current_app.extensions["portal_settings"]
    return found
