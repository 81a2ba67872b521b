"""What this app asks of the hub, and the answers that no rule of the domain is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from bff import HubRefused
from microfrontends.settlement.domain.ledger import Cap, LedgerAccount
from microfrontends.settlement.domain.period import Period
from microfrontends.settlement.domain.positions import NetPosition
from microfrontends.settlement.domain.settlements import (
    Settlement,
    SettlementAccount,
    SettlementModel,
    SettlementState,
    WindowContent,
)
from microfrontends.settlement.domain.windows import Window, WindowState


@dataclass(frozen=True)
class AccountRef:
    """An account of the ledger, without what stands on it. `kind` as the hub spells it: POSITION, SETTLEMENT."""

    id: int
    kind: str
    currency: str
    active: bool


@dataclass(frozen=True)
class ParticipantRef:
    """A participant, or the hub itself (Hub), with its accounts."""

    name: str
    active: bool
    accounts: tuple[AccountRef, ...]


@dataclass(frozen=True)
class AccountAnswer:
    """What became of one account of a settlement: the state that it is in now, where the hub says, or its refusal."""

    account_id: int
    state: SettlementState | None
    refusal: HubRefused | None = None


@dataclass(frozen=True)
class FundsOrder:
    """Money into or out of a liquidity account. `transfer_id` is a UUID or a ULID; the same one never moves twice.

    The hub requires a reference and a reason, and keeps the reference as what the bank calls it.
    """

    participant: str
    account_id: int
    amount: Decimal
    currency: str
    transfer_id: str
    reference: str
    reason: str

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise ValueError(f"an amount of funds is above zero, not {self.amount}")


class Hub(Protocol):
    """Every call may raise HubUnavailable; those marked (database) raise FiguresUnavailable instead.

    What writes raises HubRefused, HubUnavailable (`sent`: its fate is unknown) and, outside of a run, OutsideAction.
    Nothing is ever sent twice.
    """

    def windows(self, period: Period) -> tuple[Window, ...]:
        """The windows opened in the period, whatever their state."""

    def open_windows(self) -> tuple[Window, ...]:
        """The open window; several where a race at the hub left several."""

    def window(self, window_id: int) -> Window | None:
        """One window, None when the hub knows none of this id."""

    def close(self, window_id: int, reason: str) -> Window:
        """Close a window, once; the answer is the next open one."""

    def window_contents(self, windows: Iterable[int]) -> tuple[WindowContent, ...]:
        """What closed windows hold, by currency and type of account, and which settlement has it."""

    def positions(self, windows: Iterable[int]) -> dict[int, tuple[NetPosition, ...]]:
        """What the windows hold (database)."""

    def currencies(self, windows: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """The currencies of what the windows hold (database)."""

    def closed_at(self, windows: Iterable[int]) -> dict[int, datetime]:
        """When the windows were closed (database)."""

    def processing(self) -> tuple[Window, ...]:
        """The windows that the hub is adding up (database)."""

    def in_state(self, state: WindowState) -> int:
        """How many windows are in a state (database)."""

    def settlement_models(self) -> tuple[SettlementModel, ...]:
        """The models that settle windows: net and deferred ones."""

    def settlements(self, period: Period, state: SettlementState | None = None) -> tuple[Settlement, ...]:
        """The settlements created in the period, the newest first."""

    def settlement(self, settlement_id: int) -> Settlement | None:
        """One settlement, None when the hub knows none of this id."""

    def create_settlement(self, model: str, windows: Sequence[int], reason: str) -> Settlement:
        """Settle closed windows. Refused as "Inapplicable windows" while one of them is still being added up."""

    def advance(
        self,
        settlement_id: int,
        accounts: Sequence[SettlementAccount],
        to: SettlementState,
        reason: str,
        reference: str = "",
    ) -> tuple[AccountAnswer, ...]:
        """Move accounts on, in one request; an answer to each of them, in their order. The hub takes the settlement on
        by itself with its last account. `reference`: at most 50 characters."""

    def abort(self, settlement_id: int, reason: str) -> None:
        """Abort a settlement. Released hubs refuse with a 500 and change nothing: whatever happens, read again."""

    def participants(self) -> tuple[ParticipantRef, ...]:
        """Every participant by name, active or not, the hub itself among them."""

    def accounts(self, participant: str) -> tuple[LedgerAccount, ...]:
        """What stands on a participant's accounts now; on the hub's own for Hub."""

    def ledger(self) -> tuple[LedgerAccount, ...]:
        """What stands on every account of everyone: one question to the database, or as many as there are participants
        to the API where the database does not answer."""

    def caps(self) -> tuple[Cap, ...]:
        """The net debit caps in force."""

    def set_cap(self, cap: Cap) -> None:
        """Put a cap in force with its alarm: take the one of `caps`, with another value."""

    def set_account_active(self, participant: str, account_id: int, active: bool) -> None:
        """Let a position account be used, or not."""

    def funds_in(self, order: FundsOrder) -> None:
        """Order money into a liquidity account. It is taken, applied later, and never said to have failed: read."""

    def funds_out_reserve(self, order: FundsOrder) -> None:
        """Order the reservation of money that is to leave. As silent; beyond the balance nothing happens."""

    def funds_out_commit(self, participant: str, account_id: int, transfer_id: str, reason: str) -> None:
        """Let reserved money leave. Sent before the account shows the reservation, it is lost without a word."""

    def funds_out_abort(self, participant: str, account_id: int, transfer_id: str, reason: str) -> None:
        """Give reserved money back."""

    def transfer_states(self, transfers: Sequence[str]) -> dict[str, str]:
        """What became of transfers, of funds too: RESERVED, COMMITTED, ABORTED_REJECTED ... (database)."""

    def transfer_amounts(self, transfers: Sequence[str]) -> dict[str, Decimal]:
        """How much transfers are about, those that the hub has of them (database)."""
