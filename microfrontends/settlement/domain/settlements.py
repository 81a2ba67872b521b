"""What a settlement is: its states, what each account owes or is owed, and which windows a model can still settle."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from microfrontends.settlement.domain.windows import WindowState


class SettlementState(StrEnum):
    """The states of a settlement and of its accounts, as the hub spells them. Accounts are never SETTLING."""

    PENDING_SETTLEMENT = "PENDING_SETTLEMENT"
    PS_TRANSFERS_RECORDED = "PS_TRANSFERS_RECORDED"
    PS_TRANSFERS_RESERVED = "PS_TRANSFERS_RESERVED"
    PS_TRANSFERS_COMMITTED = "PS_TRANSFERS_COMMITTED"
    SETTLING = "SETTLING"
    SETTLED = "SETTLED"
    ABORTED = "ABORTED"

    @property
    def rank(self) -> int:
        """How far up the ladder it is, from 0. ABORTED stands below it: nothing aborted has reached any step."""
        return -1 if self is SettlementState.ABORTED else list(SettlementState).index(self)

    @property
    def over(self) -> bool:
        """Whether nothing follows."""
        return self in (SettlementState.SETTLED, SettlementState.ABORTED)


@dataclass(frozen=True)
class SettlementAccount:
    """A position account in a settlement. `net` is positive where its participant owes, negative where it is owed."""

    participant_id: int
    participant: str
    account_id: int
    currency: str
    net: Decimal
    state: SettlementState
    reason: str = ""

    @property
    def owes(self) -> bool:
        """Whether the participant is a net sender."""
        return self.net > 0


@dataclass(frozen=True)
class Settlement:
    """A settlement as the hub tells it by its id; moments are aware. Only its creation tells the model."""

    id: int
    model: str | None
    state: SettlementState
    reason: str
    created: datetime
    changed: datetime
    windows: tuple[int, ...]
    accounts: tuple[SettlementAccount, ...]

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies of its accounts, by name."""
        return tuple(sorted({each.currency for each in self.accounts}))

    @property
    def totals(self) -> dict[str, Decimal]:
        """What changes hands in each currency: the sum of what the net senders owe."""
        return {
            currency: sum((max(each.net, Decimal(0)) for each in self._in(currency)), Decimal(0))
            for currency in self.currencies
        }

    @property
    def imbalance(self) -> dict[str, Decimal]:
        """The sum of the net amounts in each currency where it is not zero. Anything in here must stop a run."""
        sums = {currency: sum((each.net for each in self._in(currency)), Decimal(0)) for currency in self.currencies}
        return {currency: off for currency, off in sums.items() if off}

    def _in(self, currency: str) -> list[SettlementAccount]:
        return [each for each in self.accounts if each.currency == currency]


@dataclass(frozen=True)
class SettlementModel:
    """How the hub settles. A model without a currency is for those that no model names."""

    name: str
    currency: str | None
    active: bool
    auto_position_reset: bool
    require_liquidity_check: bool
    ledger_account_type: str = "POSITION"


@dataclass(frozen=True)
class WindowContent:
    """A part of a closed window: what it holds in one currency for one type of account; settled as one."""

    window_id: int
    currency: str
    ledger_account_type: str
    state: WindowState
    settlement_id: int | None = None

    @property
    def free(self) -> bool:
        """Whether a settlement can be made of it."""
        return self.state in (WindowState.CLOSED, WindowState.ABORTED)


@dataclass(frozen=True)
class Offer:
    """A model, the windows that hold something for it, and the currencies of that."""

    model: SettlementModel
    windows: tuple[int, ...]
    currencies: tuple[str, ...]


def offered(contents: Iterable[WindowContent], models: Sequence[SettlementModel]) -> tuple[Offer, ...]:
    """What can be settled, a settlement per model, by the model's name. One window may stand in several offers.

    As the hub binds it: a content that is CLOSED or ABORTED, of the model's account type and currency. Models that are
    not active settle nothing, yet their currencies are named.
    """
    free = [each for each in contents if each.free]
    named = {model.currency for model in models}
    offers = []
    for model in sorted((each for each in models if each.active), key=lambda each: each.name):
        mine = [each for each in free if _takes(model, each, named)]
        windows, currencies = {each.window_id for each in mine}, {each.currency for each in mine}
        if mine:
            offers.append(Offer(model, tuple(sorted(windows)), tuple(sorted(currencies))))
    return tuple(offers)


def _takes(model: SettlementModel, content: WindowContent, named: set[str | None]) -> bool:
    if model.ledger_account_type != content.ledger_account_type:
        return False
    return content.currency == model.currency or (model.currency is None and content.currency not in named)
