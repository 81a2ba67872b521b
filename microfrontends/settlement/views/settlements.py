"""Finding settlements, and looking into one: its accounts, its run, who did what and why."""

from typing import Any

from flask import Blueprint, Response, current_app, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bff import HubUnavailable, render, render_part, requires
from microfrontends.settlement.desk import present_desk, settlement_of
from microfrontends.settlement.domain.settlements import SettlementState
from microfrontends.settlement.hub import present_hub
from microfrontends.settlement.hub.told import together
from microfrontends.settlement.permissions import P
from microfrontends.settlement.views.asked import Asked, asked, here_and_now, number, sent
from microfrontends.settlement.views.filters import filters_of
from microfrontends.settlement.views.history import history
from microfrontends.settlement.views.phases import phases
from microfrontends.settlement.views.scope import whole_hub_only
from microfrontends.settlement.views.settlement_head import head_of
from microfrontends.settlement.views.settlement_listing import gather
from microfrontends.settlement.views.standing import standing
from microfrontends.settlement.views.words import SETTLEMENT_WORDS, STATE_WORDS, STEP_LOOKS, STEP_WORDS

blueprint = Blueprint("settlements", __name__)
blueprint.before_request(whole_hub_only)


@blueprint.get("/settlements")
@requires(P.VIEW_SETTLEMENTS)
def index() -> AnyResponse:
    """The list with its filters."""
    wanted = _wanted()
    if sent(request.args):
        return redirect(wanted.address())
    states = [(state.value, SETTLEMENT_WORDS[state]) for state in SettlementState]
    return render(
        "settlements/index.html",
        title=_("Settlements"),
        filters=filters_of(wanted, states, lambda dates: _("Created: %(dates)s", dates=dates)),
        **_list_context(wanted),
    )


@blueprint.get("/settlements/rows")
@requires(P.VIEW_SETTLEMENTS)
def rows() -> Response:
    """The list alone, for a page that waits for a run."""
    try:
        return render_part("settlements/_list.html", **_list_context(_wanted()))
    except HubUnavailable:
        # An answer without content leaves the last good rows where they are; the page asks again.
        return Response(status=204)


@blueprint.get("/settlements/<int:settlement_id>")
@requires(P.VIEW_SETTLEMENTS)
def show(settlement_id: int) -> Response:
    """One settlement. While a run goes on by itself, the page looks again by itself."""
    hub = present_hub()
    settlement = settlement_of(hub, settlement_id)
    found = standing(hub, present_desk().runs, settlement, number(request.args.get("page")) or 1)
    here = url_for(".show", settlement_id=settlement_id, page=found.page.number if found.page.number > 1 else None)
    return render(
        "settlements/show.html",
        title=_("Settlement %(id)s", id=settlement_id),
        address=here if found.under_way else None,
        **head_of(settlement, "settlements.show"),
        standing=found,
        windows=[each for each in together(hub.window, settlement.windows) if each],
        phases=phases(found.ladder, current_app.config["TIME_ZONE"]) if found.ladder else (),
        history=history(settlement_id, found.runs),
        steps=STEP_WORDS,
        step_looks=STEP_LOOKS,
        window_words=STATE_WORDS,
    )


def _wanted() -> Asked[SettlementState]:
    return asked(request.args, here_and_now(), SettlementState, "settlements.index")


def _list_context(wanted: Asked[SettlementState]) -> dict[str, Any]:
    listing = gather(present_hub(), present_desk().runs, wanted)
    return {
        "wanted": wanted,
        "listing": listing,
        "words": SETTLEMENT_WORDS,
        "rows_address": url_for("settlements.rows", **wanted.query()) if listing.moves else None,
    }
