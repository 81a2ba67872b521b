"""An amount is exact and never without its currency."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache

from babel.numbers import get_currency_precision


@cache
def scale(currency: str) -> int:
    """Digits after the decimal point that ISO 4217 gives the currency (0 for XOF, 2 for USD, 3 for BHD)."""
    return int(get_currency_precision(currency))


@dataclass(frozen=True, order=True)
class Money:
    """An exact amount in a currency's own unit. Amounts of different currencies do not add."""

    currency: str
    amount: Decimal

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add")
        return Money(self.currency, self.amount + other.amount)

    def __neg__(self) -> "Money":
        return Money(self.currency, -self.amount)

    def at_scale(self) -> Decimal:
        """The amount at its currency's scale; more digits than that are kept, never rounded away."""
        exact = self.amount.quantize(Decimal(1).scaleb(-scale(self.currency)), ROUND_HALF_EVEN)
        return exact if exact == self.amount else self.amount.normalize()
