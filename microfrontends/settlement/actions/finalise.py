"""Finalising a settlement: the funds of every account, then its commitment, by a run that can be resumed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import fields

from bff import Command, CommandSchema, Effect, Fact, Found, Missing, RuleBroken, Run, Told
from microfrontends.settlement.actions.settling import (
    LONGEST_REFERENCE,
    SettlementAction,
    digest,
    moving,
    reason_of,
)
from microfrontends.settlement.desk import ledger_of, settlement_of
from microfrontends.settlement.domain.bank_findings import blocking
from microfrontends.settlement.domain.finalisation import Adjustment, Options, Plan, plan_from_nets
from microfrontends.settlement.domain.proposal import Proposal
from microfrontends.settlement.domain.settlements import Settlement, SettlementState
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.finalisations import Finalisation
from microfrontends.settlement.run.planning import finalisation_steps, planned_for
from microfrontends.settlement.run.records import NewRun
from microfrontends.settlement.run.states import RunKind
from microfrontends.settlement.run.store import key_of
from microfrontends.settlement.views.finding_words import obstacle_sentence, words_of


class FinaliseSchema(CommandSchema):
    """Which settlement, and as what was validated before; without that, by its net amounts and nothing else."""

    settlement_id = fields.Integer(required=True)
    finalisation_id = fields.String(load_default="")


@dataclass(frozen=True)
class Intention:
    """What confirming would set going."""

    settlement: Settlement
    finalisation: Finalisation | None
    proposal: Proposal

    @property
    def plan(self) -> Plan | None:
        """The plan, where nothing forbids one."""
        return self.proposal.plan


class Finalise(SettlementAction):
    """Finalise a settlement, from the net amounts or from the settlement bank's file."""

    name = "finalise"
    title = _l("Finalise a settlement")
    permission = P.FINALISE
    rule = "/settlements/<int:settlement_id>/finalise"
    schema = FinaliseSchema
    labels = {
        "state": _l("State"),
        "out": _l("Funds out"),
        "in": _l("Funds in"),
        "caps": _l("Net debit caps changed"),
        "disabled": _l("Participants disabled"),
    }
    details = "settlements/_plan.html"
    consequence = _l(
        "Funds leave the liquidity accounts of net senders, then enter those of net recipients; each account is "
        "committed once its funds show, and in the end all are settled. It cannot be undone."
    )
    danger = True
    repeatable = True

    def sentence(self, command: Command, told: Told) -> str:
        """Which settlement, and by what."""
        if told.get("file"):
            return _("Finalise settlement %(id)s by the file %(file)s.", id=command["settlement_id"], file=told["file"])
        return _("Finalise settlement %(id)s by its net amounts.", id=command["settlement_id"])

    def verb(self, command: Command, told: Told) -> str:
        """Which settlement."""
        return _("Finalise settlement %(id)s", id=command["settlement_id"])

    def effect(self, command: Command) -> Effect:
        """What moves, as settlement and ledger are now."""
        intention = self.intention(command)
        settlement, file = intention.settlement, intention.finalisation and intention.finalisation.file
        adjustments = intention.plan.adjustments if intention.plan else ()
        return Effect(
            changes=(
                Fact("state", settlement.state, SettlementState.SETTLED, kind="state"),
                *_funds("out", adjustments, -1),
                *_funds("in", adjustments, 1),
                *_names("caps", [each for each in adjustments if each.cap_after is not None]),
                *_names("disabled", [each for each in adjustments if each.disable]),
            ),
            basis={"plan": digest([_basis(each) for each in adjustments])},
            amounts=moving(settlement.totals),
            warnings=tuple(_warnings(intention)),
            told={"file": file.name} if file else {},
            shown={"intention": intention, "plan": intention.plan, "settlement": settlement},
        )

    def check(self, command: Command, effect: Effect, maker: str) -> None:
        """Nothing stands in the way, and nobody is at it."""
        intention: Intention = effect.shown["intention"]
        settlement, plan = intention.settlement, intention.plan
        if settlement.state is SettlementState.ABORTED:
            raise RuleBroken(_("Settlement %(id)s was aborted, so it cannot be finalised.", id=settlement.id))
        if settlement.state is SettlementState.SETTLED:
            raise RuleBroken(_("Settlement %(id)s is settled already.", id=settlement.id))
        self.desk.refuse_second(key_of(settlement.id))
        known = intention.finalisation.keys if intention.finalisation else frozenset()
        if left := blocking(intention.proposal.findings, known):
            raise RuleBroken(words_of(left[0]).sentence)
        if plan is None or plan.obstacles:
            raise RuleBroken(obstacle_sentence(plan.obstacles[0]) if plan else _("There is no plan for it."))

    def execute(self, command: Command, run: Run) -> Mapping[str, Any]:
        """Start the run, with the plan as it is now."""
        intention = self.intention(command)
        assert intention.plan is not None
        number, made = intention.settlement.id, intention.finalisation
        accounts = tuple(planned_for(each) for each in intention.plan.adjustments)
        named = f"settlement {number}" + (f" {made.file.name}" if made and made.file else "")
        plan = {
            "accounts": [each.as_json() for each in accounts],
            "finalisation": made.id if made else "",
            "reason": reason_of(run, f"Finalisation of settlement {number}"),
            "reference": named[:LONGEST_REFERENCE],
        }
        started = self.desk.start(
            NewRun(
                task=run.task,
                kind=RunKind.FINALISE,
                open_key=key_of(number),
                settlement_id=number,
                plan=plan,
                by=run.maker,
                steps=finalisation_steps(number, accounts),
            )
        )
        return {"run": started.id}

    def read_back(self, command: Command, run: Run) -> Found:
        """Whether the run was started."""
        return Found.DONE if self.desk.runs.find(run.task) else Found.ABSENT

    def intention(self, command: Command) -> Intention:
        """What the command means now. Raises Missing."""
        settlement = settlement_of(self.hub, command["settlement_id"])
        ledger, made = ledger_of(self.hub), self._made(command)
        if made:
            return Intention(settlement, made, made.proposal(settlement, ledger, self.desk.policy))
        return Intention(settlement, None, Proposal((), plan_from_nets(settlement, ledger, Options())))

    def _made(self, command: Command) -> Finalisation | None:
        key = command["finalisation_id"]
        found = self.desk.finalisations.find(key) if key else None
        if key and (found is None or found.settlement_id != command["settlement_id"]):
            raise Missing(_("There is no finalisation %(id)s of this settlement.", id=key[:36]))
        return found


