"""What a window holds: transfers per currency and each participant's net position, which must add up to zero."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby


@dataclass(frozen=True, order=True)
class NetPosition:
    """What one participant sent and received in one currency. `transfers` counts those that it sent."""

    currency: str
    participant: str
    transfers: int
    sent: Decimal
    received: Decimal

    @property
    def net(self) -> Decimal:
        """Positive when the participant owes, negative when it is owed."""
        return self.sent - self.received


@dataclass(frozen=True)
class Holding:
    """All of a window in one currency. Each transfer has one sender, so what was sent is what was transferred."""

    currency: str
    positions: tuple[NetPosition, ...]

    @property
    def transfers(self) -> int:
        """How many transfers."""
        return sum(each.transfers for each in self.positions)

    @property
    def amount(self) -> Decimal:
        """Their sum."""
        return sum((each.sent for each in self.positions), Decimal(0))

    @property
    def received(self) -> Decimal:
        """What all participants received together."""
        return sum((each.received for each in self.positions), Decimal(0))

    @property
    def imbalance(self) -> Decimal:
        """The sum of the net positions. Anything but zero means that the figures are not to be trusted."""
        return self.amount - self.received


def holdings(positions: Iterable[NetPosition]) -> tuple[Holding, ...]:
    """The positions by currency, each currency's participants by name."""
    ordered = sorted(positions)
    return tuple(Holding(currency, tuple(each)) for currency, each in groupby(ordered, lambda p: p.currency))


def nets_by_participant(held: Sequence[Holding]) -> list[tuple[str, tuple[Decimal, ...]]]:
    """Each participant, by name, with its net position in each holding's currency; zero where it took no part."""
    nets = [{each.participant: each.net for each in holding.positions} for holding in held]
    names = sorted({name for of in nets for name in of})
    return [(name, tuple(of.get(name, Decimal(0)) for of in nets)) for name in names]


def transfers_in(held: Iterable[Holding]) -> int:
    """How many transfers there are in all currencies together."""
    return sum(each.transfers for each in held)
