"""A hub with as many participants as a test of speed wants: caps, liquidity, a closed window of transfers, an open one.

Each participant pays the next one in every currency, so that all of them are in the settlement; the first two pay each
other the same, so that their net amounts are zero.
"""

from datetime import timedelta
from decimal import Decimal
from random import Random

from sandbox.hub import funds, ledger, models, participants, transfers, windows
from sandbox.hub.database import Books, Past
from sandbox.hub.enums import CURRENCIES, Account
from sandbox.hub.funds import Movement
from sandbox.hub.transfers import Payment

LENGTH = timedelta(hours=2)
CAP, DEPOSIT = Decimal(100_000), Decimal(1_000_000)
SMALLEST, LARGEST = 100, 20_000  # of a transfer, in whole units
OPEN_SHARE = 10  # every tenth pays once more in the window that stays open
FEWEST = 4
COMMON = ("USD", "XOF", "KES", "JPY", "BHD", "EUR")


def populated(count: int, currencies: tuple[str, ...] = COMMON[:3], seed: int = 1) -> Past:
    """`count` participants (dfsp001 and so on) in these currencies, for a hub that has nothing yet.

    Window 1 is closed and can be settled, by a model for each currency (DEFERREDNETUSD and so on); window 2 is open.
    """
    if count < FEWEST:
        raise ValueError(f"at least {FEWEST} participants are needed")

    def write(books: Books) -> None:
        random = books.random = Random(seed)  # noqa: S311 - a demonstration, not a secret
        names = [f"dfsp{number:03}" for number in range(1, count + 1)]
        end, books.now = books.now, books.now - LENGTH
        for currency in currencies:
            _set_up(books, currency, names)
        books.now += LENGTH / 4
        for currency in currencies:
            _pay(books, currency, names, random)
        books.now += LENGTH / 4
        windows.close(books, 1, "Cut-off")
        windows.aggregate(books, 1, "Cut-off")
        books.now += LENGTH / 4
        for currency in currencies:
            for number in range(0, count, OPEN_SHARE):
                _send(books, currency, (names[number], names[number - 1]), _amount(random, currency))
        books.now = end

    return Past(LENGTH, write)


def _set_up(books: Books, currency: str, names: list[str]) -> None:
    for kind in (Account.HUB_RECONCILIATION, Account.HUB_MULTILATERAL_SETTLEMENT):
        participants.create_hub_account(books, "Hub", kind.name, currency)
    models.create(books, models.Model(f"DEFERREDNET{currency}", "NET", "MULTILATERAL", "DEFERRED", currency))
    for name in names:
        participants.create(books, name, currency, proxy=False)
        participants.start(books, name, currency, CAP, Decimal(0))
        liquidity = ledger.account(books, participants.named(books, name).participantId, currency, Account.SETTLEMENT)
        assert liquidity is not None
        opening = (("externalReference", "opening deposit"), ("user", "fatima"))
        funds.move(
            books, Movement(liquidity.id, books.ulid(), funds.IN, str(DEPOSIT), currency, "Opening deposit", opening)
        )


def _pay(books: Books, currency: str, names: list[str], random: Random) -> None:
    same = _amount(random, currency)
    first, second, *others = names
    for between in ((first, second), (second, first)):
        _send(books, currency, between, same)
    for between in zip(others, [*others[1:], others[0]], strict=True):
        _send(books, currency, between, _amount(random, currency))


def _amount(random: Random, currency: str) -> Decimal:
    """As many decimals as the currency has."""
    scale = CURRENCIES[currency]
    return Decimal(random.randint(SMALLEST * 10**scale, LARGEST * 10**scale)).scaleb(-scale)


def _send(books: Books, currency: str, between: tuple[str, str], amount: Decimal) -> None:
    payer, payee = between
    payment = Payment(payer, payee, amount, currency, books.now + timedelta(minutes=1))
    transfer_id, state = transfers.prepare(books, payment)
    assert state == "RESERVED", f"{payer} cannot pay {amount} {currency}: {state}"
    transfers.commit(books, transfer_id)
