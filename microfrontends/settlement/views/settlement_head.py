"""What stands above every page about a settlement: its state, its pages, and the one thing to do next."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bff import allowed
from bff.change.wiring import pending
from microfrontends.settlement.actions.abort import why_not
from microfrontends.settlement.desk import present_desk
from microfrontends.settlement.domain.settlements import Settlement
from microfrontends.settlement.run.records import SettlementRun
from microfrontends.settlement.run.states import RunState
from microfrontends.settlement.run.store import key_of
from microfrontends.settlement.views.words import SETTLEMENT_WORDS

PAGES = (
    ("settlements.show", _l("Settlement")),
    ("guide.show", _l("Settlement day")),
    ("initiation_report.show", _l("Initiation report")),
    ("finalisations.start", _l("Finalise")),
)


@dataclass(frozen=True)
class NextStep:
    """A button: where it leads, and whether it opens as a dialog."""

    label: str
    href: str
    dialog: bool = False


def head_of(settlement: Settlement, current: str) -> dict[str, Any]:
    """The context of settlements/_head.html."""
    number = settlement.id
    tabs = [
        {"label": label, "href": url_for(endpoint, settlement_id=number), "current": endpoint == current}
        for endpoint, label in PAGES
        if allowed(endpoint)
    ]
    open_run, waiting = present_desk().runs.open_on(key_of(number)), pending(key_of(number))
    step = NextStep(_("Open the request"), url_for("approvals.show", task_id=waiting.id)) if waiting else None
    step = step or next_step(settlement, open_run)
    return {
        "settlement": settlement,
        "settlement_id": number,
        "tabs": tabs,
        "next_step": None if step and step.href == url_for(current, settlement_id=number) else step,
        "more": [] if waiting else _more(settlement, open_run),
        "as_of": datetime.now(UTC),
        "words": SETTLEMENT_WORDS,
    }


def next_step(settlement: Settlement, open_run: SettlementRun | None) -> NextStep | None:
    """What can be done now: let the run go on that has stopped, else finalise; nothing while it runs by itself."""
    if open_run:
        stopped = open_run.state is RunState.STOPPED and allowed("resume.ask")
        return NextStep(_("Resume"), url_for("resume.ask", run_id=open_run.id), dialog=True) if stopped else None
    if settlement.state.over or not allowed("finalisations.start"):
        return None
    return NextStep(_("Finalise"), url_for("finalisations.start", settlement_id=settlement.id))


def _more(settlement: Settlement, open_run: SettlementRun | None) -> list[dict[str, Any]]:
    """What else can be done with it, and seldom is; nothing while a run works at it."""
    found = list[dict[str, Any]]()
    if open_run and open_run.state is RunState.RUNNING:
        return found
    if open_run and allowed("give_up.ask"):
        found.append(
            {"label": _("Give up the run"), "href": url_for("give_up.ask", run_id=open_run.id), "dialog": True}
        )
    if allowed("abort.ask") and not why_not(settlement):
        href = url_for("abort.ask", settlement_id=settlement.id)
        found.append({"label": _("Abort settlement %(id)s", id=settlement.id), "href": href, "dialog": True})
    return found
