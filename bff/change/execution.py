"""Carries out what was let through: claimed before the hub is called, its fate kept, read back when it is not known."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from flask_babel import gettext as _

from bff.change.actions import Action, Effect, Found
from bff.change.audit import SYSTEM, Actor, AuditLog, Happening, Outcome
from bff.change.states import State
from bff.change.store import Tasks
from bff.change.tasks import Task
from bff.errors import HubRefused, HubUnavailable, Missing, RuleBroken
from bff.run import running

log = structlog.get_logger()
LEASE = timedelta(seconds=60)  # no execution takes longer; whoever holds a claim beyond it has died
OUTCOMES = {State.DONE: Outcome.DONE, State.FAILED: Outcome.FAILED, State.UNKNOWN: Outcome.UNKNOWN}


class Lost(HubUnavailable):
    """The hub was asked, did not answer, and reading back did not settle it. The task stays open as UNKNOWN."""

    def __init__(self, task: Task) -> None:
        super().__init__(task.problem, sent=True)
        self.task = task


class Execution:
    """Executes tasks, each exactly once."""

    def __init__(self, tasks: Tasks, audit: AuditLog, actions: Mapping[str, Action]) -> None:
        self.tasks, self.audit, self.actions = tasks, audit, actions

    def carry_out(self, task: Task, actor: Actor | None = None) -> Task:
        """Execute a task that is APPROVED, unless somebody else does; the task as it then is.

        Raises what the execution raised (RuleBroken, HubRefused, HubUnavailable; Lost when its fate is not known),
        after it has been kept.
        """
        claimed = self._claim(task, actor)
        if claimed is None:
            return self.tasks.find(task.id) or task
        action = self.actions[claimed.wish.action]
        command = action.schema().load(dict(claimed.wish.command))
        try:
            with running(claimed.run) as run:
                outcome = dict(action.execute(command, run))
        except (RuleBroken, Missing, HubRefused, HubUnavailable) as problem:
            return self._after(claimed, problem, actor)
        except Exception as problem:
            log.exception("execution_broke", task=claimed.id, action=claimed.wish.action)
            self._finish(claimed, State.UNKNOWN, type(problem).__name__, actor)
            raise
        return self._finish(claimed, State.DONE, "", actor, outcome)

    def resolve(self, task: Task, actor: Actor | None = None, *, repeat: bool = True) -> Task:
        """Settle the fate of an execution that ended without an answer, by reading back; never by sending again.

        Only what is repeatable by its own key is done again, with `repeat`, where reading back finds nothing of it.
        """
        if task.state is State.EXECUTING:
            if datetime.now(UTC) - task.changed_at < LEASE:
                return task
            task = self._finish(task, State.UNKNOWN, _("The process that did it ended before it was done."), actor)
        if task.state is not State.UNKNOWN:
            return task
        found, action = self._look(task), self.actions[task.wish.action]
        if found is Found.DONE:
            return self._finish(task, State.DONE, "", actor, {"read_back": True})
        if found is Found.ABSENT and action.repeatable and repeat:
            return self.carry_out(task, actor)
        if found is Found.ABSENT and datetime.now(UTC) - task.changed_at >= LEASE:
            sentence = _("Nothing of it was found a minute later: it was not done. Ask for it again.")
            return self._finish(task, State.FAILED, sentence, actor)
        return task

    def stale(self, task: Task, moved: Mapping[str, Any], problem: str, actor: Actor | None = None) -> Task:
        """The target is not any more as it was when the change was asked for."""
        with self.tasks.engine.begin() as connection:
            if self.tasks.move(connection, task, State.STALE, problem=problem, outcome=json.dumps({"moved": moved})):
                self.audit.append(connection, self.about(task, Outcome.STALE, problem), actor)
        return self.tasks.find(task.id) or task

    def about(self, task: Task, outcome: Outcome, reason: str = "", **detail: Any) -> Happening:
        """What the audit keeps of a step of a task: with it, what it changes."""
        wish = task.wish
        before = {fact.key: fact.before for fact in wish.effect.changes}
        after = {fact.key: fact.after for fact in wish.effect.changes}
        return Happening(
            action=wish.action,
            outcome=outcome,
            target=wish.target,
            participant=", ".join(wish.participants),
            before=before,
            after=after,
            reason=reason,
            task=task.id,
            detail={"sha256": task.sha256, **detail},
        )

    def _claim(self, task: Task, actor: Actor | None) -> Task | None:
        claim, now = str(uuid.uuid4()), datetime.now(UTC)
        with self.tasks.engine.begin() as connection:
            if not self.tasks.move(connection, task, State.EXECUTING, claim=claim):
                return None
            # Before the hub is called, and with the claim: a crash leaves an intent that nobody closed.
            self.audit.append(connection, self.about(task, Outcome.INTENT, task.wish.reason), actor)
        return replace(task, state=State.EXECUTING, claim=claim, changed_at=now)

    def _after(self, task: Task, problem: Exception, actor: Actor | None) -> Task:
        """Keep what an exception means, and raise it again unless reading back says that it was done all the same."""
        sentence = _sentence(problem)
        certain = problem.status < 500 if isinstance(problem, HubRefused) else not getattr(problem, "sent", False)
        found = Found.ABSENT if certain else self._look(task)
        if found is Found.DONE:
            return self._finish(task, State.DONE, "", actor, {"read_back": True})
        if certain or (found is Found.ABSENT and isinstance(problem, HubRefused)):
            self._finish(task, State.FAILED, sentence, actor)
            raise problem
        raise Lost(self._finish(task, State.UNKNOWN, sentence, actor)) from problem

    def _look(self, task: Task) -> Found:
        action = self.actions[task.wish.action]
        command = action.schema().load(dict(task.wish.command))
        try:
            return action.read_back(command, task.run)
        except (HubRefused, HubUnavailable, Missing, RuleBroken) as problem:
            log.warning("read_back_failed", task=task.id, problem=str(problem))
            return Found.UNKNOWN

    def _finish(
        self, task: Task, state: State, problem: str, actor: Actor | None, outcome: Mapping[str, Any] | None = None
    ) -> Task:
        told = json.dumps(outcome, default=str) if outcome is not None else None
        with self.tasks.engine.begin() as connection:
            if self.tasks.move(connection, task, state, problem=problem, outcome=told):
                happening = self.about(task, OUTCOMES[state], problem, **(outcome or {}))
                self.audit.append(connection, happening, actor)
            else:
                # Slower than its lease: somebody has settled it meanwhile, and this is what is late.
                log.error("late_outcome", task=task.id, state=state)
                self.audit.append(connection, self.about(task, OUTCOMES[state], problem, late=True), actor or SYSTEM)
        return self.tasks.find(task.id) or task


def moved_since(asked: Effect, now: Effect) -> dict[str, tuple[str, str]]:
    """What a decision rested on and is otherwise now: by key, as it was and as it is."""
    keys = asked.basis.keys() | now.basis.keys()
    pairs = {key: (asked.basis.get(key, ""), now.basis.get(key, "")) for key in sorted(keys)}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def _sentence(problem: Exception) -> str:
    if isinstance(problem, HubRefused):
        return f"{problem.code} {problem.description}"
    if isinstance(problem, HubUnavailable):
        return _("The hub did not answer.") if problem.sent else _("The hub could not be reached.")
    return str(problem)
