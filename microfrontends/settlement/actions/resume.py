"""Letting a run that stopped go on: only what is missing is done, under the ids that it had."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import fields

from bff import Command, CommandSchema, Effect, Fact, Found, Missing, RuleBroken, Run, Told
from microfrontends.settlement.actions.settling import SettlementAction
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.records import SettlementRun
from microfrontends.settlement.run.states import RunState
from microfrontends.settlement.run.store import key_of


class ResumeSchema(CommandSchema):
    """Which run."""

    run_id = fields.String(required=True)


class Resume(SettlementAction):
    """Resume a run."""

    name = "resume"
    title = _l("Resume a run")
    permission = P.FINALISE
    rule = "/runs/<string:run_id>/resume"
    schema = ResumeSchema
    labels = {"run": _l("Run"), "left": _l("Steps left")}
    consequence = _l(
        "What was done is not done again: everything is looked for at the hub first, and funds keep their transfer "
        "ids, of which the hub carries out each only once."
    )
    repeatable = True

    def target(self, command: Command) -> str:
        """What the run works at."""
        run = self._run(command)
        return key_of(run.settlement_id) if run.settlement_id else f"run:{run.id}"

    def sentence(self, command: Command, told: Told) -> str:
        """Which run."""
        if told.get("settlement"):
            return _("Resume the run of settlement %(id)s.", id=told["settlement"])
        return _("Resume the run that makes a settlement.")

    def verb(self, command: Command, told: Told) -> str:
        """That it goes on."""
        return _("Resume")

    def effect(self, command: Command) -> Effect:
        """How much of it is left."""
        run = self._run(command)
        left = sum(not each.state.over for each in self.desk.runs.steps(run.id))
        return Effect(
            changes=(Fact("run", run.state, RunState.RUNNING, kind="state"), Fact("left", str(left), "0")),
            basis={"state": run.state, "left": str(left)},
            warnings=(run.problem,) if run.problem else (),
            told={"settlement": str(run.settlement_id or "")},
            shown={"run": run},
        )

    def check(self, command: Command, effect: Effect, maker: str) -> None:
        """Only what stopped can go on."""
        run: SettlementRun = effect.shown["run"]
        if run.state is RunState.RUNNING:
            raise RuleBroken(_("It is running: nobody has to resume it."))
        if run.state is not RunState.STOPPED:
            raise RuleBroken(_("It is over: there is nothing to resume."))

    def execute(self, command: Command, run: Run) -> Mapping[str, Any]:
        """Mark it as running again and tell the workers."""
        resumed = self.desk.runs.resume(command["run_id"], run.maker)
        if not resumed and self._run(command).state is not RunState.RUNNING:
            raise RuleBroken(_("It is over: there is nothing to resume."))
        self.desk.bell(command["run_id"])
        return {"run": command["run_id"]}

    def read_back(self, command: Command, run: Run) -> Found:
        """Whether it has stopped no more."""
        return Found.ABSENT if self._run(command).state is RunState.STOPPED else Found.DONE

    def back(self, command: Command) -> str:
        """The settlement's page, or the list while there is none yet."""
        run = self._run(command)
        if run.settlement_id:
            return url_for("settlements.show", settlement_id=run.settlement_id)
        return url_for("settlements.index")

    def _run(self, command: Command) -> SettlementRun:
        found = self.desk.runs.find(command["run_id"])
        if found is None:
            raise Missing(_("There is no run %(id)s.", id=command["run_id"][:36]))
        return found
