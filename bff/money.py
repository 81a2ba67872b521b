"""An amount is exact and never without its currency."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

# ISO 4217, wherever it is not 2. Locale data says otherwise for some (MMK, IQD): it knows what shops round to.
SCALES = {
    **dict.fromkeys(
        [
            "BIF",
            "BYR",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}


def scale(currency: str) -> int:
    """Digits after the decimal point that ISO 4217 gives the currency (0 for XOF, 2 for USD, 3 for BHD)."""
    return SCALES.get(currency, 2)


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
