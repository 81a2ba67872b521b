"""Finding settlement windows, and looking into one."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bff import HubUnavailable, render, render_part, requires
from microfrontends.settlement.domain.positions import holdings
from microfrontends.settlement.domain.windows import WindowState, closable, closed_at, slow
from microfrontends.settlement.hub import present_hub, window_of
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.permissions import P
from microfrontends.settlement.views.asked import Asked, asked, here_and_now, sent
from microfrontends.settlement.views.closings import CAME_LOOKS, CAME_WORDS, closings
from microfrontends.settlement.views.filters import filters_of
from microfrontends.settlement.views.listing import gather
from microfrontends.settlement.views.scope import whole_hub_only
from microfrontends.settlement.views.words import STATE_WORDS

blueprint = Blueprint("windows", __name__)
blueprint.before_request(whole_hub_only)
OFFERED = [state for state in WindowState if state is not WindowState.FAILED]  # no hub release writes FAILED


@blueprint.get("/windows")
@requires(P.VIEW_WINDOWS)
def index() -> AnyResponse:
    """The list with its filters."""
    wanted = _wanted()
    if sent(request.args):
        return redirect(wanted.address())
    states = [(state.value, STATE_WORDS[state]) for state in OFFERED]
    filters = filters_of(wanted, states, lambda dates: _("Opened: %(dates)s", dates=dates))
    return render("windows/index.html", title=_("Settlement windows"), filters=filters, **_list_context(wanted))


@blueprint.get("/windows/rows")
@requires(P.VIEW_WINDOWS)
def rows() -> Response:
    """The list alone, for a page that waits for the hub."""
    try:
        return render_part("windows/_list.html", **_list_context(_wanted()))
    except HubUnavailable:
        # An answer without content leaves the last good rows where they are; the page asks again.
        return Response(status=204)


@blueprint.get("/windows/<int:window_id>")
@requires(P.VIEW_WINDOWS)
def show(window_id: int) -> Response:
    """One window and what it holds."""
    hub = present_hub()
    window = window_of(hub, window_id)
    contents = () if window.live else hub.window_contents([window_id])
    try:
        held = holdings(hub.positions([window_id]).get(window_id, ()))
        known = hub.closed_at([window_id])
    except FiguresUnavailable:
        held, known = None, {}
    now = here_and_now()
    return render(
        "windows/show.html",
        title=_("Settlement window %(id)s", id=window_id),
        words=STATE_WORDS,
        window=window,
        closed=closed_at(window, known),
        holdings=held,
        contents=contents,
        closable=closable(window),
        slow=slow(window, now),
        rows_address=url_for(".show", window_id=window_id) if window.state is WindowState.PROCESSING else None,
        as_of=now,
    )


def _wanted() -> Asked[WindowState]:
    return asked(request.args, here_and_now(), WindowState, "windows.index")


def _list_context(wanted: Asked[WindowState]) -> dict[str, Any]:
    listing = gather(present_hub(), wanted)
    now = here_and_now()
    return {
        "wanted": wanted,
        "listing": listing,
        "words": STATE_WORDS,
        "closable": closable,
        "slow": [each for each in listing.processing if slow(each, now)],
        "rows_address": url_for("windows.rows", **wanted.query()) if listing.processing else None,
        "closings": closings(),
        "came_words": CAME_WORDS,
        "came_looks": CAME_LOOKS,
    }
