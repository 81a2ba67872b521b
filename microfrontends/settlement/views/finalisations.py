"""The finalise screen: by the net amounts or by the settlement bank's file, validated, acknowledged, then confirmed."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from bff import allowed, render, requires
from bff.web.formats import amount
from microfrontends.settlement.desk import ledger_of, present_desk, said_of, settlement_of
from microfrontends.settlement.domain.bank_findings import Finding, Kind
from microfrontends.settlement.domain.finalisation import Options
from microfrontends.settlement.domain.proposal import Proposal
from microfrontends.settlement.domain.settlements import Settlement, SettlementAccount, SettlementState
from microfrontends.settlement.hub import present_hub
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.finalisations import BANK, NETS, Acknowledgement, Finalisation
from microfrontends.settlement.run.store import key_of
from microfrontends.settlement.views.finding_words import Words, obstacle_sentence, words_of
from microfrontends.settlement.views.scope import whole_hub_only
from microfrontends.settlement.views.settlement_head import head_of
from microfrontends.settlement.views.validating import acknowledged, finalisation_of, proposal_of, validated

blueprint = Blueprint("finalisations", __name__)
blueprint.before_request(whole_hub_only)


@dataclass(frozen=True)
class Told:
    """A finding with its words, and who has taken note of it."""

    finding: Finding
    words: Words
    noted: Acknowledgement | None

    @property
    def button(self) -> str:
        """The words of its acknowledgement, which name the difference."""
        facts = self.finding.facts
        if self.finding.kind is Kind.BALANCE_NOT_EXPECTED:
            currency = str(facts["currency"])
            told = {"amount": amount(facts["difference"], currency), "currency": currency}
            return _("Acknowledge the difference of %(amount)s %(currency)s", **told)
        return _("Acknowledge")


@blueprint.get("/settlements/<int:settlement_id>/finalisations")
@requires(P.FINALISE)
def start(settlement_id: int) -> Response:
    """The two ways, the options, and what was validated before."""
    return _start(settlement_of(present_hub(), settlement_id))


@blueprint.post("/settlements/<int:settlement_id>/finalisations")
@requires(P.FINALISE)
def validate(settlement_id: int) -> AnyResponse:
    """Keep what was chosen and lead to what it would do; a file that is not read is told at once."""
    settlement = settlement_of(present_hub(), settlement_id)
    sent = request.files.get("file") if request.form.get("source") == BANK else None
    if request.form.get("source") == BANK and not (sent and sent.filename):
        return _start(settlement, 422, errors={"file": _("Choose the file that the settlement bank sent.")})
    made, proposal = validated(settlement, _options(), sent)
    if made is None:
        return _start(settlement, 422, findings=_told(proposal, None))
    return redirect(url_for(".show", settlement_id=settlement_id, finalisation_id=made.id), 303)


@blueprint.get("/settlements/<int:settlement_id>/finalisations/<finalisation_id>")
@requires(P.FINALISE)
def show(settlement_id: int, finalisation_id: str) -> Response:
    """What was validated, as settlement and ledger are now: findings, all intended adjustments, and the way on."""
    made = finalisation_of(settlement_id, finalisation_id)
    settlement = settlement_of(present_hub(), settlement_id)
    open_run = present_desk().runs.open_on(key_of(settlement_id))
    over = settlement.state.over or open_run is not None
    proposal = None if over else proposal_of(made, settlement)
    return render(
        "settlements/finalisation.html",
        title=_("Finalise settlement %(id)s", id=settlement_id),
        **head_of(settlement, "finalisations.start"),
        made=made,
        proposal=proposal,
        plan=proposal.plan if proposal else None,
        told=_told(proposal, made) if proposal else [],
        left=_left(proposal, made) if proposal else "",
        obstacles=[obstacle_sentence(each) for each in proposal.plan.obstacles] if proposal and proposal.plan else [],
        differences=_differences(made, settlement),
        confirmable=proposal is not None and proposal.confirmable(made.keys),
        running=said_of(open_run) if open_run else "",
    )


@blueprint.post("/settlements/<int:settlement_id>/finalisations/<finalisation_id>/acknowledgements")
@requires(P.FINALISE)
def acknowledge(settlement_id: int, finalisation_id: str) -> AnyResponse:
    """Take note of one warning."""
    acknowledged(finalisation_of(settlement_id, finalisation_id), [request.form.get("finding", "")])
    address = url_for(".show", settlement_id=settlement_id, finalisation_id=finalisation_id)
    return redirect(f"{address}#findings", 303)


def _start(settlement: Settlement, status: int = 200, **more: Any) -> Response:
    desk = present_desk()
    other = desk.runs.open_on(key_of(settlement.id))
    chosen = _options() if status != 200 else Options()
    return render(
        "settlements/finalise.html",
        title=_("Finalise settlement %(id)s", id=settlement.id),
        status=status,
        **head_of(settlement, "finalisations.start"),
        source=request.form.get("source", NETS),
        options=chosen,
        earlier=desk.finalisations.of_settlement(settlement.id),
        running=said_of(other) if other else "",
        **{"errors": {}, "findings": [], **more},
    )


def _options() -> Options:
    said = request.form
    return Options(*(said.get(name) == "yes" for name in ("set_liquidity", "raise_caps", "lower_caps")))


def _told(proposal: Proposal, made: Finalisation | None) -> list[Told]:
    noted = {each.key: each for each in made.acknowledged} if made else {}
    return [Told(each, words_of(each), noted.get(each.key)) for each in proposal.findings]


def _left(proposal: Proposal, made: Finalisation) -> str:
    """What keeps it from being confirmed, in a sentence."""
    if proposal.errors:
        return ngettext(
            "%(num)s error stops it: nothing can be moved by this file.",
            "%(num)s errors stop it: nothing can be moved by this file.",
            len(proposal.errors),
        )
    left = [each for each in proposal.warnings if each.key not in made.keys]
    if left:
        return ngettext(
            "%(num)s warning is still to be acknowledged.",
            "%(num)s warnings are still to be acknowledged.",
            len(left),
        )
    return _("What stands in the way is told above.") if proposal.plan and proposal.plan.obstacles else ""


def _differences(made: Finalisation, settlement: Settlement) -> list[dict[str, Any]]:
    """Where the bank holds something else, each with the address at which it is booked."""
    if not made.file:
        return []
    found = made.differences(settlement, ledger_of(present_hub()))
    may = allowed("correct.ask")

    def address(account: SettlementAccount) -> str | None:
        """Before the settlement's own funds have moved, nobody knows how much is left to be booked."""
        if not may or account.state.rank < SettlementState.PS_TRANSFERS_COMMITTED.rank:
            return None
        key = account.account_id
        return url_for("correct.ask", settlement_id=settlement.id, finalisation_id=made.id, account_id=key)

    return [{"of": each, "href": address(each.account)} for each in found]
