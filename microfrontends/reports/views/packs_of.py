"""How one participant's report packs stand, for its page in another app: its own for itself, deliveries for the hub."""

from typing import Any

from flask import Blueprint, Response, url_for

from bff import asker, render_part, requires
from microfrontends.reports.domain.delivery import PENDING, PackState
from microfrontends.reports.packs.deliveries import Wanted, in_view, readable
from microfrontends.reports.packs.desk import Desk, present_desk
from microfrontends.reports.permissions import P

blueprint = Blueprint("packs_of", __name__)


@blueprint.get("/slots/packs/<name>")
@requires(P.VIEW_PACKS)
def own(name: str) -> Response:
    """Its own packs; nothing at all for hub staff, who have none of their own, and for others."""
    who = asker()
    if who.sees_all or not who.sees(name):
        return _nothing()
    desk = present_desk()
    return _panel(desk, readable(who, desk.shelf.catalogue), name, "packs.index")


@blueprint.get("/slots/deliveries/<name>")
@requires(P.VIEW_DELIVERIES)
def delivered(name: str) -> Response:
    """What was delivered to it; nothing at all for whoever is bound to some participants."""
    who = asker()
    return _panel(present_desk(), in_view(who), name, "deliveries.packs") if who.sees_all else _nothing()


def _panel(desk: Desk, who: tuple[Any, ...], name: str, endpoint: str) -> Response:
    counted = desk.deliveries.count
    return render_part(
        "packs/_of.html",
        all=counted(who, Wanted(participant=name)),
        unopened=counted(who, Wanted((PackState.NEW,), participant=name)),
        pending=counted(who, Wanted(PENDING, participant=name)),
        disputed=counted(who, Wanted((PackState.DISPUTED,), participant=name)),
        address=lambda **more: url_for(endpoint, participant=name, **more),
        as_of=desk.packs.clock(),
    )


def _nothing() -> Response:
    return Response("", mimetype="text/html")
