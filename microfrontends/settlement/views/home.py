"""The piece of the home page: the open window, what it holds, and which windows wait."""

from flask import Blueprint, Response

from bff import asker, render_part, requires
from microfrontends.settlement.domain.positions import holdings, transfers_in
from microfrontends.settlement.domain.windows import WindowState, merged
from microfrontends.settlement.hub import present_hub
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.permissions import P
from microfrontends.settlement.views.asked import here_and_now

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
