"""What the ledger holds for a participant: its accounts and its net debit cap."""

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
