"""Where a delivered report stands: which steps its participant and the hub's staff may take, and where each leads."""

from enum import StrEnum


class PackState(StrEnum):
    """Where a pack stands. WAITING and FAILED are of the hub's side; the rest is what its participant did with it."""

    WAITING = "WAITING"
    FAILED = "FAILED"
    NEW = "NEW"
    OPENED = "OPENED"
    DOWNLOADED = "DOWNLOADED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    DISPUTED = "DISPUTED"
    ANSWERED = "ANSWERED"
    SUPERSEDED = "SUPERSEDED"


class Did(StrEnum):
    """What became of a pack: each is kept as proof, with who did it and when."""

    PRODUCED = "PRODUCED"
    FAILED = "FAILED"
    RETRIED = "RETRIED"
    OPENED = "OPENED"
    DOWNLOADED = "DOWNLOADED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    DISPUTED = "DISPUTED"
    ANSWERED = "ANSWERED"
    SUPERSEDED = "SUPERSEDED"


UNPRODUCED = (PackState.WAITING, PackState.FAILED)
# What its participant has still to answer for.
PENDING = (PackState.NEW, PackState.OPENED, PackState.DOWNLOADED, PackState.ANSWERED)
# From where each step may be taken. Nobody answers for a pack that they have not looked at.
_LOOKED_AT = (PackState.OPENED, PackState.DOWNLOADED, PackState.ANSWERED)
STEPS = {
    Did.ACKNOWLEDGED: _LOOKED_AT,
    Did.DISPUTED: (*_LOOKED_AT, PackState.ACKNOWLEDGED),
    Did.ANSWERED: (PackState.DISPUTED,),
    Did.RETRIED: (PackState.FAILED,),
}
# What seeing a pack makes of its state; any other state says more already.
_SEEN = {
    (PackState.NEW, Did.OPENED): PackState.OPENED,
    (PackState.NEW, Did.DOWNLOADED): PackState.DOWNLOADED,
    (PackState.OPENED, Did.DOWNLOADED): PackState.DOWNLOADED,
}


def may(state: PackState, did: Did) -> bool:
    """Whether the step may be taken from this state."""
    return state in STEPS[did]


def once_seen(state: PackState, did: Did) -> PackState:
    """Where a pack stands once it was opened or downloaded."""
    return _SEEN.get((state, did), state)
