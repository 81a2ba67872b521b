"""Putting back a net debit cap that the hub rewrote by itself when it reserved a settlement."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import fields

from bff import Command, CommandSchema, Effect, Fact, Found, Missing, RuleBroken, Run, Told
from microfrontends.settlement.actions.settling import SettlementAction
from microfrontends.settlement.domain.ledger import Cap
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.records import KeptCap, SettlementRun


class RestoreSchema(CommandSchema):
    """Whose cap, and beside which settlement it was kept."""

    settlement_id = fields.Integer(required=True)
    participant = fields.String(required=True)
    currency = fields.String(required=True)


class RestoreCap(SettlementAction):
    """Restore a cap and its alarm."""

    name = "restore_cap"
    title = _l("Restore a net debit cap")
    permission = P.FINALISE
    rule = "/settlements/<int:settlement_id>/caps/<participant>/<currency>/restore"
    schema = RestoreSchema
    labels = {"cap": _l("Net debit cap"), "alarm": _l("Alarm, % of the cap")}
    consequence = _l("The cap and its alarm become what they were before the hub reserved the settlement.")
    repeatable = True

    def target(self, command: Command) -> str:
        """The cap."""
        return f"cap:{command['participant']}:{command['currency']}"

    def sentence(self, command: Command, told: Told) -> str:
        """Whose cap."""
        names = {"name": command["participant"], "currency": command["currency"]}
        return _("Restore the net debit cap of %(name)s in %(currency)s.", **names)

    def verb(self, command: Command, told: Told) -> str:
        """That it is put back."""
        return _("Restore the cap")

    def participants(self, command: Command) -> tuple[str, ...]:
        """Whose it is."""
        return (command["participant"],)

    def effect(self, command: Command) -> Effect:
        """The cap now, and as it was kept."""
        _run, kept = self._kept(command)
        now, before = self._now(command), kept.before
        return Effect(
            changes=(
                Fact("cap", str(now.value), str(before.value), kind="money", currency=now.currency),
                Fact("alarm", _plain(now), _plain(before)),
            ),
            basis={"cap": f"{now.value:f}", "alarm": _plain(now)},
            amounts={now.currency: abs(before.value - now.value)},
            shown={"kept": kept, "now": now},
        )

    def check(self, command: Command, effect: Effect, maker: str) -> None:
        """Only a cap that is not as it was."""
        if effect.shown["now"] == effect.shown["kept"].before:
            raise RuleBroken(_("The cap is as it was."))

    def execute(self, command: Command, run: Run) -> Mapping[str, Any]:
        """Put it back, and keep that it was."""
        started, kept = self._kept(command)
        self.hub.set_cap(kept.before)
        self.desk.runs.caps.restored(started.id, kept.before, run.maker.username, self.desk.runs.clock())
        return {"cap": kept.before.value, "alarm": kept.before.alarm}

    def read_back(self, command: Command, run: Run) -> Found:
        """Whether it is as it was."""
        started, kept = self._kept(command)
        if self._now(command) != kept.before:
            return Found.ABSENT
        self.desk.runs.caps.restored(started.id, kept.before, run.maker.username, self.desk.runs.clock())
        return Found.DONE

    def _kept(self, command: Command) -> tuple[SettlementRun, KeptCap]:
        mine = (command["participant"], command["currency"])
        for run in self.desk.runs.of_settlement(command["settlement_id"]):
            for kept in self.desk.runs.caps.of(run.id):
                if (kept.before.participant, kept.before.currency) == mine and kept.after is not None:
                    return run, kept
        raise Missing(_("No net debit cap of %(name)s in %(currency)s was kept.", name=mine[0], currency=mine[1]))

    def _now(self, command: Command) -> Cap:
        mine = (command["participant"], command["currency"])
        found = next((cap for cap in self.hub.caps() if (cap.participant, cap.currency) == mine), None)
        if found is None:
            raise Missing(_("%(name)s has no net debit cap in %(currency)s.", name=mine[0], currency=mine[1]))
        return replace(found, value=found.value)


def _plain(cap: Cap) -> str:
    return f"{cap.alarm.normalize():f}"
