"""The run behind a finalisation: every account's funds, then its commitment; in the end all are settled."""

from flask_babel import lazy_gettext as _l

from microfrontends.settlement.domain.finalisation import transfer_id
from microfrontends.settlement.domain.settlements import SettlementState
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.run import advancing, caps, movement, planning
from microfrontends.settlement.run.initiating import reserve
from microfrontends.settlement.run.records import Planned, Step
from microfrontends.settlement.run.states import FUNDS, RunKind, StepKind, StepState
from microfrontends.settlement.run.work import Stopped, Work

COMMITTED = SettlementState.PS_TRANSFERS_COMMITTED
MOST_NOT_SHOWN = 3  # accounts: a hub that takes everything and does nothing is not asked any further
ORDER = (
    StepKind.SET_CAP,  # before the account is disabled: the hub shows no cap of one that is
    StepKind.DISABLE,
    StepKind.RESERVE_FUNDS_OUT,
    StepKind.COMMIT_FUNDS_OUT,
    StepKind.FUNDS_IN,
    StepKind.COMMIT,
)


def finalise(work: Work) -> None:
    """Do what is missing of it. Raises GivenUp, Stopped, Interrupted, LostLease, HubRefused and HubUnavailable."""
    work.look()
    reserve(work)
    accounts = _accounts(work)
    process(work, accounts)
    work.look()
    behind = [each for each in accounts if work.standing[each.account_id].rank < COMMITTED.rank]
    if behind:
        done = len(accounts) - len(behind)
        raise Stopped(_l("Partly processed: %(done)s of %(total)s accounts.", done=done, total=len(accounts)))
    advancing.advance_all(work, StepKind.SETTLE)
    if not work.wait_for(lambda: work.look().state is SettlementState.SETTLED, work.patience.taken):
        raise Stopped(_l("Every account is settled, and the hub does not call the settlement settled."))


def correct(work: Work) -> None:
    """Move the funds of one account that stand apart from the settlement's own."""
    work.look()
    accounts = _accounts(work)
    process(work, accounts)
    if any(not step.state.over for step in work.journal.steps.values()):
        raise Stopped(_l("The difference could not be booked."))


def process(work: Work, accounts: list[Planned]) -> None:
    """Account by account, whatever became of those before."""
    _recall(work)
    not_shown = 0
    for planned in accounts:
        _renew(work, planned)
        if not _account(work, planned):
            not_shown += any(each.state is StepState.WAITING for each in _steps(work, planned).values())
        if not_shown >= MOST_NOT_SHOWN:
            raise Stopped(_l("The hub takes what it is sent and does not carry it out."))


def _account(work: Work, planned: Planned) -> bool:
    steps = _steps(work, planned)
    if _committed_elsewhere(work, planned, steps):
        return True
    for kind in ORDER:
        step = steps.get(kind)
        if step and not step.state.over and not _do(work, planned, step):
            return False
    return True


def _do(work: Work, planned: Planned, step: Step) -> bool:
    if step.kind in FUNDS:
        return movement.carry(work, planned, step)
    if step.kind is StepKind.DISABLE:
        return caps.disable(work, step, planned)
    if step.kind is StepKind.SET_CAP:
        return caps.set_cap(work, step, planned)
    return advancing.advance(work, [step], COMMITTED)


def _committed_elsewhere(work: Work, planned: Planned, steps: dict[StepKind, Step]) -> bool:
    """Whether the account is committed though this run has not come that far: then no money may move any more.

    What was sent is looked for, and never sent again.
    """
    commit = steps.get(StepKind.COMMIT)
    if commit is None or work.standing[planned.account_id].rank < COMMITTED.rank:
        return False
    left = [step for step in steps.values() if not step.state.over and step.kind is not StepKind.SETTLE]
    work.journal.done([step for step in left if not step.sent_at or step is commit])
    for step in left:
        if step.sent_at and step is not commit:
            movement.look_only(work, planned, step)
    return True


def _recall(work: Work) -> None:
    """What the hub's database knows of the run's transfers: asked once for all of them."""
    keys = [each.transfer_id for each in work.journal.steps.values() if each.transfer_id]
    try:
        work.states, work.amounts = work.hub.transfer_states(keys), work.hub.transfer_amounts(keys)
    except FiguresUnavailable:
        work.states, work.amounts = {}, {}


def _renew(work: Work, planned: Planned) -> None:
    """Give funds whose transfer came to nothing another id: of the old one the hub takes no notice ever again."""
    steps = [each for each in _steps(work, planned).values() if each.kind in FUNDS]
    state = work.states.get(steps[0].transfer_id or "", "") if steps else ""
    if state.startswith(movement.LOST):
        work.journal.renewed(steps, _next_id(work, planned))


def _next_id(work: Work, planned: Planned) -> str:
    run, number = work.journal.run, 2
    name = planning.movement_name(planned, run.plan["finalisation"] if run.kind is RunKind.CORRECT else "")
    while True:
        key = transfer_id(run.settlement_id or 0, planned.account_id, f"{name}/{number}")
        if not work.hub.transfer_states([key]).get(key, "").startswith(movement.LOST):
            work.amounts |= work.hub.transfer_amounts([key])
            return key
        number += 1


def _accounts(work: Work) -> list[Planned]:
    return [Planned.of(each) for each in work.journal.run.plan["accounts"]]


def _steps(work: Work, planned: Planned) -> dict[StepKind, Step]:
    return work.journal.of_account(planned.account_id)
