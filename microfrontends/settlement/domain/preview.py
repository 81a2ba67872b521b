"""What settling would do, before anything is asked of the hub: who pays, who is paid, and who could send no more."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from microfrontends.settlement.domain.ledger import Cap, Ledger, LedgerAccount

NOTHING = Decimal(0)


class Netted(Protocol):
    """A net position in a window or a net amount in a settlement: positive where the participant owes."""

    @property
    def participant(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def net(self) -> Decimal: ...


@dataclass(frozen=True)
class Line:
    """One participant in one currency. What the ledger does not have is None."""

    currency: str
    participant: str
    net: Decimal
    liquidity: Decimal | None
    cap: Decimal | None
    exposure: Decimal
    exposure_after: Decimal

    @property
    def liquidity_after(self) -> Decimal | None:
        """What lies in the liquidity account once the net amount was moved."""
        return None if self.liquidity is None else self.liquidity - self.net

    @property
    def over_cap(self) -> bool:
        """Whether what it still owes will be above its cap. At reserving, the hub rewrites such a recipient's cap."""
        return self.cap is not None and self.exposure_after > self.cap

    @property
    def over_cover(self) -> bool:
        """Whether what it still owes will be above its liquidity, or its liquidity cannot pay the net amount."""
        return self.liquidity_after is not None and self.exposure_after > self.liquidity_after

    @property
    def over_now(self) -> bool:
        """Whether it is above cap or cover already, so that settling is not what brings it there."""
        limits = [limit for limit in (self.cap, self.liquidity) if limit is not None]
        return any(self.exposure > limit for limit in limits)

    @property
    def headroom_after(self) -> Decimal | None:
        """What it may still send: the hub takes the smaller of the two. Below nothing is nothing."""
        limits = [limit for limit in (self.cap, self.liquidity_after) if limit is not None]
        return max(min(limits) - self.exposure_after, NOTHING) if limits else None


@dataclass(frozen=True)
class Preview:
    """All lines, by currency and participant."""

    lines: tuple[Line, ...]

    @property
    def sums(self) -> dict[str, Decimal]:
        """The sum of the net amounts per currency: zero, or the figures are not to be trusted."""
        return self._by_currency(lambda line: line.net)

    @property
    def totals(self) -> dict[str, Decimal]:
        """What changes hands per currency."""
        return self._by_currency(lambda line: max(line.net, NOTHING))

    @property
    def balanced(self) -> bool:
        """Whether every sum is zero."""
        return not any(self.sums.values())

    @property
    def at_risk(self) -> tuple[Line, ...]:
        """Those that would stand above their cap or their cover afterwards, and so could send no more."""
        return tuple(line for line in self.lines if line.over_cap or line.over_cover)

    @property
    def without_liquidity(self) -> tuple[Line, ...]:
        """Those for whom the ledger has no liquidity account to move anything in."""
        return tuple(line for line in self.lines if line.liquidity is None)

    def _by_currency(self, figure: Callable[[Line], Decimal]) -> dict[str, Decimal]:
        found: dict[str, Decimal] = defaultdict(Decimal)
        for line in self.lines:
            found[line.currency] += figure(line)
        return dict(found)


def preview(
    nets: Iterable[Netted],
    accounts: Iterable[LedgerAccount],
    caps: Iterable[Cap],
    other_nets: Iterable[Netted],
    *,
    resets: bool = True,
) -> Preview:
    """What settling `nets` would leave. `other_nets` are those of all windows that it does not settle.

    `resets` is the model's automatic position reset; without it positions stay as they are.
    """
    ledger, settled, others = Ledger(accounts, caps), _summed(nets), _summed(other_nets)
    lines = [
        _line(ledger, (currency, participant), net, others.get((currency, participant), NOTHING), resets=resets)
        for (currency, participant), net in sorted(settled.items())
    ]
    return Preview(tuple(lines))


def _line(ledger: Ledger, key: tuple[str, str], net: Decimal, other: Decimal, *, resets: bool) -> Line:
    currency, participant = key
    position, liquidity = ledger.position(participant, currency), ledger.liquidity(participant, currency)
    cap = ledger.cap(participant, currency)
    # The ledger's own figure has what is in flight, the windows' has what a position that went wrong has not.
    now = position.value + position.reserved if position else other + net
    after = max(now - net, other) if resets else now
    return Line(
        currency=currency,
        participant=participant,
        net=net,
        liquidity=liquidity.liquidity if liquidity else None,
        cap=cap.value if cap else None,
        exposure=now,
        exposure_after=after,
    )


def _summed(nets: Iterable[Netted]) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for each in nets:
        found[each.currency, each.participant] += each.net
    return found
