"""Booking a difference between the settlement bank's balance and the hub's: a movement of its own, with a reference."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import fields

from bff import Command, CommandSchema, Effect, Fact, Found, Missing, RuleBroken, Run, Told
from bff.web.formats import amount
from microfrontends.settlement.actions.settling import LONGEST_REFERENCE, SettlementAction, reason_of
from microfrontends.settlement.desk import ledger_of, settlement_of
from microfrontends.settlement.domain.finalisation import Difference
from microfrontends.settlement.domain.settlements import SettlementState
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.planning import correction_steps
from microfrontends.settlement.run.records import NewRun, Planned
from microfrontends.settlement.run.states import RunKind, RunState
from microfrontends.settlement.run.store import key_of


class CorrectSchema(CommandSchema):
    """Whose difference, and in which file it was found."""

    settlement_id = fields.Integer(required=True)
    account_id = fields.Integer(required=True)
    finalisation_id = fields.String(required=True)


class Correct(SettlementAction):
    """Book one difference, once the settlement's own funds have moved."""

    name = "correct"
    title = _l("Book a difference")
    permission = P.FINALISE
    rule = "/settlements/<int:settlement_id>/differences/<string:finalisation_id>/<int:account_id>"
    schema = CorrectSchema
    labels = {"liquidity": _l("Liquidity"), "cap": _l("Net debit cap"), "reference": _l("Reference")}
    consequence = _l(
        "The liquidity account comes to hold what the settlement bank says. The settlement is not touched."
    )
    danger = True
    repeatable = True

    def sentence(self, command: Command, told: Told) -> str:
        """Whose, and by how much."""
        currency, name = told.get("currency", ""), told.get("participant", "")
        facts = {"amount": amount(told.get("amount"), currency), "currency": currency, "name": name}
        return _("Book a difference of %(amount)s %(currency)s for %(name)s.", **facts)

    def verb(self, command: Command, told: Told) -> str:
        """That it is booked."""
        return _("Book the difference")

    def effect(self, command: Command) -> Effect:
        """What the bank holds, and what the hub does."""
        found = self._difference(command)
        now, bank = f"{found.expected:f}", f"{found.bank:f}"
        cap = (
            [Fact("cap", "", f"{found.cap_after:f}", kind="money", currency=found.currency)] if found.cap_after else []
        )
        return Effect(
            changes=(
                Fact("liquidity", now, bank, kind="money", currency=found.currency),
                *cap,
                Fact("reference", "", found.reference),
            ),
            basis={"liquidity": now, "bank": bank},
            amounts={found.currency: abs(found.funds)},
            told={"amount": f"{found.funds:f}", "currency": found.currency, "participant": found.account.participant},
            shown={"difference": found},
        )

    def check(self, command: Command, effect: Effect, maker: str) -> None:
        """The settlement's own funds have moved, and this was not booked before."""
        found: Difference = effect.shown["difference"]
        if found.account.state.rank < SettlementState.PS_TRANSFERS_COMMITTED.rank:
            raise RuleBroken(_("Finalise the settlement first: the difference is known once its funds have moved."))
        if any(self._same(run.plan, command) for run in self._booked(command)):
            raise RuleBroken(_("This difference was booked already."))
        self.desk.refuse_second(key_of(command["settlement_id"]))

    def execute(self, command: Command, run: Run) -> Mapping[str, Any]:
        """Start the run."""
        found, key = self._difference(command), command["finalisation_id"]
        account = _planned(found)
        plan = {
            "accounts": [account.as_json()],
            "finalisation": key,
            "reason": reason_of(run, found.reference),
            "reference": found.reference[:LONGEST_REFERENCE],
        }
        number = command["settlement_id"]
        started = self.desk.start(
            NewRun(
                task=run.task,
                kind=RunKind.CORRECT,
                open_key=key_of(number),
                settlement_id=number,
                plan=plan,
                by=run.maker,
                steps=correction_steps(number, account, key),
            )
        )
        return {"run": started.id}

    def read_back(self, command: Command, run: Run) -> Found:
        """Whether the run was started."""
        return Found.DONE if self.desk.runs.find(run.task) else Found.ABSENT

    def participants(self, command: Command) -> tuple[str, ...]:
        """Nobody's alone: the settlement bank's file is the hub's."""
        return ()

    def _difference(self, command: Command) -> Difference:
        made = self.desk.finalisations.find(command["finalisation_id"])
        if made is None or made.settlement_id != command["settlement_id"]:
            raise Missing(_("There is no finalisation %(id)s of this settlement.", id=command["finalisation_id"][:36]))
        settlement = settlement_of(self.hub, made.settlement_id)
        differences = made.differences(settlement, ledger_of(self.hub))
        found = next((each for each in differences if each.account.account_id == command["account_id"]), None)
        if found is None:
            raise Missing(_("Bank and hub do not differ in account %(id)s.", id=command["account_id"]))
        return found

    def _booked(self, command: Command) -> list[Any]:
        runs = self.desk.runs.of_settlement(command["settlement_id"])
        return [each for each in runs if each.kind is RunKind.CORRECT and each.state is not RunState.GIVEN_UP]

    def _same(self, plan: Mapping[str, Any], command: Command) -> bool:
        account = plan["accounts"][0]["account_id"]
        return (plan["finalisation"], account) == (command["finalisation_id"], command["account_id"])


def _planned(found: Difference) -> Planned:
    account = found.account
    return Planned(
        participant_id=account.participant_id,
        participant=account.participant,
        account_id=account.account_id,
        currency=found.currency,
        net=account.net,
        settlement_account_id=found.settlement_account_id,
        liquidity=found.expected,
        expected=found.bank,
        funds=found.funds,
        cap=found.cap_after,
        exact=True,
    )
