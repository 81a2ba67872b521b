"""Who may ask for a change and who may let it through: the rules of a second pair of eyes, kept on every way in."""

import uuid
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from bff.access.rights import Access
from bff.change.actions import Action, Command
from bff.change.audit import SYSTEM, Actor, AuditLog, Happening, Outcome
from bff.change.entitlement import may_see, refuse_decision, refuse_maker, too_late
from bff.change.execution import Execution, moved_since
from bff.change.policy import Policy, Terms
from bff.change.states import OPEN, State
from bff.change.store import Tasks
from bff.change.tasks import Decision, Task, Wish, digest
from bff.errors import HubRefused, HubUnavailable, Missing, RuleBroken
from bff.identity.principal import Identity
from bff.run import Person
from bff.web.formats import when

VERDICTS = {"approve": Outcome.APPROVED, "reject": Outcome.REJECTED, "withdraw": Outcome.WITHDRAWN}


class AlreadyAsked(RuleBroken):
    """The target has an open task, `task`."""

    def __init__(self, message: str, task: Task) -> None:
        super().__init__(message)
        self.task = task


class Changes:
    """All changes of one app: what is asked for, decided, executed."""

    def __init__(self, name: str, tasks: Tasks, audit: AuditLog, access: Access, policy: Policy) -> None:
        self.name, self.tasks, self.audit, self.access, self.policy = name, tasks, audit, access, policy
        self.actions: dict[str, Action] = {}
        self.execution = Execution(tasks, audit, self.actions)

    def add(self, action: Action) -> str:
        """Take an action in; its full name, `garden.shut_gate`."""
        self.actions[f"{self.name}.{action.name}"] = action
        return f"{self.name}.{action.name}"

    def terms(self, name: str, command: Command, amounts: Mapping[str, Any]) -> Terms:
        """What such a request needs by today's policy."""
        return self.policy.terms(name, str(self.actions[name].permission), command, amounts)

    def ask(self, name: str, command: Command, attempt: str, who: Identity) -> Task:
        """Ask for a change; where no approval is needed it is carried out at once. The same attempt asks only once.

        Raises RuleBroken, StepUpNeeded, and what looking at the target and carrying it out raise.
        """
        action, reason = self.actions[name], str(command.get("reason", ""))
        before = self.tasks.by_attempt(who.subject, name, attempt)
        if before:
            return before
        try:
            effect = action.effect(command)
            action.check(command, effect, who.subject)
            terms = self.terms(name, command, effect.amounts)
            refuse_maker(terms, who, reason)
            wish = Wish(
                action=name,
                target=action.target(command),
                command=action.schema().dump(command),
                effect=effect,
                participants=action.participants(command),
                maker=Person(who.subject, who.name, who.username),
                maker_roles=who.roles,
                reason=reason,
                terms=terms,
            )
            task = self._keep(wish, attempt)
        except (RuleBroken, Missing) as refusal:
            self.note_refused(name, action.target(command), str(refusal))
            raise
        return self.execution.carry_out(task) if task.state is State.APPROVED else task

    def decide(self, task: Task, verdict: str, sha256: str, reason: str, who: Identity) -> Task:
        """Approve, reject or withdraw. The last approval that is needed carries the change out.

        Raises RuleBroken, NotPermitted, StepUpNeeded, and what carrying it out raises.
        """
        task = self.refreshed(task)
        try:
            refuse_decision(task, verdict, sha256, reason, who)
            decided = self._decide(task, verdict, reason, who)
        except RuleBroken as refusal:
            self.note_refused(task.wish.action, task.wish.target, f"{verdict}: {refusal}", task.id)
            raise
        if decided.state is State.APPROVED:
            return self.execute(decided, present=who.subject)
        return decided

    def execute(self, task: Task, present: str = "", actor: Actor | None = None) -> Task:
        """Carry an approved task out if it still may be: its target unmoved, all who are counted still entitled.

        `present` is whoever acts in this request: the guard has just looked at what they may do.
        """
        gone = [person.name for person, permission in self._counted(task, present) if not self._may(person, permission)]
        if gone:
            names = ", ".join(gone)
            sentence = _("%(names)s may not do this any more, so it was not carried out.", names=names)
            return self.execution.stale(task, {}, sentence, actor)
        task = self._unmoved(task, actor)
        return self.execution.carry_out(task, actor) if task.state is State.APPROVED else task

    def refreshed(self, task: Task, actor: Actor | None = None) -> Task:
        """The task as time and its target have it now: EXPIRED when its time is over, STALE when the target moved."""
        if task.state is not State.PENDING:
            return task
        if datetime.now(UTC) >= task.expires_at:
            return self._expired(task)
        return self._unmoved(task, actor)

    def look_again(self, task: Task) -> Task:
        """The task after whatever time, its target and the hub have settled meanwhile. Nothing is sent for it."""
        if task.state in (State.EXECUTING, State.UNKNOWN):
            return self.execution.resolve(task, SYSTEM, repeat=False)
        return self.refreshed(task, SYSTEM)

    def find(self, task_id: str, who: Identity) -> Task:
        """The task, if this person may know of it. Raises Missing."""
        task = self.tasks.find(task_id)
        if task is None or not self.knows(task, who):
            raise Missing(_("There is no request %(id)s, or it is not for you to see.", id=task_id[:36]))
        return task

    def knows(self, task: Task, who: Identity) -> bool:
        """Whether a person may know of a task; of one whose action the app does not have any more, nobody."""
        action = self.actions.get(task.wish.action)
        return action is not None and may_see(task, action, self.name, who)

    def listing(self, who: Identity, states: Collection[State] = OPEN) -> list[Task]:
        """The tasks in these states that a person may know of; those whose time is over are EXPIRED by that."""
        found = [task for task in self.tasks.listing(states) if self.knows(task, who)]
        now = datetime.now(UTC)
        return [self._expired(t) if t.state is State.PENDING and now >= t.expires_at else t for t in found]

    def note_refused(self, action: str, target: str, reason: str, task: str = "") -> None:
        """Keep in the audit that somebody tried."""
        happening = Happening(action=action, outcome=Outcome.REFUSED, target=target, reason=reason, task=task)
        self.audit.attempt(happening)

    def _keep(self, wish: Wish, attempt: str) -> Task:
        now = datetime.now(UTC)
        state = State.PENDING if wish.terms.approvals else State.APPROVED
        task = Task(str(uuid.uuid4()), state, wish, digest(wish.body()), now, now + wish.terms.life, now)
        try:
            with self.tasks.engine.begin() as connection:
                self.tasks.insert(connection, task, attempt)
                self.audit.append(connection, self.execution.about(task, Outcome.REQUESTED, wish.reason))
        except IntegrityError:
            same = self.tasks.by_attempt(wish.maker.subject, wish.action, attempt)
            if same:
                return same
            other = self.tasks.open_on([wish.target]).get(wish.target)
            if other is None:
                raise
            raise AlreadyAsked(_asked_before(other), other) from None
        return task

    def _decide(self, task: Task, verdict: str, reason: str, who: Identity) -> Task:
        person = Person(who.subject, who.name, who.username)
        decision = Decision(person, verdict, reason, task.sha256, datetime.now(UTC))
        try:
            with self.tasks.engine.begin() as connection:
                if not self.tasks.hold(connection, task):
                    raise RuleBroken(too_late(self.tasks.find(task.id) or task))
                self.tasks.decide(connection, task, decision)
                self._follow(connection, task, verdict)
                self.audit.append(connection, self.execution.about(task, VERDICTS[verdict], reason))
        except IntegrityError:
            raise RuleBroken(_("You have decided already, or it is your own request.")) from None
        return self.tasks.find(task.id) or task

    def _follow(self, connection: Any, task: Task, verdict: str) -> None:
        """What a decision makes of the task, in the decision's own transaction."""
        if verdict == "reject":
            self.tasks.move(connection, task, State.REJECTED)
        elif verdict == "withdraw":
            self.tasks.move(connection, task, State.WITHDRAWN)
        elif len(self.tasks.approvers(connection, task)) >= task.wish.terms.approvals:
            self.tasks.move(connection, task, State.APPROVED)

    def _expired(self, task: Task) -> Task:
        with self.tasks.engine.begin() as connection:
            if self.tasks.move(connection, task, State.EXPIRED):
                self.audit.append(connection, self.execution.about(task, Outcome.EXPIRED), SYSTEM)
        return self.tasks.find(task.id) or task

    def _unmoved(self, task: Task, actor: Actor | None) -> Task:
        """The task; STALE when its target is not as it was. Where the hub is silent it stays as it is."""
        action = self.actions[task.wish.action]
        command = action.schema().load(dict(task.wish.command))
        try:
            now = action.effect(command)
            moved = moved_since(task.wish.effect, now)
            if not moved:
                action.check(command, now, task.wish.maker.subject)
        except (RuleBroken, Missing) as problem:
            return self.execution.stale(task, {}, str(problem), actor)
        except (HubRefused, HubUnavailable):
            if task.state is State.PENDING:
                return task
            raise
        if moved:
            return self.execution.stale(task, moved, _("It has changed since this was asked for."), actor)
        return task

    def _counted(self, task: Task, present: str) -> list[tuple[Person, str]]:
        """Everybody on whom the task rests, with the permission that each needs, but for whoever is present."""
        terms, maker = task.wish.terms, task.wish.maker
        action = self.actions[task.wish.action]
        people = [(decision.person, terms.checker) for decision in task.approvals]
        return [each for each in [(maker, str(action.permission)), *people] if each[0].subject != present]

    def _may(self, person: Person, permission: str) -> bool:
        return permission in self.access.rights(person.subject).permissions


def _asked_before(task: Task) -> str:
    maker, since = task.wish.maker, when(task.made_at, seconds=True)
    if task.state is State.PENDING:
        sentence = _("%(name)s asked for this on %(since)s, and it waits for approval.", name=maker.name, since=since)
    elif task.state is State.UNKNOWN:
        sentence = _(
            "What %(name)s asked for on %(since)s has an outcome that is not known yet.", name=maker.name, since=since
        )
    else:
        sentence = _("%(name)s is having this done since %(since)s.", name=maker.name, since=since)
    return f"{sentence} " + _("Nothing was changed.")