def _basis(each: Adjustment) -> list[Any]:
    """What a decision on an account rests on. Balances move all day, and only some plans rest on them."""
    held = each.liquidity_before if each.disable else None
    return [each.account.account_id, each.net, each.funds, each.cap_after, each.disable, held]


def _funds(key: str, adjustments: tuple[Adjustment, ...], sign: int) -> list[Fact]:
    sums: Counter[str] = Counter()
    for each in adjustments:
        sums[each.currency] += max(sign * each.funds, Decimal(0))  # type: ignore[assignment]
    return [Fact(key, "", f"{amount}", kind="money", currency=name) for name, amount in sorted(sums.items()) if amount]


def _names(key: str, adjustments: list[Adjustment]) -> list[Fact]:
    names = ", ".join(f"{each.account.participant} {each.currency}" for each in adjustments)
    return [Fact(key, "", names)] if names else []


def _warnings(intention: Intention) -> list[str]:
    plan = intention.plan
    disabled = [each for each in plan.adjustments if each.disable] if plan else []
    said = [
        _("%(name)s is in arrears with the bank: it is disabled in %(currency)s.", name=n, currency=c)
        for n, c in ((each.account.participant, each.currency) for each in disabled)
    ]
    if plan and plan.differences:
        said.append(
            _("What the bank holds otherwise is not booked by this: each difference is an adjustment of its own.")
        )
    return [*said, *(words_of(each).sentence for each in intention.proposal.warnings)]
