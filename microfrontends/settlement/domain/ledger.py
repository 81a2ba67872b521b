"""What the ledger holds for a participant: its accounts and its net debit cap."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

POSITION = "POSITION"
SETTLEMENT = "SETTLEMENT"
UNIT = Decimal("0.0001")  # the hub keeps decimal(18,4)


def exact(amount: Decimal) -> Decimal:
    """The amount as the hub's database keeps it: what is left of a double on the way is gone."""
    return amount.quantize(UNIT)


def same(one: Decimal, other: Decimal) -> bool:
    """Whether two amounts are one to the last digit that the hub keeps."""
    return exact(one) == exact(other)


@dataclass(frozen=True)
class LedgerAccount:
    """An account with the ledger's own sign: a POSITION above zero owes, a SETTLEMENT below zero has money in it."""

    participant: str
    account_id: int
    kind: str
    currency: str
    active: bool
    value: Decimal
    reserved: Decimal = Decimal(0)

    @property
    def liquidity(self) -> Decimal:
        """What lies in the liquidity account, as people say it. Raises ValueError for an account of another kind."""
        if self.kind != SETTLEMENT:
            raise ValueError(f"a {self.kind} account holds no liquidity")
        return -self.value


@dataclass(frozen=True)
class Cap:
    """A net debit cap. At `alarm` per cent of it the hub warns; the hub wants that back on every change."""

    participant: str
    currency: str
    value: Decimal
    alarm: Decimal = Decimal(10)


class Ledger:
    """The accounts and caps of all participants that concern a settlement, read at one time, found by what they are."""

    def __init__(self, accounts: Iterable[LedgerAccount], caps: Iterable[Cap]) -> None:
        self._by_id = {each.account_id: each for each in accounts}
        self._by_kind = {(each.participant, each.currency, each.kind): each for each in self._by_id.values()}
        self._caps = {(each.participant, each.currency): each for each in caps}

    def account(self, account_id: int) -> LedgerAccount | None:
        """The account of this id."""
        return self._by_id.get(account_id)

    def position(self, participant: str, currency: str) -> LedgerAccount | None:
        """The participant's position account in the currency."""
        return self._by_kind.get((participant, currency, POSITION))

    def liquidity(self, participant: str, currency: str) -> LedgerAccount | None:
        """The participant's liquidity account in the currency."""
        return self._by_kind.get((participant, currency, SETTLEMENT))

    def cap(self, participant: str, currency: str) -> Cap | None:
        """The participant's net debit cap in the currency; not every participant has one."""
        return self._caps.get((participant, currency))
