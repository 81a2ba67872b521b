"""How a participant stands in each of its currencies: what it owes against its cap, the money behind it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from microfrontends.settlement.domain.ledger import POSITION, SETTLEMENT, Cap, Ledger, LedgerAccount


@dataclass(frozen=True)
class Holding:
    """A participant in one currency. An account that it does not have, and a cap that nobody has set, are None."""

    participant: str
    currency: str
    position: LedgerAccount | None
    account: LedgerAccount | None
    cap: Cap | None

    @property
    def owes(self) -> Decimal | None:
        """Its position: above zero it owes, below it is owed."""
        return self.position.value if self.position else None

    @property
    def liquidity(self) -> Decimal | None:
        """What lies in its liquidity account."""
        return self.account.liquidity if self.account else None

    @property
    def left(self) -> Decimal | None:
        """What it may still send: its cap less what it owes. Below zero it is beyond its cap."""
        return self.cap.value - self.position.value if self.cap and self.position else None

    @property
    def used(self) -> Decimal | None:
        """The share of its cap that is used, 1 for all of it; None where no share can be told."""
        if not self.cap or not self.position or self.cap.value <= 0:
            return None
        return max(self.position.value, Decimal(0)) / self.cap.value

    @property
    def beyond(self) -> bool:
        """Whether its next transfer is refused, for it has used up its cap."""
        return self.left is not None and self.left <= 0

    @property
    def active(self) -> bool:
        """Whether it may send and receive: its position account may be used."""
        return self.position is not None and self.position.active


def holdings_of(accounts: Iterable[LedgerAccount], caps: Iterable[Cap]) -> list[Holding]:
    """Every participant of these accounts in each of its currencies, in the order of their names."""
    known = [each for each in accounts if each.kind in (POSITION, SETTLEMENT)]
    ledger = Ledger(known, caps)
    keys = sorted({(each.participant, each.currency) for each in known}, key=lambda key: (key[0].casefold(), key))
    return [Holding(*key, ledger.position(*key), ledger.liquidity(*key), ledger.cap(*key)) for key in keys]
