"""A hub in memory that behaves as the real one does in this app's eyes, and fails on demand."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bff import HubRefused, HubUnavailable
from bff.run import present_run
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
from microfrontends.settlement.hub import AccountAnswer, FundsOrder, ParticipantRef
from microfrontends.settlement.tests.fake_books import Books
from microfrontends.settlement.tests.fake_settlements import Settling, now

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class FakeHub:
    """Windows and their positions, settlements in `settling`, accounts in `books`.

    `fails` maps a method's name to the exceptions that its next calls raise before they have an effect, `fails_after`
    to those that they raise after it, `loses` to how many of its next orders are taken and never applied.
    """

    kept: dict[int, Window] = field(default_factory=dict)
    held: dict[int, dict[tuple[str, str], NetPosition]] = field(default_factory=dict)
    closings: dict[int, datetime] = field(default_factory=dict)
    fails: dict[str, list[BaseException | None]] = field(default_factory=dict)
    fails_after: dict[str, list[BaseException | None]] = field(default_factory=dict)
    loses: dict[str, int] = field(default_factory=dict)
    books: Books = field(default_factory=Books)
    settling: Settling = field(init=False)
    loses_answers: bool = False
    calls: list[str] = field(default_factory=list)
    closes: list[tuple[int, str, str]] = field(default_factory=list)
    references: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.settling = Settling(self.books, self.kept, self.held)

    def windows(self, period: Period) -> tuple[Window, ...]:
        """As the hub does: by the moment of opening."""
        with self._call("windows"):
            return tuple(self._told(each) for each in self.kept.values() if period.holds(each.opened))

    def open_windows(self) -> tuple[Window, ...]:
        with self._call("open_windows"):
            return tuple(each for each in self.kept.values() if each.state is WindowState.OPEN)

    def window(self, window_id: int) -> Window | None:
        with self._call("window"):
            return self.kept.get(window_id)

    def window_contents(self, windows: Iterable[int]) -> tuple[WindowContent, ...]:
        with self._call("window_contents"):
            return tuple(each for number in windows if number in self.kept for each in self.settling.contents(number))

    def close(self, window_id: int, reason: str) -> Window:
        with self._call("close", writes=True):
            window = self.kept.get(window_id)
            if window is None:
                raise _refusal(window_id, "does not exist")
            if window.state is not WindowState.OPEN:
                raise _refusal(window_id, "is not open")
            if not self.held.get(window_id):
                raise _refusal(window_id, "is empty")
            self.closes.append((window_id, reason, present_run().maker.username))
            self.kept[window_id] = replace(window, state=WindowState.PROCESSING, reason=reason, changed=now())
            following = self.has(max(self.kept) + 1, WindowState.OPEN, now(), reason=reason)
            if self.loses_answers:
                raise HubUnavailable("the answer never came", sent=True)
            return following

    def positions(self, windows: Iterable[int]) -> dict[int, tuple[NetPosition, ...]]:
        with self._call("positions"):
            return {key: tuple(self.held[key].values()) for key in windows if self.held.get(key)}

    def currencies(self, windows: Iterable[int]) -> dict[int, tuple[str, ...]]:
        with self._call("currencies"):
            return {key: tuple(sorted({name for name, _ in self.held[key]})) for key in windows if self.held.get(key)}

    def closed_at(self, windows: Iterable[int]) -> dict[int, datetime]:
        with self._call("closed_at"):
            return {key: self.closings[key] for key in windows if key in self.closings}

    def processing(self) -> tuple[Window, ...]:
        with self._call("processing"):
            return tuple(each for each in self.kept.values() if each.state is WindowState.PROCESSING)

    def in_state(self, state: WindowState) -> int:
        with self._call("in_state"):
            return sum(each.state is state for each in self.kept.values())

    def settlement_models(self) -> tuple[SettlementModel, ...]:
        with self._call("settlement_models"):
            return tuple(self.settling.models)

    def settlements(self, period: Period, state: SettlementState | None = None) -> tuple[Settlement, ...]:
        with self._call("settlements"):
            found = [each for each in self.settling.made.values() if period.holds(each.created)]
            return tuple(reversed([each for each in found if state in (None, each.state)]))

    def settlement(self, settlement_id: int) -> Settlement | None:
        with self._call("settlement"):
            return self.settling.made.get(settlement_id)

    def create_settlement(self, model: str, windows: Sequence[int], reason: str) -> Settlement:
        with self._call("create_settlement", writes=True):
            return self.settling.create(model, windows, reason)

    def advance(
        self,
        settlement_id: int,
        accounts: Sequence[SettlementAccount],
        to: SettlementState,
        reason: str,
        reference: str = "",
    ) -> tuple[AccountAnswer, ...]:
        with self._call("advance", writes=True):
            self.references.extend((each.account_id, reference) for each in accounts if reference)
            return self.settling.advance(settlement_id, accounts, to, reason) if accounts else ()

    def abort(self, settlement_id: int, reason: str) -> None:
        with self._call("abort", writes=True):
            self.settling.abort(settlement_id, reason)

    def participants(self) -> tuple[ParticipantRef, ...]:
        with self._call("participants"):
            return tuple(self.books.told(name) for name in sorted(self.books.numbers, key=str.lower))

    def accounts(self, participant: str) -> tuple[LedgerAccount, ...]:
        """Looking makes what was ordered appear, `books.lag` looks later."""
        with self._call("accounts"):
            self.books.look()
            return self.books.of(participant)

    def ledger(self) -> tuple[LedgerAccount, ...]:
        with self._call("ledger"):
            self.books.look()
            return tuple(self.books.accounts.values())

    def caps(self) -> tuple[Cap, ...]:
        with self._call("caps"):
            return self.books.caps()

    def set_cap(self, cap: Cap) -> None:
        with self._call("set_cap", writes=True):
            if cap.value < 0 or cap.alarm < 0:
                raise ValueError(f"a net debit cap and its alarm are not below zero: {cap}")
            self.books.set_cap(cap)

    def set_account_active(self, participant: str, account_id: int, active: bool) -> None:
        with self._call("set_account_active", writes=True):
            self.books.set_active(participant, account_id, active)

    def funds_in(self, order: FundsOrder) -> None:
        with self._call("funds_in", writes=True):
            if not self._lost("funds_in"):
                self.books.take(order, incoming=True)

    def funds_out_reserve(self, order: FundsOrder) -> None:
        with self._call("funds_out_reserve", writes=True):
            if not self._lost("funds_out_reserve"):
                self.books.take(order, incoming=False)

    def funds_out_commit(self, participant: str, account_id: int, transfer_id: str, reason: str) -> None:
        with self._call("funds_out_commit", writes=True):
            if not self._lost("funds_out_commit"):
                self.books.end(participant, account_id, transfer_id, commit=True)

    def funds_out_abort(self, participant: str, account_id: int, transfer_id: str, reason: str) -> None:
        with self._call("funds_out_abort", writes=True):
            if not self._lost("funds_out_abort"):
                self.books.end(participant, account_id, transfer_id, commit=False)

    def transfer_states(self, transfers: Sequence[str]) -> dict[str, str]:
        with self._call("transfer_states"):
            return {key: self.books.funds[key].state for key in transfers if key in self.books.funds}

    def transfer_amounts(self, transfers: Sequence[str]) -> dict[str, Decimal]:
        with self._call("transfer_amounts"):
            return {key: self.books.funds[key].order.amount for key in transfers if key in self.books.funds}

    def has(self, number: int, state: WindowState, opened: datetime | None = None, reason: str = "") -> Window:
        """Put a window into the hub."""
        opened = opened or now()
        currencies = () if state in (WindowState.OPEN, WindowState.PROCESSING) else ("USD",)
        self.kept[number] = window = Window(number, state, reason, opened, opened, currencies)
        if state not in (WindowState.OPEN, WindowState.PROCESSING):
            self.closings[number] = opened + timedelta(hours=1)
        return window

    def transfer(
        self, number: int, amount: str, currency: str = "USD", *, payer: str = "payerfsp", payee: str = "payeefsp"
    ) -> None:
        """Book a committed transfer into a window; whoever takes part in it is a participant from then on."""
        money, nothing = Decimal(amount), Decimal(0)
        for name, moved in ((payer, (1, money, nothing)), (payee, (0, nothing, money))):
            if self.books.find(name, currency) is None:
                self.books.join(name, currency)
            at = self.held.setdefault(number, {})
            before = at.get((currency, name)) or NetPosition(currency, name, 0, nothing, nothing)
            count, sent, received = moved
            at[currency, name] = NetPosition(
                currency, name, before.transfers + count, before.sent + sent, before.received + received
            )
            self.books.move(self.books.account(name, currency).account_id, sent - received)

    def finish(self) -> None:
        """Add every processing window up, as the hub does after a moment."""
        for key, window in self.kept.items():
            if window.state is WindowState.PROCESSING:
                currencies = tuple(sorted({currency for currency, _ in self.held.get(key, {})}))
                self.kept[key] = replace(window, state=WindowState.CLOSED, changed=now(), currencies=currencies)
                self.closings[key] = now()

    def fail(self, method: str, *problems: BaseException | None) -> None:
        """Have the next calls of a method raise these, one each, before they do anything; None lets one through."""
        self.fails.setdefault(method, []).extend(problems)

    def fail_after(self, method: str, *problems: BaseException | None) -> None:
        """Have the next calls of a method raise these, one each, after all that they do."""
        self.fails_after.setdefault(method, []).extend(problems)

    def lose(self, method: str, times: int = 1) -> None:
        """Have the next orders of funds taken, and forgotten."""
        self.loses[method] = self.loses.get(method, 0) + times

    def _told(self, window: Window) -> Window:
        free = [each.currency for each in self.settling.contents(window.id) if each.free]
        return replace(window, unsettled=tuple(sorted(free)))

    def _lost(self, method: str) -> bool:
        left = self.loses.get(method, 0)
        self.loses[method] = max(left - 1, 0)
        return left > 0

    @contextmanager
    def _call(self, method: str, *, writes: bool = False) -> Iterator[None]:
        if writes:
            present_run()
        self.calls.append(method)
        if problem := _next(self.fails, method):
            raise problem
        yield
        if problem := _next(self.fails_after, method):
            raise problem


def _next(problems: dict[str, list[BaseException | None]], method: str) -> BaseException | None:
    return problems[method].pop(0) if problems.get(method) else None


def _refusal(window_id: int, words: str) -> HubRefused:
    return HubRefused("3100", f"Generic validation error - Window {window_id} {words}")
