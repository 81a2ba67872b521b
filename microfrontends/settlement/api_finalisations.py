"""Finalising in two steps, for programs: validate and look at every intended adjustment, then confirm by its id."""

from typing import Any

from flask import abort, request
from flask.views import MethodView
from flask_babel import gettext as _
from flask_smorest import Blueprint
from werkzeug.datastructures import FileStorage

from bff import requires
from bff.web.api import unprocessable
from microfrontends.settlement.api_finalisation_schemas import (
    AcknowledgedSchema,
    FinalisationSchema,
    OptionsSchema,
    UploadSchema,
)
from microfrontends.settlement.desk import settlement_of
from microfrontends.settlement.domain.finalisation import Options
from microfrontends.settlement.domain.proposal import Proposal
from microfrontends.settlement.hub import present_hub
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.finalisations import Finalisation
from microfrontends.settlement.views.finding_words import obstacle_sentence, words_of
from microfrontends.settlement.views.scope import whole_hub_only
from microfrontends.settlement.views.validating import acknowledged, finalisation_of, proposal_of, validated

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
blueprint = Blueprint("finalisations_api", __name__, url_prefix="/api", description="Finalising in two steps")
blueprint.before_request(whole_hub_only)


@blueprint.route("/settlements/<int:settlement_id>/finalisations")
class Finalisations(MethodView):
    """What a finalisation is to be."""

    @requires(P.FINALISE)
    @blueprint.arguments(OptionsSchema, location="form")
    @blueprint.arguments(UploadSchema, location="files")
    @blueprint.response(201, FinalisationSchema)
    def post(self, options: dict[str, bool], files: dict[str, FileStorage], settlement_id: int) -> dict[str, Any]:
        """Validate a finalisation: with the settlement bank's file `file`, else by the net amounts.

        Nothing moves. Confirm it by its `id` at /api/settlements/{settlement_id}/finalise, as `finalisation_id`; `id`
        is null where the file could not be read.
        """
        if request.mimetype not in FORMS:
            abort(unprocessable({"body": {"Content-Type": [_("Send multipart/form-data, with the file as `file`.")]}}))
        settlement = settlement_of(present_hub(), settlement_id)
        made, proposal = validated(settlement, Options(**options), files.get("file"))
        return _told(settlement_id, made, proposal)


@blueprint.route("/settlements/<int:settlement_id>/finalisations/<finalisation_id>")
class OneFinalisation(MethodView):
    """One finalisation before it is confirmed."""

    @requires(P.FINALISE)
    @blueprint.response(200, FinalisationSchema)
    def get(self, settlement_id: int, finalisation_id: str) -> dict[str, Any]:
        """Show what was validated, as settlement and ledger are now."""
        made = finalisation_of(settlement_id, finalisation_id)
        return _told(settlement_id, made, proposal_of(made, settlement_of(present_hub(), settlement_id)))


@blueprint.route("/settlements/<int:settlement_id>/finalisations/<finalisation_id>/acknowledgements")
class Acknowledgements(MethodView):
    """Warnings that somebody has taken note of."""

    @requires(P.FINALISE)
    @blueprint.arguments(AcknowledgedSchema)
    @blueprint.response(200, FinalisationSchema)
    def post(self, body: dict[str, list[str]], settlement_id: int, finalisation_id: str) -> dict[str, Any]:
        """Acknowledge warnings by their keys. A key names its difference: one that changed is another warning."""
        made = acknowledged(finalisation_of(settlement_id, finalisation_id), body["findings"])
        return _told(settlement_id, made, proposal_of(made, settlement_of(present_hub(), settlement_id)))


def _told(settlement_id: int, made: Finalisation | None, proposal: Proposal) -> dict[str, Any]:
    plan, keys = proposal.plan, made.keys if made else frozenset()
    found = [{"finding": each, "words": words_of(each), "acknowledged": each.key in keys} for each in proposal.findings]
    return {
        "id": made.id if made else None,
        "settlement_id": settlement_id,
        "source": made.source if made else "bank",
        "made_at": made.made_at if made else None,
        "made_by": made.made_by.name if made else None,
        "errors": [each for each in found if each["finding"] in proposal.errors],
        "warnings": [each for each in found if each["finding"] in proposal.warnings],
        "adjustments": plan.adjustments if plan else [],
        "differences": plan.differences if plan else [],
        "obstacles": [obstacle_sentence(each) for each in plan.obstacles] if plan else [],
        "confirmable": proposal.confirmable(keys),
    }
