"""Moves accounts of a settlement on by one state, believing the hub's word on each of them, never its status alone."""

from collections.abc import Sequence
from functools import partial

from flask_babel import lazy_gettext as _l

from bff.errors import HubRefused
from microfrontends.settlement.domain.settlements import SettlementState
from microfrontends.settlement.run.records import Step
from microfrontends.settlement.run.states import StepKind
from microfrontends.settlement.run.work import GivenUp, Stopped, Work

STATES = {
    StepKind.RECORD: SettlementState.PS_TRANSFERS_RECORDED,
    StepKind.RESERVE: SettlementState.PS_TRANSFERS_RESERVED,
    StepKind.COMMIT: SettlementState.PS_TRANSFERS_COMMITTED,
    StepKind.SETTLE: SettlementState.SETTLED,
}


def advance_all(work: Work, kind: StepKind) -> None:
    """Bring every account to the state of a kind. Raises Stopped when the hub refused some: none may run ahead."""
    left = _not_there(work, work.journal.left(kind), STATES[kind])
    if left:
        advance(work, left, STATES[kind])
    refused = len(work.journal.left(kind))
    if refused:
        total = sum(each.kind is kind for each in work.journal.steps.values())
        raise Stopped(_l("%(count)s of %(total)s accounts could not be moved on.", count=refused, total=total))


def advance(work: Work, steps: Sequence[Step], to: SettlementState) -> bool:
    """Ask for these accounts to enter a state, and again where neither answer nor reading shows that they have.

    Whether all of them did; what the hub says of the others is kept with each.
    """
    problem: Exception | None = None
    for attempt in range(work.patience.tries):
        if attempt:
            work.pause(work.patience.pause)
        if attempt or any(each.sent_at for each in steps):
            work.look()
            steps = _not_there(work, steps, to)
        if not steps:
            return True
        steps = work.journal.sends(steps)
        problem = work.sent(partial(_take_apart, work, steps, to))
        if problem is None:
            return all(work.journal.steps[each.position].state.over for each in steps)
        if isinstance(problem, HubRefused) and problem.status < 500:
            break
    work.look()
    left = _not_there(work, steps, to)
    for step in left:
        work.give_in(step, problem)
    return not left


def refuse_aborted(work: Work) -> None:
    """Raise GivenUp for a settlement that was aborted: nothing of it can be moved on any more."""
    if work.settlement and work.settlement.state is SettlementState.ABORTED:
        raise GivenUp(_l("Settlement %(id)s was aborted, so it cannot be finalised.", id=work.settlement.id))


def _take_apart(work: Work, steps: Sequence[Step], to: SettlementState) -> None:
    """Send, and take the answer apart: each account says for itself what became of it."""
    run = work.journal.run
    accounts = [work.accounts[each.account_id or 0] for each in steps]
    answers = work.hub.advance(run.settlement_id or 0, accounts, to, run.plan["reason"], run.plan["reference"])
    by_account = {each.account_id: each for each in steps}
    refused = {each.account_id: each.refusal for each in answers if each.refusal}
    moved = [each for each in steps if each.account_id not in refused]
    work.journal.done(moved)
    work.standing |= {each.account_id or 0: to for each in moved}
    for account_id, refusal in refused.items():
        work.journal.refused(by_account[account_id], refusal)


def _not_there(work: Work, steps: Sequence[Step], to: SettlementState) -> list[Step]:
    """Those whose accounts have not reached the state; the others are kept as done."""
    left = [each for each in steps if work.standing[each.account_id or 0].rank < to.rank]
    work.journal.done([each for each in steps if each not in left])
    return left
