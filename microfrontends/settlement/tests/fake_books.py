"""The ledger of the hub in memory: accounts, caps with their history, funds applied later that fail in silence."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from bff import HubRefused
from microfrontends.settlement.domain.ledger import POSITION, SETTLEMENT, Cap, LedgerAccount, exact
from microfrontends.settlement.hub import AccountRef, FundsOrder, ParticipantRef
from microfrontends.settlement.hub.told import digits

HUB, RECONCILIATION, MULTILATERAL = "Hub", "HUB_RECONCILIATION", "HUB_MULTILATERAL_SETTLEMENT"
DEFAULT_ALARM = Decimal(10)


@dataclass
class Funds:
    """An order of funds as it was taken, and what became of it: RESERVED, COMMITTED or ABORTED_REJECTED."""

    order: FundsOrder
    incoming: bool
    state: str = "RESERVED"


@dataclass
class Books:
    """What the ledger holds. An order is applied when accounts have been looked at `lag` times since it was taken."""

    lag: int = 0
    numbers: dict[str, int] = field(default_factory=lambda: {HUB: 1})
    active: dict[str, bool] = field(default_factory=lambda: {HUB: True})
    accounts: dict[int, LedgerAccount] = field(default_factory=dict)
    limits: dict[int, list[Cap]] = field(default_factory=dict)
    funds: dict[str, Funds] = field(default_factory=dict)
    waiting: list[tuple[int, Callable[[], None]]] = field(default_factory=list)

    def join(self, name: str, currency: str = "USD", *, cap: str = "10000000", liquidity: str = "10000000") -> None:
        """Let a participant take part in a currency."""
        if self.find(HUB, currency, RECONCILIATION) is None:
            for kind in (RECONCILIATION, MULTILATERAL):
                self._open(HUB, kind, currency)
        self.numbers.setdefault(name, len(self.numbers) + 1)
        self.active.setdefault(name, True)
        position, account = self._open(name, POSITION, currency), self._open(name, SETTLEMENT, currency)
        self.limits[position] = [Cap(name, currency, Decimal(cap), DEFAULT_ALARM)]
        self.move(account, -Decimal(liquidity))
        self.move(self.own(currency, RECONCILIATION), Decimal(liquidity))

    def find(self, name: str, currency: str, kind: str = POSITION) -> LedgerAccount | None:
        """A participant's account."""
        for each in self.accounts.values():
            if (each.participant, each.currency, each.kind) == (name, currency, kind):
                return each
        return None

    def account(self, name: str, currency: str, kind: str = POSITION) -> LedgerAccount:
        """A participant's account, which must be there."""
        found = self.find(name, currency, kind)
        assert found is not None, f"{name} has no {kind} account in {currency}"
        return found

    def of(self, name: str) -> tuple[LedgerAccount, ...]:
        """A participant's accounts. Raises HubRefused."""
        if name not in self.numbers:
            raise not_found()
        return tuple(each for each in self.accounts.values() if each.participant == name)

    def own(self, currency: str, kind: str) -> int:
        """The number of one of the hub's own accounts."""
        return self.account(HUB, currency, kind).account_id

    def move(self, account_id: int, amount: Decimal) -> None:
        """Book an amount."""
        before = self.accounts[account_id]
        self.accounts[account_id] = replace(before, value=exact(before.value + amount))

    def reserve(self, payer: str, amount: str, currency: str) -> None:
        """A transfer that waits for its payee's answer: the payer owes it already."""
        self.move(self.account(payer, currency).account_id, Decimal(amount))

    def told(self, name: str) -> ParticipantRef:
        """A participant as the hub lists it."""
        held = [each for each in self.accounts.values() if each.participant == name]
        return ParticipantRef(
            name,
            self.active[name],
            tuple(AccountRef(each.account_id, each.kind, each.currency, each.active) for each in held),
        )

    def caps(self) -> tuple[Cap, ...]:
        """The caps in force on accounts that may be used."""
        return tuple(caps[-1] for account, caps in self.limits.items() if self.accounts[account].active)

    def set_cap(self, cap: Cap) -> None:
        """Put a cap in force. The one before is kept, and the hub may come back to it."""
        self.limits[self.named(cap.participant, cap.currency).account_id].append(cap)

    def rewrite_cap(self, account_id: int, amount: Decimal) -> None:
        """What the hub does to the cap of a net recipient whose position would pass it: it reads the oldest one."""
        position, oldest = self.accounts[account_id], self.limits[account_id][0]
        if oldest.value - position.value - position.reserved - amount < 0:
            self.limits[account_id].append(replace(oldest, value=oldest.value + amount, alarm=DEFAULT_ALARM))

    def set_active(self, name: str, account_id: int, active: bool) -> None:
        """Let a position account be used, or not. Raises HubRefused."""
        found = self.accounts.get(account_id)
        if found is None:
            raise internal("Account not found")
        if found.participant != name:
            raise internal("Participant/account mismatch")
        if found.kind != POSITION:
            raise internal("Only position account update is permitted")
        self.accounts[account_id] = replace(found, active=active)

    def take(self, order: FundsOrder, *, incoming: bool) -> None:
        """Take an order for later. One that repeats an id changes nothing, whatever else it says. Raises HubRefused."""
        digits(order.amount)
        self.check(order.participant, order.account_id, order.currency)
        self.later(lambda: self._apply(order, incoming))

    def end(self, name: str, account_id: int, transfer_id: str, *, commit: bool) -> None:
        """Take the end of a reservation for later; lost where there is no reservation yet. Raises HubRefused."""
        self.check(name, account_id)
        found = self.funds.get(transfer_id)
        if found is not None and found.state == "RESERVED":
            self.later(lambda: self._finish(found, commit))

    def check(self, name: str, account_id: int, currency: str | None = None) -> None:
        """What the hub says at once about an order. Raises HubRefused."""
        found = self.accounts.get(account_id)
        if name not in self.numbers:
            raise not_found()
        if not self.active[name]:
            raise internal("Participant is currently set inactive")
        if found is None or found.participant != name or currency not in (None, found.currency):
            raise internal("The account does not match participant or currency specified")
        if not found.active:
            raise internal("Account is currently set inactive")
        if found.kind != SETTLEMENT:
            raise internal("Account is not SETTLEMENT type")

    def look(self) -> None:
        """Somebody looks at accounts: what was ordered long enough ago is there."""
        due = [apply for left, apply in self.waiting if left <= 0]
        self.waiting = [(left - 1, apply) for left, apply in self.waiting if left > 0]
        for apply in due:
            apply()

    def settle_down(self) -> None:
        """Apply all that was ordered."""
        while self.waiting:
            self.look()

    def later(self, apply: Callable[[], None]) -> None:
        """Leave something for later."""
        self.waiting.append((self.lag, apply))

    def named(self, name: str, currency: str, kind: str = POSITION) -> LedgerAccount:
        """A participant's account. Raises HubRefused."""
        found = self.find(name, currency, kind)
        if found is None:
            raise not_found()
        return found

    def _open(self, name: str, kind: str, currency: str) -> int:
        number = len(self.accounts) + 1
        self.accounts[number] = LedgerAccount(name, number, kind, currency, active=True, value=exact(Decimal(0)))
        return number

    def _apply(self, order: FundsOrder, incoming: bool) -> None:
        if order.transfer_id in self.funds:
            return
        self.funds[order.transfer_id] = taken = Funds(order, incoming)
        if incoming:
            self.move(order.account_id, -order.amount)
            self.move(self.own(order.currency, RECONCILIATION), order.amount)
            taken.state = "COMMITTED"
            return
        self.move(order.account_id, order.amount)
        if self.accounts[order.account_id].value > 0:
            self._finish(taken, commit=False)

    def _finish(self, taken: Funds, commit: bool) -> None:
        if taken.state != "RESERVED":
            return
        taken.state = "COMMITTED" if commit else "ABORTED_REJECTED"
        if commit:
            self.move(self.own(taken.order.currency, RECONCILIATION), -taken.order.amount)
        else:
            self.move(taken.order.account_id, -taken.order.amount)


def internal(words: str) -> HubRefused:
    """A rule of the hub's that it answers as a failure of its own."""
    return HubRefused("2001", f"Internal server error - {words}", 500)


def not_found() -> HubRefused:
    """A name that the ledger does not know."""
    return HubRefused("3200", "Generic ID not found - participant not found")
