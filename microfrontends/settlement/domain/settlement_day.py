"""The twelve steps of settlement day, as the field's process has them: which of them the portal can see for itself."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class DayStep(IntEnum):
    """The steps, by their numbers in the process."""

    INITIATE = 1
    FETCH_DFSP_REPORTS = 2
    SEND_DFSP_REPORTS = 3
    DFSPS_RECONCILE = 4
    FETCH_BANK_REPORT = 5
    NOTIFY_BANK = 6
    BANK_MOVES = 7
    BANK_CONFIRMS = 8
    FINALISE = 9
    COMPARE = 10
    FETCH_RESULT_REPORTS = 11
    SEND_RESULT_REPORTS = 12


SEEN = frozenset({DayStep.INITIATE, DayStep.FINALISE})  # nobody's word is taken for these
BY_PEOPLE = frozenset(DayStep) - SEEN


class StepStanding(StrEnum):
    """How a step of the day stands. BLOCKED: something must come first. NEXT: the first that is left."""

    DONE = "DONE"
    DOING = "DOING"
    FAILED = "FAILED"
    NEXT = "NEXT"
    BLOCKED = "BLOCKED"
    LEFT = "LEFT"


@dataclass(frozen=True)
class DayFacts:
    """What is known of a settlement's day: `initiated`, `settled` and `aborted` from the hub, the rest from its run;
    `done` are the steps that somebody did or noted."""

    initiated: bool
    settled: bool
    aborted: bool = False
    running: bool = False
    stopped: bool = False
    done: frozenset[DayStep] = frozenset()


def standing_of(facts: DayFacts) -> dict[DayStep, StepStanding]:
    """How each step stands."""
    found: dict[DayStep, StepStanding] = {}
    for step in DayStep:
        found[step] = _one(step, facts, StepStanding.NEXT not in found.values())
    return found


def waits_for(step: DayStep, facts: DayFacts) -> DayStep | None:
    """The step without which this one makes no sense; None where nothing is in its way."""
    if step is not DayStep.INITIATE and not facts.initiated:
        return DayStep.INITIATE
    if step in (DayStep.FETCH_RESULT_REPORTS, DayStep.SEND_RESULT_REPORTS, DayStep.COMPARE) and not facts.settled:
        return DayStep.FINALISE
    return None


def _one(step: DayStep, facts: DayFacts, first: bool) -> StepStanding:
    if _done(step, facts):
        return StepStanding.DONE
    at_work = step is (DayStep.FINALISE if facts.initiated else DayStep.INITIATE)
    if at_work and facts.stopped:
        return StepStanding.FAILED
    if at_work and facts.running:
        return StepStanding.DOING
    if facts.aborted or waits_for(step, facts):
        return StepStanding.BLOCKED
    return StepStanding.NEXT if first else StepStanding.LEFT


def _done(step: DayStep, facts: DayFacts) -> bool:
    if step is DayStep.INITIATE:
        return facts.initiated
    return facts.settled if step is DayStep.FINALISE else step in facts.done
