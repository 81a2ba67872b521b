"""What is known of a pack: of what it is, where it stands, its files, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bff.change import words
from bff.texts import Text
from microfrontends.reports.domain.delivery import Did, PackState
from microfrontends.reports.domain.distribution import Event


@dataclass(frozen=True)
class Happened:
    """Something at the hub: `object` is the number of the window or of the settlement."""

    kind: Event
    object: int
    happened_at: datetime
    id: int = 0


@dataclass(frozen=True)
class PackFile:
    """One format of a pack; without a `file` where the format cannot hold the report, for which `trouble` says why."""

    form: str
    file: str | None
    size: int
    sha256: str
    trouble: str = ""

    @property
    def problem(self) -> str:
        """Why there is no file, in the reader's language."""
        return words.said(self.trouble)


@dataclass(frozen=True)
class Proof:
    """One thing that became of a pack: what, by whom, when; `seq` is its entry in the audit."""

    seq: int
    did: Did
    at: datetime
    name: str
    username: str
    form: str
    reason: str


@dataclass(frozen=True)
class Pack:
    """A report as it is delivered to one participant. `currency` is empty where it is of all."""

    id: str
    event: Happened
    report: str
    participant: str
    currency: str
    version: int
    title: Text
    permission: str
    parameters: Mapping[str, str]
    state: PackState
    rows: int | None
    as_of: datetime | None
    preview: str | None
    produced_at: datetime | None
    produced_seq: int | None
    trouble: str
    attempts: int
    try_at: datetime
    turn: int

    @property
    def problem(self) -> str:
        """Why it could not be produced, in the reader's language."""
        return words.said(self.trouble)

    @property
    def produced(self) -> bool:
        """Whether its participant can see it."""
        return self.produced_seq is not None


def aware(at: Any) -> Any:
    """A moment as the database keeps it, with its zone."""
    return at.replace(tzinfo=UTC) if at else None
