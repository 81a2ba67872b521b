"""The same windows as JSON at URLs of their own, with the document that describes them."""

from typing import Any

from flask import Blueprint as PlainBlueprint
from flask.views import MethodView
from flask_smorest import Blueprint

from bff import requires
from bff.web.api import described as describe
from microfrontends.settlement import api_finalisations, api_settlements
from microfrontends.settlement.api_schemas import (
    ListQuerySchema,
    ListSchema,
    WindowSchema,
)
from microfrontends.settlement.domain.positions import holdings
from microfrontends.settlement.domain.windows import closed_at
from microfrontends.settlement.hub import present_hub, window_of
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.permissions import P
from microfrontends.settlement.views.asked import asked_of, here_and_now
from microfrontends.settlement.views.listing import gather
from microfrontends.settlement.views.scope import whole_hub_only

blueprint = Blueprint("api", __name__, url_prefix="/api", description="Settlement windows")
blueprint.before_request(whole_hub_only)


@blueprint.route("/windows")
class Windows(MethodView):
    """The list of windows."""

    @requires(P.VIEW_WINDOWS)
    @blueprint.arguments(ListQuerySchema, location="query")
    @blueprint.response(200, ListSchema)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List settlement windows.

        Fifty a page, the newest first. Open windows and those being added up are listed whatever the dates say.
        """
        return _listed(query)


@blueprint.route("/windows/<int:window_id>")
class OneWindow(MethodView):
    """One window."""

    @requires(P.VIEW_WINDOWS)
    @blueprint.response(200, WindowSchema)
    def get(self, window_id: int) -> dict[str, Any]:
        """Show one settlement window and what it holds.

        `holdings` is null when the hub's database cannot be read.
        """
        return _window(window_id)


def described() -> PlainBlueprint:
    """The routes above and, at /api/openapi.json, their description."""
    return describe(blueprint, api_settlements.blueprint, api_finalisations.blueprint)


def _listed(query: dict[str, Any]) -> dict[str, Any]:
    listing = gather(present_hub(), asked_of(query, "windows.index"))
    page = listing.page
    return {
        "windows": [{**_facts(row.window), "closed": row.closed, "currencies": row.currencies} for row in listing.rows],
        "first": page.first,
        "last": page.last,
        "total": page.total,
        "next_page": page.next,
        "counts": {state.value: count for state, count in listing.counts.items()},
        "complete": listing.complete,
        "as_of": listing.as_of,
    }


def _window(window_id: int) -> dict[str, Any]:
    hub = present_hub()
    window = window_of(hub, window_id)
    try:
        held, known = holdings(hub.positions([window_id]).get(window_id, ())), hub.closed_at([window_id])
    except FiguresUnavailable:
        held, known = None, {}
    return {**_facts(window), "closed": closed_at(window, known), "holdings": held, "as_of": here_and_now()}


def _facts(window: Any) -> dict[str, Any]:
    return {name: getattr(window, name) for name in ("id", "state", "reason", "opened", "changed", "currencies")}
