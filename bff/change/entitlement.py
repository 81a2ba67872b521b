"""Who may ask, see and decide: answered the same for a page, a program and an execution later."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from flask_babel import gettext as _
from marshmallow import ValidationError

from bff.access.rights import Access
from bff.change.actions import Action
from bff.change.policy import Terms, satisfied
from bff.change.states import State
from bff.change.tasks import Task
from bff.errors import NotPermitted, RuleBroken, StepUpNeeded
from bff.identity.principal import Identity

VERDICTS = ("approve", "reject", "withdraw")


class MachineDecides(RuleBroken):
    """A client decides on nothing, whatever its roles."""

    def __init__(self) -> None:
        super().__init__(_("A client cannot approve or reject anything: a person has to decide."))


class Verdict(NamedTuple):
    """A decision as it is sent: what of, the bytes that were seen, and why."""

    verdict: str
    sha256: str
    reason: str


class OwnWork(RuleBroken):
    """Nobody decides on what they asked for themselves."""


def may_see(task: Task, action: Action, app: str, who: Identity) -> bool:
    """Whether a person may know of a task: whose data it is, and who makes or checks such changes."""
    wish = task.wish
    in_view = all(who.sees(name) for name in wish.participants) if wish.participants else who.sees_all
    concerned = (str(action.permission), wish.terms.checker, f"{app}:audit:view")
    return in_view and (who.subject == wish.maker.subject or any(who.may(each) for each in concerned))


def why_not(task: Task, action: Action, who: Identity) -> str:
    """Why this person decides neither way on a task, in a sentence; empty when they may."""
    terms = task.wish.terms
    if task.state is not State.PENDING:
        return too_late(task)
    if who.machine:
        return str(MachineDecides())
    if task.wish.maker.subject == who.subject:
        return _("You asked for it yourself: somebody else has to decide.")
    if task.decision_of(who.subject):
        return _("You have decided already; it needs another person too.")
    if not who.may(terms.checker):
        return _("You may not approve this: it needs the permission %(what)s.", what=terms.checker)
    if not terms.may_check(task.wish.maker_roles, who.roles):
        return _("By the policy, your role does not check what this maker's role asks for.")
    try:
        action.refuse_checker(action.schema().load(dict(task.wish.command)), who.subject)
    except RuleBroken as interested:
        return str(interested)
    except ValidationError:
        pass  # by another version's form: whoever decides finds out that it is valid no more
    return ""


def checkers(access: Access, terms: Terms, maker: Identity, participants: tuple[str, ...]) -> Iterator[str]:
    """The subjects who could approve such a request of this maker; take no more of them than you need."""
    roles = [role.name for role in access.book.holders(terms.checker)]
    for subject in access.store.holders(roles):
        if subject == maker.subject:
            continue
        rights = access.rights(subject)
        whole_hub = rights.hub and not rights.participants
        in_view = whole_hub or (bool(participants) and rights.participants.issuperset(participants))
        if in_view and terms.checker in rights.permissions and terms.may_check(maker.roles, rights.roles):
            yield subject


def refuse_maker(terms: Terms, who: Identity, reason: str) -> None:
    """Raise RuleBroken or StepUpNeeded unless the policy lets this person ask."""
    if terms.reason and not reason:
        raise RuleBroken(_("Say why: the policy wants a reason for this."))
    if not terms.may_make(who.roles):
        makers = ", ".join(sorted({pair.maker for pair in terms.pairs}))
        raise RuleBroken(_("By the policy, only these roles may ask for this: %(roles)s.", roles=makers))
    _refuse_weak_login(terms, who)


def refuse_decision(task: Task, action: Action, decision: Verdict, who: Identity) -> None:
    """Raise RuleBroken, NotPermitted or StepUpNeeded unless this person may decide so on what they have seen."""
    verdict, sha256, reason = decision
    if verdict not in VERDICTS:
        raise RuleBroken(_("%(what)s is no decision; approve, reject or withdraw.", what=verdict[:20]))
    if task.state is not State.PENDING:
        raise RuleBroken(too_late(task))
    if sha256 != task.sha256:
        raise RuleBroken(_("This is not what was asked for. Look at the request again before deciding."))
    own = task.wish.maker.subject == who.subject
    if verdict == "withdraw":
        if not own:
            raise RuleBroken(_("Only %(name)s can withdraw this request.", name=task.wish.maker.name))
        return
    if who.machine:
        raise MachineDecides
    if own:
        raise OwnWork(_("Maker and checker cannot be the same person: somebody else has to decide."))
    if not who.may(task.wish.terms.checker):
        raise NotPermitted(task.wish.terms.checker)
    if problem := why_not(task, action, who):
        raise RuleBroken(problem)
    if verdict == "reject" and not reason:
        raise RuleBroken(_("Say why it is rejected: the maker has to know what to do about it."))
    if verdict == "approve":
        _refuse_weak_login(task.wish.terms, who)


def too_late(task: Task) -> str:
    """Why a task takes no decision any more."""
    last = task.decisions[-1] if task.decisions else None
    if task.state is State.STALE:
        return _("What it would change has changed meanwhile; it has to be asked for again.")
    if task.state is State.EXPIRED:
        return _("It was not decided in time; it has to be asked for again.")
    if last:
        return _("%(name)s has decided already.", name=last.person.name)
    return _("It does not wait for approval any more.")


def _refuse_weak_login(terms: Terms, who: Identity) -> None:
    if not satisfied(terms.step_up, who, datetime.now(UTC).timestamp()):
        raise StepUpNeeded(terms.step_up.acr, terms.step_up.max_age)
