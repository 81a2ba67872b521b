"""The settlements of the hub in memory: how accounts move on, what that does to positions, when windows are SETTLED."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

from bff import HubRefused
from microfrontends.settlement.domain.ledger import exact
from microfrontends.settlement.domain.positions import NetPosition
from microfrontends.settlement.domain.settlements import (
    Settlement,
    SettlementAccount,
    SettlementModel,
    SettlementState,
    WindowContent,
)
from microfrontends.settlement.domain.windows import Window, WindowState
from microfrontends.settlement.hub import AccountAnswer
from microfrontends.settlement.tests.fake_books import MULTILATERAL, Books, internal

S, W = SettlementState, WindowState
NEXT = {
    S.PENDING_SETTLEMENT: S.PS_TRANSFERS_RECORDED,
    S.PS_TRANSFERS_RECORDED: S.PS_TRANSFERS_RESERVED,
    S.PS_TRANSFERS_RESERVED: S.PS_TRANSFERS_COMMITTED,
    S.PS_TRANSFERS_COMMITTED: S.SETTLED,
    S.SETTLING: S.SETTLED,
}
ABORTABLE = (S.PENDING_SETTLEMENT, S.PS_TRANSFERS_RECORDED, S.PS_TRANSFERS_RESERVED, S.ABORTED)
FREE, WITHIN = (W.CLOSED, W.ABORTED), (W.CLOSED, W.ABORTED, W.PENDING_SETTLEMENT)
NEVER_CALLED = "updateSettlementById method did not return a value, a promise, or throw an error"


def model(currency: str | None, *, reset: bool = True, check: bool = True) -> SettlementModel:
    """A deferred net model for a currency, or for all that have none."""
    return SettlementModel(f"DEFERREDNET{currency or ''}", currency, True, reset, check)


@dataclass
class Settling:
    """All settlements, over the windows and the books of one hub. `refused` holds the words for accounts that are
    refused on purpose, once each."""

    books: Books
    windows: dict[int, Window]
    held: dict[int, dict[tuple[str, str], NetPosition]]
    models: list[SettlementModel] = field(default_factory=lambda: [model("USD"), model("XOF")])
    made: dict[int, Settlement] = field(default_factory=dict)
    taken: dict[tuple[int, str], tuple[WindowState, int]] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    abort_works: bool = False

    def contents(self, window_id: int) -> list[WindowContent]:
        """What a closed window holds."""
        window = self.windows[window_id]
        # The window's own state speaks for contents of which this hub saw no settlement.
        began = any(of == window_id for of, _currency in self.taken)
        free = (W.CLOSED if began else window.state, None)
        return [
            WindowContent(window_id, currency, "POSITION", *self.taken.get((window_id, currency), free))
            for currency in window.currencies
        ]

    def create(self, name: str, windows: Sequence[int], reason: str) -> Settlement:
        """Settle windows. Raises HubRefused."""
        found = next((each for each in self.models if each.name == name), None)
        if found is None:
            raise _invalid(f"Settlement model not found: {name}")
        mine = [each for number in windows for each in self._applicable(number, found)]
        if missing := [number for number in windows if number not in {each.window_id for each in mine}]:
            raise _invalid(f"Inapplicable windows {', '.join(map(str, missing))}")
        number = len(self.made) + 1
        accounts = self._nets(mine, reason)
        state, at = S.PENDING_SETTLEMENT, now()
        self.made[number] = Settlement(number, name, state, reason, at, at, tuple(sorted(windows)), accounts)
        for content in mine:
            self.taken[content.window_id, content.currency] = (W.PENDING_SETTLEMENT, number)
            if self.windows[content.window_id].state is not W.PENDING_SETTLEMENT:
                self._window(content.window_id, W.PENDING_SETTLEMENT, reason)
        return self.made[number]

    def advance(
        self, number: int, wanted: Sequence[SettlementAccount], to: SettlementState, reason: str
    ) -> tuple[AccountAnswer, ...]:
        """Move accounts on, each by itself. Raises HubRefused."""
        current = self.made.get(number)
        if current is None:
            raise _invalid("Settlement not found")
        standing = {each.account_id: each for each in current.accounts}
        answers, moved = [], []
        for wish in wanted:
            answer = self._judge(wish, standing.get(wish.account_id), current, to)
            answers.append(answer)
            if answer.refusal is None:
                if standing[wish.account_id].state is not to:
                    moved.append(wish.account_id)
                standing[wish.account_id] = replace(standing[wish.account_id], state=to, reason=reason)
        self.made[number] = replace(current, accounts=tuple(standing.values()))
        self._follow(current, [standing[each] for each in moved])
        self._settle_contents(number)
        self._advance(number)
        return tuple(answers)

    def abort(self, number: int, reason: str) -> None:
        """Abort a settlement, as far as released hubs can. Raises HubRefused."""
        current = self.made.get(number)
        if current is None:
            raise _invalid(f"Settlement with ID '{number}' not found")
        if current.state not in ABORTABLE:
            raise _invalid(f"State change is not allowed for settlement '{number}' in state '{current.state}'")
        if any(each.state is S.PS_TRANSFERS_COMMITTED for each in current.accounts):
            words = f"At least one settlement transfer is committed for settlement '{number}'. Aborting is not allowed."
            raise _invalid(words)
        if not self.abort_works:
            raise internal(NEVER_CALLED)
        # As observed: contents stay PENDING_SETTLEMENT, reserved positions stay moved.
        accounts = tuple(replace(each, state=S.ABORTED, reason=reason) for each in current.accounts)
        self.made[number] = replace(current, state=S.ABORTED, reason=reason, changed=now(), accounts=accounts)
        for window_id in current.windows:
            self._window(window_id, W.ABORTED, reason)

    def _applicable(self, window_id: int, by: SettlementModel) -> list[WindowContent]:
        if window_id not in self.windows or self.windows[window_id].state not in WITHIN:
            return []
        own = {each.currency for each in self.models}
        return [
            each
            for each in self.contents(window_id)
            if each.state in FREE and (each.currency == by.currency or (not by.currency and each.currency not in own))
        ]

    def _nets(self, contents: Sequence[WindowContent], reason: str) -> tuple[SettlementAccount, ...]:
        nets: dict[tuple[str, str], Decimal] = {}
        for content in contents:
            for (currency, name), position in self.held.get(content.window_id, {}).items():
                if currency == content.currency:
                    nets[name, currency] = nets.get((name, currency), Decimal(0)) + position.sent - position.received
        accounts = []
        for (name, currency), net in nets.items():
            number, held = self.books.numbers[name], self.books.account(name, currency)
            owes = SettlementAccount(number, name, held.account_id, currency, exact(net), S.PENDING_SETTLEMENT, reason)
            accounts.append(owes)
        return tuple(sorted(accounts, key=lambda each: (each.participant_id, each.account_id)))

    def _judge(
        self, wish: SettlementAccount, standing: SettlementAccount | None, current: Settlement, to: SettlementState
    ) -> AccountAnswer:
        if standing is None:
            return AccountAnswer(wish.account_id, None, _refused("Account not found"))
        if standing.participant_id != wish.participant_id:
            return AccountAnswer(wish.account_id, None, _refused("Participant and account mismatch"))
        if words := self.refused.pop(wish.account_id, ""):
            return AccountAnswer(wish.account_id, standing.state, _refused(words))
        if to not in (standing.state, NEXT.get(current.state)):
            return AccountAnswer(wish.account_id, standing.state, _refused("State change not allowed"))
        return AccountAnswer(wish.account_id, to)

    def _follow(self, before: Settlement, moved: list[SettlementAccount]) -> None:
        """What moving on does to the ledger, account by account."""
        by = next(each for each in self.models if each.name == before.model)
        for each in moved if by.auto_position_reset else []:
            received, paid = before.state is S.PS_TRANSFERS_RECORDED, before.state is S.PS_TRANSFERS_RESERVED
            if received and each.net < 0 and by.require_liquidity_check:
                self.books.rewrite_cap(each.account_id, -each.net)
            if (received and each.net < 0) or (paid and each.net > 0):
                self.books.move(each.account_id, -each.net)
                self.books.move(self.books.own(each.currency, MULTILATERAL), each.net)

    def _advance(self, number: int) -> None:
        """The settlement follows its last account; some but not all SETTLED is SETTLING."""
        current = self.made[number]
        states = {each.state for each in current.accounts}
        following = NEXT.get(current.state)
        left = S.PS_TRANSFERS_COMMITTED if current.state is S.SETTLING else current.state
        if following is None:
            return
        if left not in states:
            state, reason = following, f"All settlement accounts are {following}"
        elif current.state is S.PS_TRANSFERS_COMMITTED and S.SETTLED in states:
            state, reason = S.SETTLING, "Some settlement accounts are SETTLED"
        else:
            return
        self.made[number] = replace(current, state=state, reason=reason, changed=now())

    def _settle_contents(self, number: int) -> None:
        settled = {each.account_id for each in self.made[number].accounts if each.state is S.SETTLED}
        for (window_id, currency), (state, by) in self.taken.items():
            names = [name for of, name in self.held.get(window_id, {}) if of == currency]
            done = all(self.books.account(name, currency).account_id in settled for name in names)
            if by == number and state is W.PENDING_SETTLEMENT and names and done:
                self.taken[window_id, currency] = (W.SETTLED, number)
                if all(each.state is W.SETTLED for each in self.contents(window_id)):
                    self._window(window_id, W.SETTLED, "All settlement window content is SETTLED")

    def _window(self, window_id: int, state: WindowState, reason: str) -> None:
        self.windows[window_id] = replace(self.windows[window_id], state=state, reason=reason, changed=now())


def now() -> datetime:
    """The moment, without fractions, as the hub keeps it."""
    return datetime.now(UTC).replace(microsecond=0)


def _invalid(words: str) -> HubRefused:
    return HubRefused("3100", f"Generic validation error - {words}")


def _refused(words: str) -> HubRefused:
    return HubRefused("3000", f"Generic client error - {words}", 200)
