"""The settlement initiation report: what the settlement bank is asked to move, as a page and as the file that it sends
back."""

from flask import Blueprint, Response, current_app
from flask_babel import gettext as _

from bff import RuleBroken, audited_read, render, requires
from bff.money import scale
from microfrontends.settlement.desk import settlement_of
from microfrontends.settlement.domain.initiation import InitiationReport, Unbalanced, initiation
from microfrontends.settlement.domain.settlements import Settlement
from microfrontends.settlement.files.bank_report import workbook_of
from microfrontends.settlement.files.identifiers import bank_identifiers
from microfrontends.settlement.hub import present_hub
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.store import key_of
from microfrontends.settlement.views.scope import whole_hub_only
from microfrontends.settlement.views.settlement_head import head_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
READ, EXPORTED = "initiation_report.read", "initiation_report.export"
blueprint = Blueprint("initiation_report", __name__)
blueprint.before_request(whole_hub_only)


@blueprint.get("/settlements/<int:settlement_id>/initiation")
@requires(P.VIEW_SETTLEMENTS)
def show(settlement_id: int) -> Response:
    """The report as a page; without rows where the net amounts of a currency do not add up to zero."""
    settlement = settlement_of(present_hub(), settlement_id)
    audited_read(READ, key_of(settlement_id))
    report, off = None, {}
    try:
        report = report_of(settlement)
    except Unbalanced as problem:
        off = problem.sums
    return render(
        "settlements/initiation.html",
        title=_("Settlement initiation report"),
        **head_of(settlement, "initiation_report.show"),
        report=report,
        off=off,
    )


@blueprint.get("/settlements/<int:settlement_id>/initiation.xlsx")
@requires(P.VIEW_SETTLEMENTS)
def download(settlement_id: int) -> Response:
    """The same as the workbook that the settlement bank fills in. Raises RuleBroken where none can be made."""
    settlement = settlement_of(present_hub(), settlement_id)
    try:
        report = report_of(settlement)
    except Unbalanced as problem:
        sums = ", ".join(f"{amount:f} {currency}" for currency, amount in problem.sums.items())
        raise RuleBroken(
            _("The net amounts do not add up to zero: %(sums)s. No bank can move them.", sums=sums)
        ) from None
    audited_read(EXPORTED, key_of(settlement_id), detail={"rows": len(report.rows)})
    headers = {
        "Content-Disposition": f'attachment; filename="settlement-{settlement_id}-initiation.xlsx"',
        "Cache-Control": "private, no-store",
    }
    return Response(workbook_of(report, current_app.config["TIME_ZONE"]), mimetype=XLSX, headers=headers)


def report_of(settlement: Settlement) -> InitiationReport:
    """The report. Raises Unbalanced."""
    path = current_app.extensions["portal_settings"].bank_identifiers
    return initiation(settlement, bank_identifiers(path), scale)
