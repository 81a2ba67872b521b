"""Asking for a report in the background, and for it to be stopped: audited, and never more than a person's share."""

from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bff import RuleBroken, asker, audit_log
from bff.change.audit import Happening, Outcome
from bff.web.locale import language
from microfrontends.reports import jobs
from microfrontends.reports.domain.definition import Format, Source
from microfrontends.reports.domain.look import finds
from microfrontends.reports.remembered import given, target, whose
from microfrontends.reports.run import Asked, Run
from microfrontends.reports.runs.leases import Leases
from microfrontends.reports.runs.records import By, KeptRun, NewRun, State, Way
from microfrontends.reports.runs.store import OPEN, Runs
from microfrontends.reports.runs.table import report_run

NAME = "reports_background"
ASKED_IN_PERSON = (Source.APPROVALS,)  # gathered in their reader's name, who is there only during a request
CANCELLED = _l("Cancelled by whoever asked for it.")
_run = report_run.c


@dataclass(frozen=True)
class Background:
    """What is written in the background; `each`: so much at a time for one person."""

    runs: Runs
    bell: jobs.Bell
    each: int

    @property
    def leases(self) -> Leases:
        """The same runs as their workers see them."""
        return Leases(self.runs)

    def ask(self, run: Run, asked: Asked, form: Format, *, keyed: bool = False) -> KeptRun:
        """Have a report written; what is under way with the same values already is answered again.

        Raises Missing for what the reader may not know of, and RuleBroken beyond their share.
        """
        if run.report.source in ASKED_IN_PERSON:
            raise RuleBroken(_("This report is read in your own name, so it cannot be written in the background."))
        run.refuse(asked)
        by, sought = By.of(asker()), finds(asked.given, run.report.tables)
        new = NewRun(Way.JOB, run.report.name, str(form), {**given(asked.values), **sought}, language(), by, keyed)
        own = self.runs.read(_run.subject == by.actor.subject, _run.way == Way.JOB, _run.state.in_(OPEN))
        same = next((each for each in own if _alike(each, new)), None)
        if same:
            return same
        if len(own) >= self.each:
            raise RuleBroken(
                _("You have %(count)s reports in the background already. Wait for one, or cancel it.", count=len(own))
            )
        told = Happening(
            action="report.ask",
            outcome=Outcome.REQUESTED,
            target=target(run.report),
            participant=whose(run.report, asked.values),
            detail={"parameters": dict(new.parameters), "format": new.form},
        )
        with self.runs.engine.begin() as connection:
            entry = audit_log().append(connection, told).seq
            run_id = self.runs.add(connection, new, State.WAITING, entry=entry)
        self.bell(jobs.WRITE, run_id)
        found = self.runs.find(run_id)
        assert found is not None
        return found

    def cancel(self, run: KeptRun) -> None:
        """Stop a run of the asker's. Raises RuleBroken when it is over."""
        if not self.leases.cancel(run.id, CANCELLED):
            raise RuleBroken(_("This run is over already. Nothing was changed."))
        told = Happening(action="report.cancel", outcome=Outcome.DONE, target=f"run:{run.id}")
        audit_log().attempt(told)


def present_background() -> Background:
    """The present app's."""
    found: Background = current_app.extensions[NAME]
    return found


def _alike(one: NewRun, other: NewRun) -> bool:
    def asks(run: NewRun) -> tuple[Any, ...]:
        return run.report, run.form, dict(run.parameters), run.language, run.keyed, run.by.sees_all, run.by.participants

    return asks(one) == asks(other)
