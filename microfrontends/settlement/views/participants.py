"""Participants as the hub's ledger has them: everyone's standing for hub staff, their own for everybody else."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from bff import Missing, asker, render, requires
from microfrontends.settlement.domain.paging import page_of
from microfrontends.settlement.domain.participants import Holding, holdings_of
from microfrontends.settlement.hub import present_hub
from microfrontends.settlement.permissions import P
from microfrontends.settlement.views.asked import here_and_now, number

HUB = "Hub"  # the hub's own accounts stand in the ledger under this name
LONGEST = 30  # characters of a name that is looked for
blueprint = Blueprint("participants", __name__)


@blueprint.get("/participants")
@requires(P.VIEW_PARTICIPANTS)
def index() -> Response:
    """Those in view, a row for each of their currencies."""
    hub, who, search = present_hub(), asker(), request.args.get("search", "").strip()[:LONGEST]
    active = {each.name: each.active for each in hub.participants() if each.name != HUB and who.sees(each.name)}
    wanted = {name for name in active if search.casefold() in name.casefold()}
    held = holdings_of((each for each in hub.ledger() if each.participant in wanted), hub.caps() if wanted else ())
    page = page_of(held, number(request.args.get("page")) or 1)
    return render(
        "participants/index.html",
        title=_("Participants"),
        rows=[_row(each, active[each.participant]) for each in page.items],
        page=page,
        participants=len({each.participant for each in held}),
        beyond=len({each.participant for each in held if each.beyond}),
        search=search,
        only=() if who.sees_all else sorted(who.participants),
        as_of=here_and_now(),
    )


@blueprint.get("/participants/<name>")
@requires(P.VIEW_PARTICIPANTS)
def show(name: str) -> Response:
    """One of them. Whoever may not see it learns as little as of one that the hub does not know."""
    hub = present_hub()
    known = next((each for each in hub.participants() if each.name == name), None) if asker().sees(name) else None
    if known is None or name == HUB:
        raise Missing(_("The hub has no participant %(name)s that you may see.", name=name[:LONGEST]))
    held = holdings_of(hub.accounts(name), [each for each in hub.caps() if each.participant == name])
    return render(
        "participants/show.html",
        title=_("Participant %(name)s", name=name),
        name=name,
        active=known.active,
        held=held,
        as_of=here_and_now(),
    )


def _row(held: Holding, active: bool) -> dict[str, Any]:
    return {
        "participant": held.participant,
        "href": url_for("participants.show", name=held.participant),
        "currency": held.currency,
        "owes": held.owes,
        "cap": held.cap.value if held.cap else None,
        "liquidity": held.liquidity,
        "held": held,
        "state": "ACTIVE" if active and held.active else "INACTIVE",
        "tone": "attention" if held.beyond else "",
    }
