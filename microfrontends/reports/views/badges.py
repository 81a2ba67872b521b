"""What stands beside this app's entries of the menu: new packs for their participants, disputes for the hub's staff."""

from flask import Blueprint, Response
from flask_babel import ngettext

from bff import asker, badge, requires
from microfrontends.reports.domain.delivery import PackState
from microfrontends.reports.packs.deliveries import Wanted, in_view, readable
from microfrontends.reports.packs.desk import present_desk
from microfrontends.reports.permissions import P

blueprint = Blueprint("badges", __name__)


@blueprint.get("/slots/badges/packs")
@requires(P.VIEW_PACKS)
def new() -> Response:
    """New packs; nothing for hub staff, who have none of their own."""
    desk, who = present_desk(), asker()
    mine = readable(who, desk.shelf.catalogue)
    count = desk.deliveries.count(mine, Wanted((PackState.NEW,))) if who.participants else 0
    return badge(count, ngettext("%(num)s new report pack", "%(num)s new report packs", count))


@blueprint.get("/slots/badges/deliveries")
@requires(P.VIEW_DELIVERIES)
def disputed() -> Response:
    """Packs that wait for an answer of the hub's; nothing for whoever is bound to some participants."""
    who = asker()
    count = present_desk().deliveries.count(in_view(who), Wanted((PackState.DISPUTED,))) if who.sees_all else 0
    return badge(count, ngettext("%(num)s disputed report pack", "%(num)s disputed report packs", count))
