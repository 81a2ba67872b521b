"""What is kept of a run: which report, by whom, whose rows it may have shown, how far it has come."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from bff.change.happening import SYSTEM, Actor
from bff.identity.principal import Identity


class Way(StrEnum):
    """How a report was run."""

    PAGE = "page"
    FILE = "file"
    API = "api"
    JOB = "job"  # in the background; its file is kept
    PACK = "pack"  # by the portal, for a participant


class State(StrEnum):
    """How a run ended, or how far it has come."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    CUT_OFF = "CUT_OFF"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def over(self) -> bool:
        """Whether nothing follows."""
        return self not in (State.WAITING, State.RUNNING)


@dataclass(frozen=True)
class By:
    """Who ran it, and whose rows they saw then: the reader of a run that outlives its request."""

    actor: Actor
    sees_all: bool
    participants: frozenset[str]

    @classmethod
    def of(cls, who: Identity) -> "By":
        """Whoever asks."""
        return cls(Actor.of(who), who.sees_all, who.participants)

    @classmethod
    def portal_for(cls, participant: str) -> "By":
        """The portal itself, for one participant's eyes."""
        return cls(SYSTEM, False, frozenset({participant}))

    def within(self, sees_all: bool, participants: frozenset[str]) -> bool:
        """Whether somebody who sees so much now may see all that was seen here."""
        return sees_all or (not self.sees_all and self.participants <= participants)


@dataclass(frozen=True)
class NewRun:
    """A run that begins. `parameters` as text, fit to be asked with again; `keyed`: columns by keys, for programs."""

    way: Way
    report: str
    form: str
    parameters: Mapping[str, str]
    language: str
    by: By
    keyed: bool = False


@dataclass(frozen=True)
class KeptRun(NewRun):
    """A run as it is kept. `rows`: so far, while it runs; `counted`: of so many, where that is known."""

    id: str = ""
    state: State = State.RUNNING
    problem: str = ""
    rows: int | None = None
    counted: int | None = None
    milliseconds: int | None = None
    sha256: tuple[str, ...] = ()
    asked_at: datetime = datetime.min  # noqa: DTZ901 - always given
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    file: str | None = None
    expires_at: datetime | None = None
    fetched_at: datetime | None = None
    cancelled_at: datetime | None = None
    turn: int = 0
    entry: int | None = None

    @property
    def ready(self) -> bool:
        """Whether its file can be fetched."""
        return self.state is State.COMPLETE and self.file is not None


def id_at(moment: datetime) -> str:
    """A run's id (UUIDv7): its moment to a quarter of a microsecond, then chance. In the order of their moments."""
    milliseconds, rest = divmod(int(moment.timestamp() * 1_000_000), 1000)
    return str(UUID(int=milliseconds << 80 | 7 << 76 | (rest * 4096 // 1000) << 64 | 2 << 62 | secrets.randbits(62)))


def first_id_at(moment: datetime) -> str:
    """What no id of that moment, or after it, comes before."""
    return str(UUID(int=int(moment.timestamp() * 1000) << 80))
