"""Settlements as JSON: the list, and one with its accounts and the steps of its run."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from bff import requires
from microfrontends.settlement.api_settlement_schemas import (
    SettlementSchema,
    SettlementsQuerySchema,
    SettlementsSchema,
)
from microfrontends.settlement.desk import present_desk, settlement_of
from microfrontends.settlement.domain.settlements import Settlement
from microfrontends.settlement.hub import present_hub
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.records import SettlementRun
from microfrontends.settlement.views.asked import asked_of
from microfrontends.settlement.views.scope import whole_hub_only
from microfrontends.settlement.views.settlement_listing import gather
from microfrontends.settlement.views.standing import AccountRow, standing

EVERY = 10_000  # accounts of one settlement: all of them
blueprint = Blueprint("settlements_api", __name__, url_prefix="/api", description="Settlements")
blueprint.before_request(whole_hub_only)


@blueprint.route("/settlements")
class Settlements(MethodView):
    """The list of settlements."""

    @requires(P.VIEW_SETTLEMENTS)
    @blueprint.arguments(SettlementsQuerySchema, location="query")
    @blueprint.response(200, SettlementsSchema)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List settlements.

        Fifty a page, the newest first. Settlements that are not over are listed whatever the dates say.
        """
        listing = gather(present_hub(), present_desk().runs, asked_of(query, "settlements.index"))
        page = listing.page
        return {
            "settlements": [_facts(each, listing.runs.get(each.id)) for each in page.items],
            "first": page.first,
            "last": page.last,
            "total": page.total,
            "next_page": page.next,
            "counts": {state.value: count for state, count in listing.counts.items()},
            "totals": _totals(listing.totals),
            "as_of": listing.as_of,
        }


@blueprint.route("/settlements/<int:settlement_id>")
class OneSettlement(MethodView):
    """One settlement."""

    @requires(P.VIEW_SETTLEMENTS)
    @blueprint.response(200, SettlementSchema)
    def get(self, settlement_id: int) -> dict[str, Any]:
        """Show one settlement: each account's money before, expected and now, and how far its run is."""
        hub = present_hub()
        found = standing(hub, present_desk().runs, settlement_of(hub, settlement_id), 1, EVERY)
        return {
            **_facts(found.settlement, found.runs[0] if found.runs else None),
            "accounts": [_account(row) for row in found.page.items],
            "steps": found.ladder.steps if found.ladder else (),
            "runs": found.runs,
            "complete": found.complete,
            "as_of": found.as_of,
        }


def _facts(settlement: Settlement, run: SettlementRun | None) -> dict[str, Any]:
    names = ("id", "state", "model", "reason", "created", "changed", "windows")
    return {**{name: getattr(settlement, name) for name in names}, "totals": _totals(settlement.totals), "run": run}


def _totals(totals: Mapping[str, Decimal]) -> list[dict[str, Any]]:
    return [{"currency": currency, "amount": amount} for currency, amount in totals.items()]


def _account(row: AccountRow) -> dict[str, Any]:
    return {
        **vars(row.account),
        "liquidity_before": row.before,
        "liquidity_expected": row.expected,
        "liquidity_now": row.now,
        "cap_before": row.cap_before,
        "cap_now": row.cap_now,
        "transfer_id": row.transfer,
    }
