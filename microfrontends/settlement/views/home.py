"""The pieces of the home page: the open window, settlements that are not over; what stands beside the menu's entry."""

from flask import Blueprint, Response
from flask_babel import ngettext

from bff import asker, badge, render_part, requires
from microfrontends.settlement.desk import present_desk
from microfrontends.settlement.domain.positions import holdings, transfers_in
from microfrontends.settlement.domain.windows import WindowState, merged
from microfrontends.settlement.hub import present_hub
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.states import RunState
from microfrontends.settlement.views.asked import here_and_now
from microfrontends.settlement.views.settlement_listing import unfinished
from microfrontends.settlement.views.words import SETTLEMENT_WORDS

MOST = 5  # settlements in the panel
blueprint = Blueprint("home", __name__)


@blueprint.get("/slots/home")
@requires(P.VIEW_WINDOWS)
def panel() -> Response:
    """The panel; nothing at all for whoever is bound to some participants."""
    if not asker().sees_all:
        return Response("", mimetype="text/html")
    hub = present_hub()
    window = next(iter(merged(hub.open_windows())), None)
    try:
        held = holdings(hub.positions([window.id]).get(window.id, ())) if window else ()
        closing, closed = hub.in_state(WindowState.PROCESSING), hub.in_state(WindowState.CLOSED)
    except FiguresUnavailable:
        held, closing, closed = None, None, None
    return render_part(
        "windows/_home.html",
        window=window,
        holdings=held,
        transfers=None if held is None else transfers_in(held),
        closing=closing,
        closed=closed,
        as_of=here_and_now(),
    )


@blueprint.get("/slots/settlements")
@requires(P.VIEW_SETTLEMENTS)
def settlements() -> Response:
    """The settlements that wait for somebody; nothing at all where none does, or for whoever is bound to some DFSPs."""
    if not asker().sees_all:
        return Response("", mimetype="text/html")
    found = sorted(unfinished(present_hub()), key=lambda each: each.id, reverse=True)
    runs = present_desk().runs
    return render_part(
        "settlements/_home.html",
        found=found[:MOST],
        more=len(found) - MOST,
        runs=runs.latest([each.id for each in found[:MOST]]),
        stopped=_stopped(),
        words=SETTLEMENT_WORDS,
        as_of=here_and_now(),
    )


@blueprint.get("/slots/badges/settlements")
@requires(P.VIEW_SETTLEMENTS)
def stopped() -> Response:
    """How many runs have stopped and wait for somebody; nothing for whoever is bound to some participants."""
    count = _stopped() if asker().sees_all else 0
    return badge(count, ngettext("%(num)s settlement run has stopped", "%(num)s settlement runs have stopped", count))


@blueprint.get("/slots/approvals")
@requires(P.APPROVE_SETTLEMENT)
def stopped_runs() -> Response:
    """The runs that have stopped, for those who let one go on or end; nothing at all where none has."""
    found = [run for run in present_desk().runs.opened() if run.state is RunState.STOPPED] if asker().sees_all else []
    if not found:
        return Response("", mimetype="text/html")
    return render_part("settlements/_stopped.html", found=found[:MOST], more=len(found) - MOST, as_of=here_and_now())


def _stopped() -> int:
    return sum(run.state is RunState.STOPPED for run in present_desk().runs.opened())
