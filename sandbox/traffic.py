"""Who pays whom in the sandbox, how much and with which result: the same sequence for the same seed."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random

from sandbox.hub import transfers
from sandbox.hub.database import Books
from sandbox.hub.transfers import Payment


@dataclass(frozen=True)
class Currency:
    """What is usual in a currency: a cap, an opening deposit, the median transfer, the step that amounts come in."""

    cap: Decimal
    deposit: Decimal
    median: float
    step: Decimal


CURRENCIES = {
    "USD": Currency(Decimal(8_000), Decimal(50_000), 62.0, Decimal("0.01")),
    "XOF": Currency(Decimal(3_000_000), Decimal(25_000_000), 24_000.0, Decimal(5)),
}
# How much each DFSP takes part, as payer and as payee: a wallet sends more than it gets, a microfinance bank less.
DFSPS = {"payerfsp": (9, 6), "payeefsp": (5, 8), "testfsp1": (4, 3), "demomfi": (3, 5), "greenwallet": (6, 5)}
# What becomes of a transfer that the hub has reserved: how many of a hundred.
COMMITTED, ABORTED = 94, 4


@dataclass(frozen=True)
class Draw:
    """A transfer to be sent. `answer` is what the payee's DFSP does: commit, abort, or stay silent until it expires."""

    payer: str
    payee: str
    amount: Decimal
    currency: str
    answer: str
    answer_s: float

    def payment(self, books: Books, wait_s: float = 60) -> Payment:
        """The transfer as it is asked for now."""
        return Payment(self.payer, self.payee, self.amount, self.currency, books.now + timedelta(seconds=wait_s))


def draw(random: Random, currency: str | None = None) -> Draw:
    """The next transfer, in this currency where one is given."""
    payer = random.choices(list(DFSPS), [sends for sends, _ in DFSPS.values()])[0]
    others = {name: receives for name, (_, receives) in DFSPS.items() if name != payer}
    payee = random.choices(list(others), list(others.values()))[0]
    currency = currency or random.choices(list(CURRENCIES), (11, 9))[0]
    usual = CURRENCIES[currency]
    steps = (Decimal(usual.median * random.lognormvariate(0, 1)) / usual.step).quantize(Decimal(1))
    lot = random.uniform(0, 100)
    answer = "commit" if lot < COMMITTED else "abort" if lot < COMMITTED + ABORTED else "silence"
    return Draw(payer, payee, max(steps, Decimal(1)) * usual.step, currency, answer, random.uniform(0.4, 4.0))


class Trickle:
    """Transfers as they come in while people look: each call sends one, now."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - a demonstration, not a secret

    def __call__(self, books: Books) -> None:
        """Send the next transfer."""
        drawn = draw(self._random)
        transfer_id, state = transfers.prepare(books, drawn.payment(books))
        if state == "RESERVED" and drawn.answer == "commit":
            transfers.commit(books, transfer_id)
        elif state == "RESERVED" and drawn.answer == "abort":
            transfers.abort(books, transfer_id)
