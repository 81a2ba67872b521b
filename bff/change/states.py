"""The states of a task, and the only ways from one to another."""

from enum import StrEnum


class State(StrEnum):
    """Where a task is. Nothing leads out of the last six."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    EXECUTING = "EXECUTING"
    UNKNOWN = "UNKNOWN"
    DONE = "DONE"
    FAILED = "FAILED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    STALE = "STALE"

    @property
    def is_open(self) -> bool:
        """Whether something may still come of it."""
        return self in WAYS


WAYS: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.APPROVED, State.REJECTED, State.WITHDRAWN, State.EXPIRED, State.STALE}),
    # Approved and not yet begun: the target may have moved, or somebody who was counted may have lost the right.
    State.APPROVED: frozenset({State.EXECUTING, State.STALE, State.EXPIRED}),
    State.EXECUTING: frozenset({State.DONE, State.FAILED, State.UNKNOWN}),
    State.UNKNOWN: frozenset({State.DONE, State.FAILED, State.EXECUTING}),
}
OPEN = frozenset(WAYS)


def may_become(before: State, after: State) -> bool:
    """Whether a task may go from one state to the other."""
    return after in WAYS.get(before, frozenset())
