"""Noting that a step of settlement day is done that only people can do, or taking that back; the reason is the note."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate

from bff import Command, CommandSchema, Effect, Fact, Found, RuleBroken, Run, Told
from bff.change.states import State
from bff.change.wiring import changes_of_app
from microfrontends.settlement.actions.settling import SettlementAction
from microfrontends.settlement.desk import settlement_of
from microfrontends.settlement.domain.settlement_day import BY_PEOPLE
from microfrontends.settlement.permissions import P

NOTED, OPEN = "DONE", "OPEN"


class NoteSchema(CommandSchema):
    """Which step of which settlement, and whether it is done."""

    settlement_id = fields.Integer(required=True)
    step = fields.Integer(required=True, validate=validate.OneOf(sorted(BY_PEOPLE)))
    done = fields.Boolean(load_default=True)


class NoteStep(SettlementAction):
    """Keep who did a step of settlement day outside of the portal. Nothing is asked of the hub."""

    name = "note_step"
    title = _l("Note a step of settlement day")
    permission = P.FINALISE
    rule = "/settlements/<int:settlement_id>/day/<int:step>"
    schema = NoteSchema
    labels = {"step": _l("State")}
    repeatable = True

    def target(self, command: Command) -> str:
        """The step."""
        return step_key(command["settlement_id"], command["step"])

    def sentence(self, command: Command, told: Told) -> str:
        """Which step, and that it is done or is not."""
        facts = {"number": command["step"], "id": command["settlement_id"]}
        if command["done"]:
            return _("Note that step %(number)s of the day of settlement %(id)s is done.", **facts)
        return _("Take back that step %(number)s of the day of settlement %(id)s is done.", **facts)

    def verb(self, command: Command, told: Told) -> str:
        """Which step."""
        number = command["step"]
        return (
            _("Note step %(number)s", number=number)
            if command["done"]
            else _("Take step %(number)s back", number=number)
        )

    def effect(self, command: Command) -> Effect:
        """The state of the step. Raises Missing."""
        settlement_of(self.hub, command["settlement_id"])
        before = NOTED if noted(command["settlement_id"]).get(command["step"]) else OPEN
        after = NOTED if command["done"] else OPEN
        return Effect(changes=(Fact("step", before, after, kind="state"),), basis={"step": before})

    def check(self, command: Command, effect: Effect, maker: str) -> None:
        """Only what is otherwise now."""
        change = effect.changes[0]
        if change.before == change.after:
            raise RuleBroken(_("Somebody has noted this already."))

    def execute(self, command: Command, run: Run) -> Mapping[str, Any]:
        """The request itself is the note."""
        return {"done": command["done"]}

    def read_back(self, command: Command, run: Run) -> Found:
        """It is repeated: nothing but the request is there to be found."""
        return Found.ABSENT

    def back(self, command: Command) -> str:
        """The settlement's day."""
        return url_for("guide.show", settlement_id=command["settlement_id"])


def step_key(settlement_id: int, step: int) -> str:
    """How a step is named in the audit."""
    return f"settlement-day:{settlement_id}:{step}"


def noted(settlement_id: int) -> dict[int, Any]:
    """The requests by which steps were noted as done, and not taken back since, by step."""
    keys = {step_key(settlement_id, step): step for step in BY_PEOPLE}
    newest: dict[int, Any] = {}
    for task in changes_of_app().tasks.about(list(keys)):
        step = keys[task.wish.target]
        if task.state is State.DONE and (step not in newest or task.changed_at > newest[step].changed_at):
            newest[step] = task
    return {step: task for step, task in newest.items() if task.wish.command.get("done")}
