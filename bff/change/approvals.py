"""Who may ask for a change and who may let it through: the rules of a second pair of eyes, kept on every way in."""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError
from sqlalchemy.exc import IntegrityError

from bff.access.rights import Access
from bff.change import words
from bff.change.actions import Action, Command
from bff.change.audit import SYSTEM, Actor, AuditLog, Happening, Outcome
from bff.change.entitlement import Verdict, may_see, refuse_decision, refuse_maker, too_late
from bff.change.execution import Execution, Unvouched, moved_since
from bff.change.policy import Policy, Terms
from bff.change.repeating import kept, same
from bff.change.states import OPEN, State
from bff.change.store import Place, Tasks
from bff.change.tasks import Decision, Task, Wish, digest
from bff.change.underway import underway
from bff.errors import HubRefused, HubUnavailable, Missing, RuleBroken
from bff.identity.principal import Identity
from bff.run import Person
from bff.web.formats import when

LONGEST_ATTEMPT = 64
VERDICTS = {"approve": Outcome.APPROVED, "reject": Outcome.REJECTED, "withdraw": Outcome.WITHDRAWN}


class AlreadyAsked(RuleBroken):
    """The target has an open task, `task`."""

    def __init__(self, message: str, task: Task) -> None:
        super().__init__(message)
        self.task = task


