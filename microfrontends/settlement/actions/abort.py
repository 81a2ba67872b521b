"""Aborting a settlement, where the hub can: what it says is not believed, and what became of positions is looked up."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import fields

from bff import Command, CommandSchema, Effect, Fact, Found, HubUnavailable, RuleBroken, Run, Told
from microfrontends.settlement.actions.settling import SettlementAction, moving, reason_of
from microfrontends.settlement.desk import ledger_of, settlement_of
from microfrontends.settlement.domain.settlements import Settlement, SettlementState
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.store import key_of

ABORTED, RESERVED = SettlementState.ABORTED, SettlementState.PS_TRANSFERS_RESERVED


class AbortSchema(CommandSchema):
    """Which settlement."""

    settlement_id = fields.Integer(required=True)


class Abort(SettlementAction):
    """Abort a settlement of which nothing is committed."""

    name = "abort"
    title = _l("Abort a settlement")
    permission = P.FINALISE
    rule = "/settlements/<int:settlement_id>/abort"
    schema = AbortSchema
    labels = {"state": _l("State")}
    consequence = _l(
        "Released hubs refuse this with an internal error and change nothing. Where a hub does abort, its windows may "
        "not be settled again, and positions that were reserved may stay moved: look at them afterwards."
    )
    danger = True

    def sentence(self, command: Command, told: Told) -> str:
        """Which settlement."""
        return _("Abort settlement %(id)s.", id=command["settlement_id"])

    def verb(self, command: Command, told: Told) -> str:
        """Which settlement."""
        return _("Abort settlement %(id)s", id=command["settlement_id"])

    def effect(self, command: Command) -> Effect:
        """Its state now."""
        settlement = settlement_of(self.hub, command["settlement_id"])
        return Effect(
            changes=(Fact("state", settlement.state, ABORTED, kind="state"),),
            basis={"state": settlement.state},
            amounts=moving(settlement.totals),
            shown={"settlement": settlement},
        )

    def check(self, command: Command, effect: Effect, maker: str) -> None:
        """Nothing is committed, and nobody is at it."""
        if why := why_not(effect.shown["settlement"]):
            raise RuleBroken(why)
        self.desk.refuse_running(command["settlement_id"])

    def execute(self, command: Command, run: Run) -> Mapping[str, Any]:
        """Ask for it, and read what became of it: the settlement, and every position that was reserved."""
        settlement = settlement_of(self.hub, command["settlement_id"])
        before = self._positions(settlement)
        self.hub.abort(settlement.id, reason_of(run, "Aborted by hand"))
        found = settlement_of(self.hub, settlement.id)
        if found.state is not ABORTED:
            raise HubUnavailable(f"the hub accepted an abort, and settlement {found.id} is {found.state}", sent=True)
        self._give_up(settlement.id)
        after = self._positions(settlement)
        moved = sorted(name for name in before if before[name] != after[name])
        return {"state": found.state, "positions_moved": moved, "positions": after}

    def read_back(self, command: Command, run: Run) -> Found:
        """Whether it is aborted."""
        if settlement_of(self.hub, command["settlement_id"]).state is not ABORTED:
            return Found.ABSENT
        self._give_up(command["settlement_id"])
        return Found.DONE

    def _positions(self, settlement: Settlement) -> dict[str, str]:
        ledger, found = ledger_of(self.hub), {}
        for each in settlement.accounts:
            position = ledger.account(each.account_id)
            found[f"{each.participant} {each.currency}"] = f"{position.value:f}" if position else ""
        return found

    def _give_up(self, settlement_id: int) -> None:
        """A run that had stopped has nothing to go on with any more."""
        run = self.desk.runs.open_on(key_of(settlement_id))
        if run:
            self.desk.runs.give_up(run.id, _l("The settlement was aborted."))


def why_not(settlement: Settlement) -> str:
    """Why a settlement cannot be aborted, in a sentence; empty when it can."""
    committed = SettlementState.PS_TRANSFERS_COMMITTED
    if settlement.state is ABORTED:
        return _("Settlement %(id)s is aborted already.", id=settlement.id)
    if settlement.state.rank > RESERVED.rank or any(each.state.rank >= committed.rank for each in settlement.accounts):
        return _("Something of settlement %(id)s is committed: it can only be finalised.", id=settlement.id)
    return ""
