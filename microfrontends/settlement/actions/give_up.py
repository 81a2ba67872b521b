"""Giving up a run that stopped, so that another can be begun: what it has moved moves no second time."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bff import Command, Effect, Fact, Found, RuleBroken, Run, Told
from microfrontends.settlement.actions.resume import Resume
from microfrontends.settlement.run.states import RunState


class GiveUp(Resume):
    """End a run that stopped."""

    name = "give_up"
    title = _l("Give up a run")
    rule = "/runs/<string:run_id>/give-up"
    labels = {"run": _l("Run"), "left": _l("Steps left")}
    consequence = _l(
        "What it has done stays done. Another run for the same settlement looks for it at the hub first, and has the "
        "same transfer ids: no funds move twice."
    )

    def sentence(self, command: Command, told: Told) -> str:
        """Which run."""
        if told.get("settlement"):
            return _("Give up the run of settlement %(id)s.", id=told["settlement"])
        return _("Give up the run that makes a settlement.")

    def verb(self, command: Command, told: Told) -> str:
        """That it ends."""
        return _("Give up")

    def effect(self, command: Command) -> Effect:
        """How much of it is left undone."""
        run = self._run(command)
        left = sum(not each.state.over for each in self.desk.runs.steps(run.id))
        return Effect(
            changes=(Fact("run", run.state, RunState.GIVEN_UP, kind="state"), Fact("left", str(left), str(left))),
            basis={"state": run.state, "left": str(left)},
            warnings=(run.problem,) if run.problem else (),
            told={"settlement": str(run.settlement_id or "")},
            shown={"run": run},
        )

    def check(self, command: Command, effect: Effect, maker: str) -> None:
        """Only what stopped can be given up: a worker may be at the rest."""
        if effect.shown["run"].state is not RunState.STOPPED:
            raise RuleBroken(_("Only a run that has stopped can be given up."))

    def execute(self, command: Command, run: Run) -> Mapping[str, Any]:
        """End it."""
        self.desk.runs.give_up(command["run_id"], _l("%(name)s gave it up.", name=run.maker.name))
        if self._run(command).state is not RunState.GIVEN_UP:
            raise RuleBroken(_("Only a run that has stopped can be given up."))
        return {"run": command["run_id"]}

    def read_back(self, command: Command, run: Run) -> Found:
        """Whether it has ended."""
        return Found.DONE if self._run(command).state is RunState.GIVEN_UP else Found.ABSENT
