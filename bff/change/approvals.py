"""Who may ask for a change and who may let it through: the rules of a second pair of eyes, kept on every way in."""

import uuid
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from bff.access.rights import Access
from bff.change.actions import Action, Command
from bff.change.audit import SYSTEM, Actor, AuditLog, Outcome
from bff.change.execution import Execution, moved_since
from bff.change.policy import Policy, Terms, satisfied
from bff.change.states import OPEN, State
from bff.change.store import Tasks
from bff.change.tasks import Decision, Task, Wish, digest
from bff.errors import HubRefused, HubUnavailable, Missing, NotPermitted, RuleBroken, StepUpNeeded
from bff.identity.principal import Identity
from bff.run import Person
from bff.web.formats import when

VERDICTS = {"approve": Outcome.APPROVED, "reject": Outcome.REJECTED, "withdraw": Outcome.WITHDRAWN}


class OwnWork(RuleBroken):
    """Nobody decides on what they asked for themselves."""


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
            self._refuse_maker(terms, who, reason)
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
            self._refuse_decision(task, verdict, sha256, reason, who)
            decided = self._decide(task, verdict, reason, who)
        except (RuleBroken, NotPermitted) as refusal:
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

    def find(self, task_id: str, who: Identity) -> Task:
        """The task, if this person may know of it. Raises Missing."""
        task = self.tasks.find(task_id)
        if task is None or not self.may_see(task, who):
            raise Missing(_("There is no request %(id)s, or it is not for you to see.", id=task_id[:36]))
        return task

    def may_see(self, task: Task, who: Identity) -> bool:
        """Whether a person may know of a task: whose data it is, and who makes or checks such changes."""
        wish, action = task.wish, self.actions.get(task.wish.action)
        if action is None:
            return False
        in_view = all(who.sees(name) for name in wish.participants) if wish.participants else who.sees_all
        concerned = (str(action.permission), wish.terms.checker, f"{self.name}:audit:view")
        return in_view and (who.subject == wish.maker.subject or any(who.may(each) for each in concerned))

    def listing(self, who: Identity, states: Collection[State] = OPEN) -> list[Task]:
        """The tasks in these states that a person may know of; those whose time is over are EXPIRED by that."""
        found = [task for task in self.tasks.listing(states) if self.may_see(task, who)]
        now = datetime.now(UTC)
        return [self._expired(t) if t.state is State.PENDING and now >= t.expires_at else t for t in found]

    def why_not(self, task: Task, who: Identity) -> str:
        """Why this person cannot approve it, in a sentence; empty when they can."""
        if task.state is not State.PENDING:
            return _("It does not wait for approval any more.")
        if task.wish.maker.subject == who.subject:
            return _("You asked for it yourself: somebody else has to decide.")
        if task.decision_of(who.subject):
            return _("You have decided already; it needs another person too.")
        if not who.may(task.wish.terms.checker):
            return _("You may not approve this: it needs the permission %(what)s.", what=task.wish.terms.checker)
        if not task.wish.terms.may_check(task.wish.maker_roles, who.roles):
            return _("By the policy, your role does not check what this maker's role asks for.")
        return ""

    def checkers(self, terms: Terms, maker: str, maker_roles: tuple[str, ...]) -> list[str]:
        """The subjects who could approve such a request of this maker."""
        roles = [role.name for role in self.access.book.holders(terms.checker)]
        return [
            subject
            for subject, held in self.access.store.holders(roles).items()
            if subject != maker
            and terms.may_check(maker_roles, held)
            and terms.checker in self.access.rights(subject).permissions
        ]

    def note_refused(self, action: str, target: str, reason: str, task: str = "") -> None:
        """Keep in the audit that somebody tried."""
        from bff.change.audit import Happening

        happening = Happening(action=action, outcome=Outcome.REFUSED, target=target, reason=reason, task=task)
        self.audit.record(happening)

    def _refuse_maker(self, terms: Terms, who: Identity, reason: str) -> None:
        if terms.reason and not reason:
            raise RuleBroken(_("Say why: the policy wants a reason for this."))
        if not terms.may_make(who.roles):
            makers = ", ".join(sorted({pair.maker for pair in terms.pairs}))
            raise RuleBroken(_("By the policy, only these roles may ask for this: %(roles)s.", roles=makers))
        if not satisfied(terms.step_up, who, datetime.now(UTC).timestamp()):
            raise StepUpNeeded(terms.step_up.acr, terms.step_up.max_age)

    def _refuse_decision(self, task: Task, verdict: str, sha256: str, reason: str, who: Identity) -> None:
        if verdict not in VERDICTS:
            raise RuleBroken(_("%(what)s is no decision; approve, reject or withdraw.", what=verdict[:20]))
        if task.state is not State.PENDING:
            raise RuleBroken(_late(task))
        if sha256 != task.sha256:
            raise RuleBroken(_("This is not what was asked for. Look at the request again before deciding."))
        if verdict == "withdraw":
            if task.wish.maker.subject != who.subject:
                raise RuleBroken(_("Only %(name)s can withdraw this request.", name=task.wish.maker.name))
            return
        if task.wish.maker.subject == who.subject:
            raise OwnWork(_("Maker and checker cannot be the same person: somebody else has to decide."))
        if not who.may(task.wish.terms.checker):
            raise NotPermitted(task.wish.terms.checker)
        if problem := self.why_not(task, who):
            raise RuleBroken(problem)
        if verdict == "reject" and not reason:
            raise RuleBroken(_("Say why it is rejected: the maker has to know what to do about it."))
        if verdict == "approve" and not satisfied(task.wish.terms.step_up, who, datetime.now(UTC).timestamp()):
            raise StepUpNeeded(task.wish.terms.step_up.acr, task.wish.terms.step_up.max_age)

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
                    raise RuleBroken(_late(self.tasks.find(task.id) or task))
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


def _late(task: Task) -> str:
    last = task.decisions[-1] if task.decisions else None
    if last and last.verdict in ("reject", "withdraw"):
        return _("It was decided already, by %(name)s.", name=last.person.name)
    return _("It does not wait for approval any more.")


def _asked_before(task: Task) -> str:
    maker, since = task.wish.maker, when(task.made_at, seconds=True)
    if task.state is State.PENDING:
        sentence = _("%(name)s asked for this on %(since)s, and it waits for approval.", name=maker.name, since=since)
    elif task.state is State.UNKNOWN:
        sentence = _("What %(name)s asked for on %(since)s has an outcome that is not known yet.", name=maker.name, since=since)
    else:
        sentence = _("%(name)s is having this done since %(since)s.", name=maker.name, since=since)
    return f"{sentence} " + _("Nothing was changed.")
