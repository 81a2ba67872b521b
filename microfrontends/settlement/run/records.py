"""A run and its parts as they are remembered; moments are aware, amounts exact."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from bff.change import words
from bff.run import Person
from microfrontends.settlement.domain.ledger import Cap
from microfrontends.settlement.run.states import RunKind, RunState, StepKind, StepState


@dataclass(frozen=True, kw_only=True)
class SettlementRun:
    """A run. Its id is that of the task which let it through; `plan` is what it set out to do."""

    id: str
    kind: RunKind
    settlement_id: int | None
    state: RunState
    plan: Mapping[str, Any]
    started_by: Person
    started_at: datetime
    resumed_by: Person | None = None
    resumed_at: datetime | None = None
    holder: str | None = None
    lease_until: datetime | None = None
    away_since: datetime | None = None
    trouble: str = ""
    ended_at: datetime | None = None

    @property
    def problem(self) -> str:
        """Why it stopped, in a sentence in the reader's language."""
        return words.said(self.trouble)

    @property
    def by(self) -> Person:
        """Whose word it goes on: whoever started it, or resumed it last."""
        return self.resumed_by or self.started_by


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step. `before`, `expected` and `found` are the balance of liquidity account, hub or cap that it is about."""

    position: int
    kind: StepKind
    account_id: int | None = None
    participant: str = ""
    currency: str = ""
    state: StepState = StepState.TODO
    transfer_id: str | None = None
    amount: Decimal | None = None
    before: Decimal | None = None
    expected: Decimal | None = None
    found: Decimal | None = None
    sent_at: datetime | None = None
    done_at: datetime | None = None
    who: str = ""
    code: str = ""
    words: str = ""
    trouble: str = ""
    attempts: int = 0

    @property
    def problem(self) -> str:
        """What keeps it from being done, in our own words; the hub's stand in `code` and `words`."""
        return words.said(self.trouble)


@dataclass(frozen=True)
class KeptCap:
    """A net debit cap before the hub reserved, and as it was found after; `after` is None until somebody looked."""

    before: Cap
    after: Cap | None = None
    restored_at: datetime | None = None
    restored_by: str = ""

    @property
    def rewritten(self) -> bool:
        """Whether the hub changed the cap or its alarm by itself, and nobody has put it back."""
        after = self.after
        changed = after is not None and (after.value, after.alarm) != (self.before.value, self.before.alarm)
        return changed and self.restored_at is None


@dataclass(frozen=True)
class Planned:
    """What a run does for one account. `funds` above zero come in, below go out; `cap` None leaves the cap as it is."""

    participant_id: int
    participant: str
    account_id: int
    currency: str
    net: Decimal
    settlement_account_id: int = 0
    liquidity: Decimal | None = None
    expected: Decimal | None = None
    funds: Decimal = Decimal(0)
    cap: Decimal | None = None
    disable: bool = False
    exact: bool = False  # whether funds may move only while the liquidity is what was planned on

    def as_json(self) -> dict[str, Any]:
        """The form that is kept: amounts as strings."""
        return {key: f"{value:f}" if isinstance(value, Decimal) else value for key, value in vars(self).items()}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Planned":
        """The form that was kept, read."""
        amounts = ("net", "liquidity", "expected", "funds", "cap")
        read = {key: Decimal(told[key]) for key in amounts if told[key] is not None}
        return cls(**{**told, **read})


@dataclass(frozen=True, kw_only=True)
class NewRun:
    """A run to be started: what it will work at, alone, and what it will do."""

    task: str
    kind: RunKind
    open_key: str
    settlement_id: int | None
    plan: Mapping[str, Any]
    by: Person
    steps: tuple[Step, ...] = field(default=())
