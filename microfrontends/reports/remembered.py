"""What is remembered of a run that somebody waits for: in the audit that it was read, in the history how it went."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from flask import current_app, request
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import SQLAlchemyError

from bff import HubUnavailable, RuleBroken, asker, audit_log
from bff.change.audit import Actor, Happening, Outcome
from bff.database import engine_for
from bff.web.locale import language
from microfrontends.reports.document import Document
from microfrontends.reports.domain.definition import ParamType, Report
from microfrontends.reports.domain.parameters import Values
from microfrontends.reports.runs.records import By, NewRun, State, Way
from microfrontends.reports.runs.store import Runs
from microfrontends.reports.source.line import Left

NOTHING: Mapping[str, str] = {}
NO_HUB = _l("The hub's database did not answer.")
log = structlog.get_logger()


@dataclass
class Attempt:
    """One run on its way: say what came of it, before any of it is shown."""

    report: Report
    values: Values
    form: str
    begun: float
    sought: Mapping[str, str]  # what a file's tables are searched for

    def shown(self, rows: int) -> None:
        """Keep that a page shows the report."""
        self._keep(State.COMPLETE, {"rows": rows}, row_count=rows, milliseconds=self._spent())

    def sent(self, pieces: Iterator[bytes], document: Callable[[], Document | None]) -> Iterator[bytes]:
        """Keep that the report leaves as a file, before its first piece does; and at its end, how much has left."""
        run_id, entry = self._keep(State.RUNNING, {})
        audit, runs, who = audit_log(), present_runs(), Actor.of(asker())

        def counted() -> Iterator[bytes]:
            complete = False
            try:
                yield from pieces
                complete = True
            finally:
                held = document()
                rows = held.count if held else 0
                facts = {"entry": entry, "run": run_id, "rows": rows, "complete": complete}
                told = Happening(action="report.sent", outcome=Outcome.READ, target=target(self.report), detail=facts)
                audit.attempt(told, who)
                seals = " ".join(held.seals) if held and complete else ""
                self._ended(runs, run_id, complete, row_count=rows, sha256=seals)

        return counted()

    def failed(self, state: State, sentence: Any) -> None:
        """Keep that nothing came of it. Where that cannot be kept, whoever asks is told the same."""
        try:
            with (runs := present_runs()).engine.begin() as connection:
                run_id = runs.add(connection, self._new(), State.RUNNING)
            runs.end(run_id, state, sentence, milliseconds=self._spent())
        except SQLAlchemyError as problem:
            log.error("run_not_kept", report=self.report.name, problem=type(problem).__name__)

    def _keep(self, state: State, told: dict[str, object], **facts: Any) -> tuple[str, int]:
        audit, runs = audit_log(), present_runs()
        detail = {"parameters": self._given(), "format": self.form, **told}
        read = Happening(
            action="report.read",
            outcome=Outcome.READ,
            target=target(self.report),
            participant=whose(self.report, self.values),
            detail=detail,
        )
        # In one transaction: nobody reads what is not remembered, and the history says nothing that the audit does not.
        with runs.engine.begin() as connection:
            entry = audit.append(connection, read).seq
            return runs.add(connection, self._new(), state, entry=entry, **facts), entry

    def _ended(self, runs: Runs, run_id: str, complete: bool, **facts: Any) -> None:
        state = State.COMPLETE if complete else State.CUT_OFF
        try:
            runs.end(run_id, state, milliseconds=self._spent(), **facts)
        except SQLAlchemyError as problem:  # it is swept up as cut off
            log.error("run_not_kept", run=run_id, problem=type(problem).__name__)

    def _new(self) -> NewRun:
        way = Way.API if request.blueprint == "api" else Way.PAGE if self.form == "page" else Way.FILE
        return NewRun(way, self.report.name, self.form, self._given(), language(), By.of(asker()))

    def _given(self) -> dict[str, str]:
        return {**given(self.values), **self.sought}

    def _spent(self) -> int:
        return round((time.monotonic() - self.begun) * 1000)


@contextmanager
def attempt(
    report: Report, values: Values, form: str = "page", sought: Mapping[str, str] = NOTHING
) -> Iterator[Attempt]:
    """A run that somebody waits for; whatever stops it is kept too, and goes on to whoever asked."""
    found = Attempt(report, values, form, time.monotonic(), sought)
    try:
        yield found
    except RuleBroken as problem:
        found.failed(State.FAILED, str(problem))
        raise
    except HubUnavailable:
        found.failed(State.FAILED, NO_HUB)
        raise
    except Left:
        found.failed(State.CUT_OFF, "")
        raise


def present_runs() -> Runs:
    """The runs of the present app."""
    return Runs(engine_for(current_app.extensions["portal_settings"].own_database))


def target(report: Report) -> str:
    """The report as the audit names it."""
    return f"report:{report.name}"


def whose(report: Report, values: Values) -> str:
    """The one participant that a run is about; empty where it is about several."""
    asked = [values.get(param.name) for param in report.params if param.type is ParamType.PARTICIPANT]
    return str(asked[0]) if len(asked) == 1 and asked[0] is not None else ""


def given(values: Values) -> dict[str, str]:
    """The values as text, fit to be asked with again."""
    return {name: str(value) for name, value in values.items() if value is not None}


def shown(report: Report, values: Values, rows: int) -> None:
    """Keep that a page shows the report, before it does."""
    with attempt(report, values) as found:
        found.shown(rows)
