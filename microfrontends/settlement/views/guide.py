"""Settlement day on one page: twelve steps, what is done and by whom, what blocks, what is next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _

from bff import allowed, audit_log, render, requires
from bff.change.audit_reading import AuditQuery
from microfrontends.settlement.actions.note_step import noted
from microfrontends.settlement.desk import present_desk, settlement_of
from microfrontends.settlement.domain.settlement_day import (
    BY_PEOPLE,
    DayFacts,
    DayStep,
    StepStanding,
    standing_of,
    waits_for,
)
from microfrontends.settlement.domain.settlements import Settlement, SettlementState
from microfrontends.settlement.hub import present_hub
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.records import SettlementRun
from microfrontends.settlement.run.states import RunKind, RunState
from microfrontends.settlement.run.store import key_of
from microfrontends.settlement.views.day_words import ABOUT, TITLES
from microfrontends.settlement.views.initiation_report import EXPORTED
from microfrontends.settlement.views.scope import whole_hub_only
from microfrontends.settlement.views.settlement_head import NextStep, head_of, next_step

RESERVED = SettlementState.PS_TRANSFERS_RESERVED
blueprint = Blueprint("guide", __name__)
blueprint.before_request(whole_hub_only)


@dataclass(frozen=True)
class Deed:
    """Who did a step, when, and what they said of it. `noted`: on somebody's word, who may take it back."""

    who: str
    when: datetime | None = None
    note: str = ""
    noted: bool = False


@dataclass(frozen=True)
class DayLine:
    """One step as the page shows it."""

    step: DayStep
    standing: StepStanding
    deed: Deed | None = None
    blocked_by: str = ""
    actions: Sequence[NextStep] = field(default=())


@blueprint.get("/settlements/<int:settlement_id>/guide")
@requires(P.VIEW_SETTLEMENTS)
def show(settlement_id: int) -> Response:
    """The day of a settlement."""
    settlement = settlement_of(present_hub(), settlement_id)
    runs = present_desk().runs.of_settlement(settlement_id)
    deeds = _deeds(settlement, runs)
    facts = _facts(settlement, runs, deeds)
    lines = [_line(settlement, step, standing, facts, deeds) for step, standing in standing_of(facts).items()]
    return render(
        "settlements/guide.html",
        title=_("Settlement day of settlement %(id)s", id=settlement_id),
        **head_of(settlement, "guide.show"),
        lines=lines,
        done=sum(each.standing is StepStanding.DONE for each in lines),
        titles=TITLES,
        about=ABOUT,
    )


def _facts(settlement: Settlement, runs: Sequence[SettlementRun], deeds: Mapping[DayStep, Deed]) -> DayFacts:
    states = {run.state for run in runs}
    return DayFacts(
        # What was made past this portal may be recorded and reserved as late as on finalising.
        initiated=settlement.state.rank >= RESERVED.rank or not any(run.kind is RunKind.INITIATE for run in runs),
        settled=settlement.state is SettlementState.SETTLED,
        aborted=settlement.state is SettlementState.ABORTED,
        running=RunState.RUNNING in states,
        stopped=RunState.STOPPED in states,
        done=frozenset(step for step in deeds if step in BY_PEOPLE),
    )


def _deeds(settlement: Settlement, runs: Sequence[SettlementRun]) -> dict[DayStep, Deed]:
    """What somebody did: seen by the portal itself where it can, else on somebody's word."""
    found = {DayStep(step): _said(task) for step, task in noted(settlement.id).items()}
    for step, kind in ((DayStep.INITIATE, RunKind.INITIATE), (DayStep.FINALISE, RunKind.FINALISE)):
        run = next((each for each in runs if each.kind is kind), None)
        if run:
            found[step] = Deed(run.by.name, run.ended_at or run.started_at)
    read = audit_log().entries(AuditQuery(target=key_of(settlement.id), action=EXPORTED, limit=1)).entries
    if read:
        found[DayStep.FETCH_BANK_REPORT] = Deed(read[0].actor.name, datetime.fromisoformat(read[0].at))
    files = [each for each in present_desk().finalisations.of_settlement(settlement.id) if each.file]
    if files:
        newest = files[0]
        found[DayStep.BANK_CONFIRMS] = Deed(
            newest.made_by.name, newest.made_at, newest.file.name if newest.file else ""
        )
    booked = next((run for run in runs if run.kind is RunKind.CORRECT and run.state is RunState.DONE), None)
    if booked:
        found.setdefault(DayStep.COMPARE, Deed(booked.by.name, booked.ended_at, _("Booked a difference")))
    return found


def _said(task: Any) -> Deed:
    return Deed(task.wish.maker.name, task.changed_at, task.wish.reason, noted=True)


def _line(
    settlement: Settlement,
    step: DayStep,
    standing: StepStanding,
    facts: DayFacts,
    deeds: Mapping[DayStep, Deed],
) -> DayLine:
    deed = deeds.get(step) if standing in (StepStanding.DONE, StepStanding.DOING, StepStanding.FAILED) else None
    first = waits_for(step, facts)
    blocked = str(TITLES[first]) if standing is StepStanding.BLOCKED and first else ""
    return DayLine(step, standing, deed, blocked, _actions(settlement, step, standing, deed))


def _actions(settlement: Settlement, step: DayStep, standing: StepStanding, deed: Deed | None) -> list[NextStep]:
    if standing is StepStanding.BLOCKED or standing is StepStanding.DOING:
        return []
    number, found = settlement.id, list[NextStep]()
    if step is DayStep.FETCH_BANK_REPORT:
        found.append(NextStep(_("Open the report"), url_for("initiation_report.show", settlement_id=number)))
    if step in (DayStep.BANK_CONFIRMS, DayStep.COMPARE) and allowed("finalisations.start") and not deed:
        found.append(NextStep(_("To the bank's file"), url_for("finalisations.start", settlement_id=number)))
    if step in (DayStep.FINALISE, DayStep.INITIATE) and standing is not StepStanding.DONE:
        open_run = present_desk().runs.open_on(key_of(number))
        following = next_step(settlement, open_run)
        found += [following] if following else []
    if step in BY_PEOPLE and allowed("note_step.ask") and (deed is None or deed.noted):
        label = _("Note as done") if deed is None else _("Take back")
        done = "yes" if deed is None else "no"
        found.append(
            NextStep(label, url_for("note_step.ask", settlement_id=number, step=int(step), done=done), dialog=True)
        )
    return found
