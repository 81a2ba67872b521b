"""What kinds of run and step there are, and how far each can have come."""

from enum import StrEnum


class RunKind(StrEnum):
    """INITIATE makes a settlement and reserves it; FINALISE moves the funds and settles; CORRECT moves funds alone."""

    INITIATE = "INITIATE"
    FINALISE = "FINALISE"
    CORRECT = "CORRECT"


class RunState(StrEnum):
    """Where a run is. STOPPED wants a person; GIVEN_UP is over without having done what it was for."""

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    DONE = "DONE"
    GIVEN_UP = "GIVEN_UP"

    @property
    def is_open(self) -> bool:
        """Whether something may still come of it."""
        return self in (RunState.RUNNING, RunState.STOPPED)


class StepKind(StrEnum):
    """One thing that a run does, in the order in which an account or a settlement meets them."""

    CREATE = "CREATE"
    RECORD = "RECORD"
    KEEP_CAPS = "KEEP_CAPS"
    RESERVE = "RESERVE"
    COMPARE_CAPS = "COMPARE_CAPS"
    DISABLE = "DISABLE"
    SET_CAP = "SET_CAP"
    RESERVE_FUNDS_OUT = "RESERVE_FUNDS_OUT"
    COMMIT_FUNDS_OUT = "COMMIT_FUNDS_OUT"
    FUNDS_IN = "FUNDS_IN"
    COMMIT = "COMMIT"
    SETTLE = "SETTLE"


FUNDS = (StepKind.RESERVE_FUNDS_OUT, StepKind.COMMIT_FUNDS_OUT, StepKind.FUNDS_IN)


class StepState(StrEnum):
    """How far a step is. SENT: its fate is not known. WAITING: taken, and not shown yet. SKIPPED: it was so already."""

    TODO = "TODO"
    SENT = "SENT"
    WAITING = "WAITING"
    DONE = "DONE"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"

    @property
    def over(self) -> bool:
        """Whether nothing is left to do."""
        return self in (StepState.DONE, StepState.SKIPPED)