class Changes:
    """All changes of one app: what is asked for, decided, executed."""

    def __init__(self, name: str, tasks: Tasks, audit: AuditLog, access: Access, policy: Callable[[], Policy]) -> None:
        self.name, self.tasks, self.audit, self.access, self.policy_now = name, tasks, audit, access, policy
        self.actions: dict[str, Action] = {}
        self.execution = Execution(tasks, audit, self.actions)

    def add(self, action: Action) -> str:
        """Take an action in; its full name, `garden.shut_gate`."""
        self.actions[f"{self.name}.{action.name}"] = action
        return f"{self.name}.{action.name}"

    @property
    def policy(self) -> Policy:
        """Today's policy."""
        return self.policy_now()

    def terms(self, name: str, command: Command, amounts: Mapping[str, Any]) -> Terms:
        """What such a request needs by today's policy; a reason too where the action itself asks for one."""
        action = self.actions[name]
        terms = self.policy.terms(name, str(action.permission), command, amounts)
        return replace(terms, reason=terms.reason or action.reasoned)

    def ask(self, name: str, command: Command, attempt: str, who: Identity) -> Task:
        """Ask for a change; where no approval is needed it is carried out at once. The same attempt asks only once.

        Raises RuleBroken, StepUpNeeded, Underway, and what looking at the target and carrying it out raise.
        """
        action, reason = self.actions[name], str(command.get("reason", ""))
        attempt = attempt if len(attempt) <= LONGEST_ATTEMPT else digest(attempt)
        try:
            before = self.tasks.by_attempt(who.subject, name, attempt)
            if before:
                return same(before, kept(action, command))
            effect = action.effect(command)
            action.check(command, effect, who.subject)
            terms = self.terms(name, command, effect.amounts)
            refuse_maker(terms, who, reason)
            wish = Wish(
                action=name,
                target=action.target(command),
                command=kept(action, command),
                effect=effect,
                participants=action.participants(command),
                maker=Person(who.subject, who.name, who.username),
                maker_roles=who.roles,
                reason=reason,
                terms=terms,
            )
            task = self._keep(wish, attempt, Actor.of(who))
        except (RuleBroken, Missing) as refusal:
            # What was sent twice at once may find done what the other has done: that is no refusal.
            other = self.tasks.by_attempt(who.subject, name, attempt)
            if other and other.wish.command == kept(action, command):
                return other
            self.note_refused(name, action.target(command), str(refusal))
            raise
        return self.execution.carry_out(task, Actor.of(who)) if task.state is State.APPROVED else task

    def decide(self, task: Task, verdict: str, sha256: str, reason: str, who: Identity) -> Task:
        """Approve, reject or withdraw. The last approval that is needed carries the change out.

        Raises RuleBroken, NotPermitted, StepUpNeeded, and what carrying it out raises.
        """
        try:
            refuse_decision(task, self.actions[task.wish.action], Verdict(verdict, sha256, reason), who)
            # Nobody approves what cannot be seen as it is now; to say no, nothing has to be seen.
            task = self.refreshed(task, blindly=verdict != "approve")
            if task.state is not State.PENDING:
                raise RuleBroken(too_late(task))
            decided = self._decide(task, verdict, reason, who)
        except RuleBroken as refusal:
            self.note_refused(task.wish.action, task.wish.target, f"{verdict}: {refusal}", task.id)
            raise
        if decided.state is State.APPROVED:
            return self.execute(decided, present=who.subject)
        return decided

    @underway()
    def execute(self, task: Task, present: str = "", actor: Actor | None = None) -> Task:
        """Carry an approved task out if it still may be: its target unmoved, all who are counted still entitled.

        `present` is whoever acts in this request: the guard has just looked at what they may do.
        """
        if not present and datetime.now(UTC) >= task.expires_at:
            return self._expired(task, _l("It was approved, and could not be carried out in time."))
        gone = self._gone(task, present)
        if gone:
            names = ", ".join(gone)
            sentence = _l("%(names)s may not do this any more, so it was not carried out.", names=names)
            return self.execution.stale(task, {}, sentence)
        task = self._unmoved(task)
        try:
            return self.execution.carry_out(task, actor) if task.state is State.APPROVED else task
        except Unvouched:
            return self.execution.stale(task, {}, _l("The audit does not confirm it, so it was not carried out."))

    def refreshed(self, task: Task, *, blindly: bool = True) -> Task:
        """The task as time and its target have it now: EXPIRED when its time is over, STALE when the target moved.

        Where the hub is silent it stays as it is; unless `blindly`, HubRefused and HubUnavailable are raised.
        """
        if task.state is not State.PENDING:
            return task
        if datetime.now(UTC) >= task.expires_at:
            return self._expired(task)
        try:
            return self._unmoved(task)
        except (HubRefused, HubUnavailable):
            if blindly:
                return task
            raise

    def look_again(self, task: Task) -> Task:
        """The task after whatever time, its target and the hub have settled meanwhile. Nothing is sent for it."""
        if task.state in (State.EXECUTING, State.UNKNOWN):
            return self.execution.resolve(task, SYSTEM, repeat=False)
        return self.refreshed(task)

    def find(self, task_id: str, who: Identity) -> Task:
        """The task, if this person may know of it. Raises Missing."""
        task = self.tasks.find(task_id)
        if task is None or not self.knows(task, who) or not self.execution.vouched(task):
            raise Missing(_("There is no request %(id)s, or it is not for you to see.", id=task_id[:36]))
        return task

    def knows(self, task: Task, who: Identity) -> bool:
        """Whether a person may know of a task; of one whose action the app does not have any more, nobody."""
        action = self.actions.get(task.wish.action)
        return action is not None and may_see(task, action, self.name, who)

    def listing(self, who: Identity, states: Collection[State] = OPEN) -> list[Task]:
        """The tasks in these states that a person may know of; those whose time is over are EXPIRED by that."""
        return self._known(self.tasks.listing(states), who)

    def older(self, who: Identity, states: Collection[State], than: Place | None) -> tuple[list[Task], Place | None]:
        """The same after a place, and the place where it goes on; None where there are no more."""
        found, last = self.tasks.older(states, than)
        return self._known(found, who), last

    def _known(self, tasks: Iterable[Task], who: Identity) -> list[Task]:
        found, now = [task for task in tasks if self.knows(task, who)], datetime.now(UTC)
        return [self._expired(t) if t.state is State.PENDING and now >= t.expires_at else t for t in found]

    def note_refused(self, action: str, target: str, reason: str, task: str = "") -> None:
        """Keep in the audit that somebody tried."""
        happening = Happening(action=action, outcome=Outcome.REFUSED, target=target, reason=reason, task=task)
        self.audit.attempt(happening)

    @underway()
    def _keep(self, wish: Wish, attempt: str, actor: Actor) -> Task:
        now = datetime.now(UTC)
        state = State.PENDING if wish.terms.approvals else State.APPROVED
        task = Task(str(uuid.uuid4()), state, wish, digest(wish.body()), now, now + wish.terms.life, now)
        try:
            with self.tasks.engine.begin() as connection:
                self.tasks.insert(connection, task, attempt)
                self.audit.append(connection, self.execution.about(task, Outcome.REQUESTED, wish.reason), actor)
        except IntegrityError:
            known = self.tasks.by_attempt(wish.maker.subject, wish.action, attempt)
            if known:
                return same(known, wish.command)
            other = self.tasks.open_on([wish.target]).get(wish.target)
            if other is None:
                # Settled in this very moment, or not to be believed.
                raise RuleBroken(_("Somebody else asked for this at the same moment. Look again.")) from None
            raise AlreadyAsked(asked_before(other), other) from None
        return task

    @underway()
    def _decide(self, task: Task, verdict: str, reason: str, who: Identity) -> Task:
        person = Person(who.subject, who.name, who.username)
        decision = Decision(person, verdict, reason, task.sha256, datetime.now(UTC))
        try:
            with self.tasks.engine.begin() as connection:
                if not self.tasks.hold(connection, task):
                    raise RuleBroken(too_late(self.tasks.find(task.id) or task))
                self.tasks.decide(connection, task, decision)
                self._follow(connection, task, verdict)
                self.audit.append(connection, self.execution.about(task, VERDICTS[verdict], reason), Actor.of(who))
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

    def _expired(self, task: Task, problem: Any = "") -> Task:
        kept = words.kept(problem)
        with self.tasks.engine.begin() as connection:
            if self.tasks.move(connection, task, State.EXPIRED, problem=kept):
                happening = self.execution.about(task, Outcome.EXPIRED, words.in_english(kept))
                self.audit.append(connection, happening, SYSTEM)
        return self.tasks.find(task.id) or task

    def _unmoved(self, task: Task) -> Task:
        """The task; STALE when its target is not as it was. Raises HubRefused and HubUnavailable."""
        action = self.actions[task.wish.action]
        try:
            # What a rule says here is kept, so it is said in the language in which we keep things.
            with force_locale("en"):
                command = action.schema().load(dict(task.wish.command))
                now = action.effect(command)
                moved = moved_since(task.wish.effect, now)
                if not moved:
                    action.check(command, now, task.wish.maker.subject)
                needs = self.terms(task.wish.action, command, now.amounts)
        except (RuleBroken, Missing, ValidationError) as problem:
            broken = isinstance(problem, ValidationError)
            sentence = _l("What was asked for is not valid any more.") if broken else str(problem)
            return self.execution.stale(task, {}, sentence)
        if moved:
            return self.execution.stale(task, moved, _l("It has changed since this was asked for."))
        if needs.asks_more_than(task.wish.terms):
            return self.execution.stale(task, {}, _l("It needs more approval now than when it was asked for."))
        return task

    def _gone(self, task: Task, present: str) -> list[str]:
        """The names of those on whom the task rests and who have lost the right; whoever is present has it."""
        terms, maker, asked_as = task.wish.terms, task.wish.maker, task.wish.maker_roles

        def may(person: Person, permission: str, fits: Callable[[tuple[str, ...]], bool]) -> bool:
            rights = self.access.rights(person.subject)
            return person.subject == present or (permission in rights.permissions and fits(rights.roles))

        checkers = (each.person for each in task.approvals)
        gone = [each.name for each in checkers if not may(each, terms.checker, partial(terms.may_check, asked_as))]
        made = may(maker, str(self.actions[task.wish.action].permission), terms.may_make)
        return gone if made else [maker.name, *gone]


def asked_before(task: Task) -> str:
    """Who asked for a change of this target, and where that is."""
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
