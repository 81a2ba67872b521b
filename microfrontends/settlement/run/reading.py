"""A run as pages show it: a ladder of steps per participant and account, how far it is, and what comes next."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from microfrontends.settlement.run.records import KeptCap, Planned, SettlementRun, Step
from microfrontends.settlement.run.states import RunKind, RunState, StepKind, StepState
from microfrontends.settlement.run.store import Runs


class Next(StrEnum):
    """What a person can do with a run. WAIT: a worker is at it, or will be."""

    WAIT = "WAIT"
    RESUME = "RESUME"
    RESTORE_CAPS = "RESTORE_CAPS"
    FINALISE = "FINALISE"
    NOTHING = "NOTHING"


class RungState(StrEnum):
    """How far one account is."""

    TODO = "TODO"
    UNDER_WAY = "UNDER_WAY"
    WAITING = "WAITING"
    FAILED = "FAILED"
    DONE = "DONE"


@dataclass(frozen=True)
class Rung:
    """One account of the settlement and its steps, in their order. `planned` is what was set out for it."""

    planned: Planned
    steps: tuple[Step, ...]

    @property
    def state(self) -> RungState:
        """The worst that any step says, else how far they are."""
        states = {each.state for each in self.steps}
        if StepState.FAILED in states:
            return RungState.FAILED
        if states & {StepState.WAITING, StepState.SENT}:
            return RungState.WAITING
        if all(state.over for state in states):
            return RungState.DONE
        return RungState.UNDER_WAY if any(state.over for state in states) else RungState.TODO

    @property
    def problem(self) -> Step | None:
        """The step that keeps it, if one does."""
        return next((each for each in self.steps if each.state is StepState.FAILED or each.trouble), None)

    def step(self, kind: StepKind) -> Step | None:
        """The step of a kind, if it has one."""
        return next((each for each in self.steps if each.kind is kind), None)


@dataclass(frozen=True)
class Ladder:
    """A run with everything in it. `together` are the steps that are nobody's alone; `caps` all that were kept."""

    run: SettlementRun
    rungs: tuple[Rung, ...]
    together: tuple[Step, ...]
    caps: tuple[KeptCap, ...]
    worked_at: bool  # whether a worker holds it now

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps in their order."""
        every = [*self.together, *(step for rung in self.rungs for step in rung.steps)]
        return tuple(sorted(every, key=lambda each: each.position))

    @property
    def progress(self) -> tuple[int, int]:
        """How many steps are over, of how many."""
        steps = self.steps
        return sum(each.state.over for each in steps), len(steps)

    @property
    def accounts_done(self) -> tuple[int, int]:
        """How many accounts are through, of how many: `partly processed 1 of 2`."""
        through = [
            all(step.state.over for step in rung.steps if step.kind is not StepKind.SETTLE) for rung in self.rungs
        ]
        return sum(through), len(through)

    @property
    def current(self) -> Step | None:
        """The step that is being done or waited for, else the next one."""
        busy = (each for each in self.steps if each.state in (StepState.SENT, StepState.WAITING))
        return next(busy, None) or next((each for each in self.steps if each.state is StepState.TODO), None)

    @property
    def rewritten(self) -> tuple[KeptCap, ...]:
        """The caps that the hub changed by itself and nobody has put back."""
        return tuple(each for each in self.caps if each.rewritten)

    @property
    def next(self) -> Next:
        """What can be done now."""
        if self.run.state is RunState.RUNNING:
            return Next.WAIT
        if self.run.state is RunState.STOPPED:
            return Next.RESUME
        if self.rewritten:
            return Next.RESTORE_CAPS
        reserved = self.run.kind is RunKind.INITIATE and self.run.state is RunState.DONE
        return Next.FINALISE if reserved else Next.NOTHING

    @property
    def totals(self) -> dict[str, Decimal]:
        """By currency, what the net senders owe."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for rung in self.rungs:
            sums[rung.planned.currency] += max(rung.planned.net, Decimal(0))
        return dict(sorted(sums.items()))


def ladder(runs: Runs, run: SettlementRun, now: datetime) -> Ladder:
    """The run with its steps and caps, in three queries however many accounts it has."""
    steps = runs.steps(run.id)
    held = run.holder is not None and run.lease_until is not None and run.lease_until > now
    together = tuple(each for each in steps if each.account_id is None)
    return Ladder(run, _rungs(run, steps), together, tuple(runs.caps.of(run.id)), held)


def ladders(runs: Runs, settlement_id: int, now: datetime) -> tuple[Ladder, ...]:
    """Every run of a settlement, the newest first."""
    return tuple(ladder(runs, run, now) for run in runs.of_settlement(settlement_id))


def _rungs(run: SettlementRun, steps: Iterable[Step]) -> tuple[Rung, ...]:
    by_account: dict[int, list[Step]] = defaultdict(list)
    for step in steps:
        if step.account_id is not None:
            by_account[step.account_id].append(step)
    planned = (Planned.of(each) for each in run.plan.get("accounts", ()))
    return tuple(Rung(each, tuple(by_account[each.account_id])) for each in planned)
