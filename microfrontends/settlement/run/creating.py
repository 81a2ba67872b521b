"""Makes a settlement of closed windows, once: where an answer was lost, it is looked for before it is made again."""

from functools import partial

from flask_babel import lazy_gettext as _l

from bff.errors import HubRefused
from microfrontends.settlement.domain.settlements import Settlement
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.run import planning
from microfrontends.settlement.run.records import Step
from microfrontends.settlement.run.states import StepKind
from microfrontends.settlement.run.work import GivenUp, Stopped, Work

NOT_YET = "Inapplicable windows"  # how the hub speaks of a window that it is still adding up, too


def create(work: Work) -> None:
    """Make the settlement, or find the one that an attempt whose answer was lost has made. Raises GivenUp, Stopped."""
    step = _step(work)
    if step.state.over:
        return
    made = (find(work) if step.sent_at else None) or _make(work)
    step, plan = work.journal.steps[step.position], work.journal.run.plan
    planned = planning.of_settlement(made)
    steps = planning.initiation_steps(planned, first=step.position + 1)
    work.journal.bound(step, made.id, {**plan, "accounts": [each.as_json() for each in planned]}, steps)


def refuse_unbalanced(work: Work) -> None:
    """Raise Stopped unless the net amounts of every currency add up to zero."""
    off = work.settlement.imbalance if work.settlement else {}
    if off:
        sums = ", ".join(f"{amount:f} {currency}" for currency, amount in off.items())
        raise Stopped(_l("The net amounts do not add up to zero: %(sums)s. Nothing was moved.", sums=sums))


def find(work: Work) -> Settlement | None:
    """The settlement that holds exactly these windows and was made for this run, if the hub has one."""
    plan = work.journal.run.plan
    windows = set(plan["windows"])
    held = {each.settlement_id for each in work.hub.window_contents(sorted(windows)) if each.settlement_id}
    found = (work.hub.settlement(number) for number in sorted(held, reverse=True))
    return next(
        (each for each in found if each and set(each.windows) == windows and each.reason == plan["reason"]), None
    )


def _make(work: Work) -> Settlement:
    problem: Exception | None = None
    for attempt in range(work.patience.tries):
        if attempt:
            work.pause(work.patience.pause)
            if found := find(work):
                return found
        _until_added_up(work)
        work.journal.sends([_step(work)])
        made: list[Settlement] = []
        problem = work.sent(partial(_ask, work, made))
        if problem is None:
            return made[0]
        if isinstance(problem, HubRefused) and problem.status < 500 and NOT_YET not in problem.description:
            break
    if found := find(work):
        return found
    work.give_in(_step(work), problem)
    if isinstance(problem, HubRefused):
        raise GivenUp(_l("The hub refused to make a settlement of these windows. Nothing was changed."))
    raise Stopped(_l("The hub did not say whether it made the settlement, and shows none."))


def _ask(work: Work, made: list[Settlement]) -> None:
    plan = work.journal.run.plan
    made.append(work.hub.create_settlement(plan["model"], plan["windows"], plan["reason"]))


def _step(work: Work) -> Step:
    step = work.journal.of(StepKind.CREATE)
    assert step is not None
    return step


def _until_added_up(work: Work) -> None:
    """Wait while the hub adds a window up, which shows as a wait and not as an error."""

    def processing() -> list[int]:
        found = (work.hub.window(number) for number in work.journal.run.plan["windows"])
        return [each.id for each in found if each and each.state is WindowState.PROCESSING]

    busy = processing()
    if not busy:
        return
    names = ", ".join(str(number) for number in busy)
    work.journal.waits(
        _step(work), _l("The hub is still adding up window %(ids)s; it is tried again by itself.", ids=names)
    )
    if not work.wait_for(lambda: not processing(), work.patience.adding_up):
        raise Stopped(_l("The hub has been adding up window %(ids)s for too long.", ids=names))
