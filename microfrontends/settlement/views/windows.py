"""Finding settlement windows, and looking into one."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from bff import HubUnavailable, render, render_part, requires
from bff.web.formats import when
from microfrontends.settlement.domain.period import Preset
from microfrontends.settlement.domain.positions import holdings
from microfrontends.settlement.domain.windows import WindowState, closable, closed_at, slow
from microfrontends.settlement.hub import present_hub, window_of
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.permissions import P
from microfrontends.settlement.views.asked import INPUT, Asked, asked, here_and_now, sent
from microfrontends.settlement.views.listing import gather
from microfrontends.settlement.views.scope import whole_hub_only
from microfrontends.settlement.views.words import STATE_WORDS

blueprint = Blueprint("windows", __name__)
blueprint.before_request(whole_hub_only)
PRESETS = {
    Preset.TODAY: _l("Today"),
    Preset.TWO_DAYS: _l("48 h"),
    Preset.WEEK: _l("Week"),
    Preset.MONTH: _l("Month"),
    Preset.CUSTOM: _l("Custom"),
}
OFFERED = [state for state in WindowState if state is not WindowState.FAILED]  # no hub release writes FAILED


@blueprint.get("/windows")
@requires(P.VIEW_WINDOWS)
def index() -> AnyResponse:
    """The list with its filters."""
    wanted = asked(request.args, here_and_now())
    if sent(request.args):
        return redirect(wanted.address())
    return render(
        "windows/index.html", title=_("Settlement windows"), filters=_filters(wanted), **_list_context(wanted)
    )


@blueprint.get("/windows/rows")
@requires(P.VIEW_WINDOWS)
def rows() -> Response:
    """The list alone, for a page that waits for the hub."""
    try:
        return render_part("windows/_list.html", **_list_context(asked(request.args, here_and_now())))
    except HubUnavailable:
        # An answer without content leaves the last good rows where they are; the page asks again.
        return Response(status=204)


@blueprint.get("/windows/<int:window_id>")
@requires(P.VIEW_WINDOWS)
def show(window_id: int) -> Response:
    """One window and what it holds."""
    hub = present_hub()
    window = window_of(hub, window_id)
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
        closable=closable(window),
        slow=slow(window, now),
        rows_address=url_for(".show", window_id=window_id) if window.state is WindowState.PROCESSING else None,
        as_of=now,
    )


def _list_context(wanted: Asked) -> dict[str, Any]:
    listing = gather(present_hub(), wanted)
    now = here_and_now()
    return {
        "wanted": wanted,
        "listing": listing,
        "words": STATE_WORDS,
        "closable": closable,
        "slow": [each for each in listing.processing if slow(each, now)],
        "rows_address": url_for("windows.rows", **wanted.query()) if listing.processing else None,
    }


def _filters(wanted: Asked) -> dict[str, Any]:
    first, last = wanted.period.first, wanted.period.last
    zone = first.tzname() or "UTC"
    states = [("", _("Any")), *((state.value, STATE_WORDS[state]) for state in OFFERED)]
    shared = {"kind": "datetime", "required": True, "more": {"step": "1"}}
    return {
        "fields": [
            {**shared, "name": "from", "label": _("From (%(zone)s)", zone=zone), "value": first.strftime(INPUT)},
            {**shared, "name": "to", "label": _("To"), "value": last.strftime(INPUT)},
            {"name": "state", "label": _("State"), "kind": "select", "value": wanted.state or "", "options": states},
        ],
        "presets": [
            {"label": label, "href": wanted.address_of(preset), "current": preset is wanted.preset}
            for preset, label in PRESETS.items()
        ],
        "chips": _chips(wanted),
        "clear": url_for(".index"),
        "keep": {"preset": wanted.preset.value, "was_from": first.strftime(INPUT), "was_to": last.strftime(INPUT)},
    }


def _chips(wanted: Asked) -> list[dict[str, str]]:
    chips = []
    if wanted.preset is not Preset.TODAY:
        first, last = wanted.period.first, wanted.period.last
        dates = _("%(first)s to %(last)s", first=when(first, str(first.tzinfo)), last=when(last, str(last.tzinfo)))
        label = dates if wanted.preset is Preset.CUSTOM else str(PRESETS[wanted.preset])
        chips.append({"label": _("Opened: %(dates)s", dates=label), "remove": wanted.address_of(Preset.TODAY)})
    if wanted.state:
        label = _("State: %(state)s", state=STATE_WORDS[wanted.state])
        chips.append({"label": label, "remove": wanted.address(state=None)})
    return chips
