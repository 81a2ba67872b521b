"""Carries out what was let through: claimed before the hub is called, its fate kept, read back when it is not known."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from flask_babel import lazy_gettext as _l

from bff.change import words
from bff.change.actions import Action, Effect, Found
from bff.change.audit import SYSTEM, Actor, AuditLog, Happening, Outcome
from bff.change.states import State
from bff.change.store import Tasks
from bff.change.tasks import Task
from bff.change.underway import underway
from bff.errors import HubRefused, HubUnavailable, Missing, RuleBroken
from bff.run import Run, running

log = structlog.get_logger()
LEASE = timedelta(seconds=60)  # no execution takes longer; whoever holds a claim beyond it has died
OUTCOMES = {State.DONE: Outcome.DONE, State.FAILED: Outcome.FAILED, State.UNKNOWN: Outcome.UNKNOWN}


class Lost(HubUnavailable):
    """The hub was asked, and what became of it is not known. The task stays open until it is."""

    def __init__(self, task: Task) -> None:
        super().__init__(task.problem, sent=True)
        self.task = task


class Unvouched(RuleBroken):
    """The audit does not tell of this request, or of these approvals, what the task does: somebody wrote past us."""


class Execution:
    """Executes tasks, each exactly once."""

    def __init__(self, tasks: Tasks, audit: AuditLog, actions: Mapping[str, Action]) -> None:
        self.tasks, self.audit, self.actions = tasks, audit, actions

    @underway()
    def carry_out(self, task: Task, actor: Actor | None = None) -> Task:
        """Execute a task that is APPROVED, unless somebody else does; the task as it then is.

        Raises what the execution raised (RuleBroken, HubRefused, HubUnavailable; Lost when its fate is not known),
        after it has been kept; Unvouched; Underway.
        """
        if len(task.approvals) < task.wish.terms.approvals or not self.vouched(task):
            raise Unvouched(task.id)
        claimed = self._claim(task, actor)
        if claimed is None:
            return self.tasks.find(task.id) or task
        action, run = self.actions[claimed.wish.action], claimed.run
        try:
            command = action.schema().load(dict(claimed.wish.command))
            with running(run):
                outcome = dict(action.execute(command, run))
        except (RuleBroken, Missing, HubRefused, HubUnavailable) as problem:
            # What was sent before, now or in an earlier attempt, may be found there whatever this answer says.
            certain = task.state is State.APPROVED and not run.done and _nothing_sent(problem)
            return self._after(claimed, run, problem, certain, actor)
        except Exception as problem:
            log.exception("execution_broke", task=claimed.id, action=claimed.wish.action)
            self._finish(claimed, State.UNKNOWN, type(problem).__name__, actor)
            raise
        try:
            return self._finish(claimed, State.DONE, "", actor, outcome)
        except Exception as problem:
            # It was done; that this could not be kept must not read as if nothing had happened.
            log.exception("outcome_not_kept", task=claimed.id, action=claimed.wish.action)
            raise Lost(claimed) from problem

    def resolve(self, task: Task, actor: Actor | None = None, *, repeat: bool = True) -> Task:
        """Settle the fate of an execution that ended without an answer, by reading back; never by sending again.

        Only what is repeatable by its own key is done again, with `repeat`, where reading back finds nothing of it.
        """
        now = datetime.now(UTC)
        if task.state is State.EXECUTING:
            if now - task.changed_at < LEASE:
                return task
            task = self._settle(task, State.UNKNOWN, _l("The process that did it ended before it was done."), actor)
        if task.state is not State.UNKNOWN:
            return task
        found, action = self._look(task), self.actions[task.wish.action]
        if found is Found.DONE:
            return self._settle(task, State.DONE, "", actor, {"read_back": True})
        if found is not Found.ABSENT:
            return task
        if action.repeatable and now < task.expires_at:
            return self.carry_out(task, actor) if repeat else task
        if now - task.changed_at >= LEASE:
            sentence = _l("Nothing of it was found a minute later: it was not done. Ask for it again.")
            return self._settle(task, State.FAILED, sentence, actor)
        return task

    def stale(self, task: Task, moved: Mapping[str, Any], problem: Any) -> Task:
        """What was asked for can no longer be done as it was asked for; found out by whoever looked, done by nobody."""
        told, kept = json.dumps({"moved": moved}), words.kept(problem)
        with self.tasks.engine.begin() as connection:
            if self.tasks.move(connection, task, State.STALE, problem=kept, outcome=told):
                self.audit.append(connection, self.about(task, Outcome.STALE, words.in_english(kept)), SYSTEM)
        return self.tasks.find(task.id) or task

    def vouched(self, task: Task) -> bool:
        """Whether the audit, which nobody changes unseen, knows these bytes as asked for and approved as they say."""
        told = {
            (str(entry.outcome), entry.actor.subject)
            for entry in self.audit.history(task.id)
            if entry.detail.get("sha256") == task.sha256
        }
        wanted = {(str(Outcome.APPROVED), each.person.subject) for each in task.approvals}
        missing = ({(str(Outcome.REQUESTED), task.wish.maker.subject)} | wanted) - told
        if missing:
            log.error("task_not_vouched", task=task.id, missing=sorted(missing))
        return not missing

    def about(
        self, task: Task, outcome: Outcome, reason: str = "", detail: Mapping[str, Any] | None = None
    ) -> Happening:
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
            detail={**(detail or {}), "sha256": task.sha256},
        )

    def _claim(self, task: Task, actor: Actor | None) -> Task | None:
        claim, now = str(uuid.uuid4()), datetime.now(UTC)
        with self.tasks.engine.begin() as connection:
            if not self.tasks.move(connection, task, State.EXECUTING, claim=claim):
                return None
            # Before the hub is called, and with the claim: a crash leaves an intent that nobody closed.
            self.audit.append(connection, self.about(task, Outcome.INTENT, task.wish.reason), actor)
        return replace(task, state=State.EXECUTING, claim=claim, changed_at=now)

    def _after(self, task: Task, run: Run, problem: Exception, certain: bool, actor: Actor | None) -> Task:
        """Keep what an exception means, and raise it again unless reading back says that it was done all the same.

        Where some of it was done, Lost leads to the task, which tells it all: nobody reads that nothing was changed.
        """
        found = Found.ABSENT if certain else self._look(task)
        if found is Found.DONE:
            return self._finish(task, State.DONE, "", actor, {"read_back": True})
        answered = not isinstance(problem, HubUnavailable)
        if certain or (found is Found.ABSENT and answered):
            failed = self._finish(task, State.FAILED, _sentence(problem), actor)
            raise Lost(failed) if run.done else problem
        raise Lost(self._finish(task, State.UNKNOWN, _sentence(problem), actor)) from problem

    def _look(self, task: Task) -> Found:
        action = self.actions[task.wish.action]
        try:
            return action.read_back(action.schema().load(dict(task.wish.command)), task.run)
        except Exception as problem:  # whatever keeps us from looking, we have not seen anything
            log.warning("read_back_failed", task=task.id, problem=repr(problem))
            return Found.UNKNOWN

    def _finish(
        self, task: Task, state: State, problem: Any, actor: Actor | None, outcome: Mapping[str, Any] | None = None
    ) -> Task:
        """Keep how this execution ended, even where somebody has settled it meanwhile because it took too long."""
        if not self._moved(task, state, problem, actor, outcome):
            log.error("late_outcome", task=task.id, state=state)
            with self.tasks.engine.begin() as connection:
                self.audit.append(connection, self.about(task, OUTCOMES[state], "", {"late": True}), actor)
        return self.tasks.find(task.id) or task

    def _settle(
        self, task: Task, state: State, problem: Any, actor: Actor | None, outcome: Mapping[str, Any] | None = None
    ) -> Task:
        """Keep what was found out about an execution, unless somebody else did so first."""
        self._moved(task, state, problem, actor, outcome)
        return self.tasks.find(task.id) or task

    def _moved(
        self, task: Task, state: State, problem: Any, actor: Actor | None, outcome: Mapping[str, Any] | None
    ) -> bool:
        kept, told = words.kept(problem), json.dumps(outcome, default=str) if outcome is not None else None
        with self.tasks.engine.begin() as connection:
            moved = self.tasks.move(connection, task, state, problem=kept, outcome=told)
            if moved:
                detail = json.loads(told, parse_float=str) if told else {}
                happening = self.about(task, OUTCOMES[state], words.in_english(kept), detail)
                self.audit.append(connection, happening, actor)
        return moved


def moved_since(asked: Effect, now: Effect) -> dict[str, tuple[str, str]]:
    """What a decision rested on and is otherwise now: by key, as it was and as it is."""
    keys = sorted(asked.basis.keys() | now.basis.keys())
    pairs = {key: (str(asked.basis.get(key, "")), str(now.basis.get(key, ""))) for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def _nothing_sent(problem: Exception) -> bool:
    """Whether an execution that ended so has left nothing behind, if it was the first thing that it sent."""
    if isinstance(problem, HubRefused):
        return problem.status < 500
    return not (isinstance(problem, HubUnavailable) and problem.sent)


def _sentence(problem: Exception) -> Any:
    if isinstance(problem, HubRefused):
        return f"{problem.code} {problem.description}"
    if isinstance(problem, HubUnavailable):
        return _l("The hub did not answer.") if problem.sent else _l("The hub could not be reached.")
    return str(problem)
