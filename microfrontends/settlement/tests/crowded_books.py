"""A ledger that others use too, while a run is at it."""

from dataclasses import dataclass, field
from decimal import Decimal

from microfrontends.settlement.hub import FundsOrder
from microfrontends.settlement.tests.bench import Bench
from microfrontends.settlement.tests.fake_books import Books


@dataclass
class CrowdedBooks(Books):
    """A ledger in which somebody else moves a participant's liquidity, once, just before or after ours is ordered."""

    before: dict[str, Decimal] = field(default_factory=dict)
    after: dict[str, Decimal] = field(default_factory=dict)

    def take(self, order: FundsOrder, *, incoming: bool) -> None:
        self.move(order.account_id, self.before.pop(order.participant, Decimal(0)))
        super().take(order, incoming=incoming)
        self.move(order.account_id, self.after.pop(order.participant, Decimal(0)))


def crowded(bench: Bench) -> CrowdedBooks:
    """The ledger of a bench."""
    assert isinstance(bench.hub.books, CrowdedBooks)
    return bench.hub.books
