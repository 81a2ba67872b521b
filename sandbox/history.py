"""A hub with a past: three days of transfers, windows, settlements and funds, the same for the same seed and moment."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random

from sqlalchemy import select

from sandbox.hub import funds, models, participants, settlement, transfers, windows
from sandbox.hub import tables as t
from sandbox.hub.database import Books, Past
from sandbox.hub.enums import Account, Settlement
from sandbox.hub.funds import Movement
from sandbox.hub.settlement import Wanted
from sandbox.hub.transfers import Payment
from sandbox.traffic import CURRENCIES, DFSPS, Draw, draw

WINDOW, CLOSED_WINDOWS, OPEN_FOR = timedelta(hours=3), 24, timedelta(hours=1)  # the last is open for an hour at least
# Transfers in a window, by the hour of the day (UTC) in which it begins.
BUSY = {0: 7, 3: 6, 6: 20, 9: 34, 12: 36, 15: 33, 18: 30, 21: 14}
# Settled: after which window, which windows, in which currency, and how far it has come since.
SETTLEMENTS = (
    (8, range(1, 9), "USD", Settlement.SETTLED),
    (8, range(1, 9), "XOF", Settlement.SETTLED),
    (15, range(9, 15), "USD", Settlement.SETTLED),
    (15, range(9, 15), "XOF", Settlement.SETTLED),
    (20, range(15, 18), "USD", Settlement.RESERVED),
    (20, range(15, 18), "XOF", Settlement.PENDING),
    (22, range(18, 19), "USD", Settlement.PENDING),
)


@dataclass(frozen=True)
class Order:
    """Money that somebody moves into or out of a liquidity account, and how a withdrawal ends."""

    name: str
    action: str
    currency: str
    amount: Decimal
    ending: str = ""


# Funds moved by people, and how many hours ago.
ORDERS = (
    (60, Order("greenwallet", funds.IN, "USD", Decimal(5_000))),
    (44, Order("demomfi", funds.IN, "XOF", Decimal(2_500_000))),
    (38, Order("payeefsp", funds.RESERVE, "USD", Decimal(1_250), funds.COMMIT)),
    (27, Order("testfsp1", funds.RESERVE, "XOF", Decimal(900_000), funds.ABORT)),
    (19, Order("demomfi", funds.RESERVE, "USD", Decimal(999_999))),  # more than there is: the hub itself aborts it
    (4, Order("payerfsp", funds.RESERVE, "USD", Decimal(750))),  # still reserved
)


class Timeline:
    """What happens, in the order of its moments, written through the hub's own rules."""

    def __init__(self, books: Books, random: Random) -> None:
        self.books, self.random, self.end = books, random, books.now
        last = self.end - OPEN_FOR
        cut_off = last.replace(hour=last.hour // 3 * 3, minute=0, second=0, microsecond=0)
        self.begin = cut_off - CLOSED_WINDOWS * WINDOW
        self._events: list[tuple[datetime, int, Callable[[], object]]] = []
        self._count = 0

    def at(self, moment: datetime, event: Callable[..., object], *arguments: object) -> None:
        """Let something happen at a moment."""
        self._count += 1
        happens: Callable[[], object] = partial(event, *arguments)
        heapq.heappush(self._events, (moment, self._count, happens))

    def after(self, minutes: float, event: Callable[..., object], *arguments: object) -> None:
        """Let something follow from what happens now."""
        self.at(self.books.now + timedelta(minutes=minutes), event, *arguments)

    def run(self) -> None:
        """Let all happen that happened until now; what would come later never does."""
        while self._events and self._events[0][0] <= self.end:
            self.books.now, _, event = heapq.heappop(self._events)
            event()
        self.books.now = self.end


def three_days(seed: int) -> Past:
    """Three days that end now, for a hub that has nothing yet."""

    def write(books: Books) -> None:
        books.random = Random(seed)  # noqa: S311 - a demonstration, not a secret
        past = Timeline(books, books.random)
        past.at(past.begin - timedelta(hours=1), _set_up, past)
        _plan_transfers(past)
        for number in range(1, CLOSED_WINDOWS + 1):
            past.at(past.begin + number * WINDOW, _close, past, number)
        for hours, order in ORDERS:
            past.at(past.end - timedelta(hours=hours), _move, past, order)
        past.at(past.end - timedelta(hours=33), _adjust_cap, books, "testfsp1", "USD", Decimal(10_000), 20)
        past.run()

    return Past(OPEN_FOR + (CLOSED_WINDOWS + 2) * WINDOW, write)


def _set_up(past: Timeline) -> None:
    """The scheme: hub accounts, a model for each currency, participants with caps and opening deposits."""
    books = past.books
    for currency in CURRENCIES:
        for kind in (Account.HUB_RECONCILIATION, Account.HUB_MULTILATERAL_SETTLEMENT):
            participants.create_hub_account(books, "Hub", kind.name, currency)
        models.create(books, models.Model(f"DEFERREDNET{currency}", "NET", "MULTILATERAL", "DEFERRED", currency))
    for name in DFSPS:
        for currency, usual in CURRENCIES.items():
            participants.create(books, name, currency, proxy=False)
            participants.start(books, name, currency, usual.cap, Decimal(0))
            _move(past, Order(name, funds.IN, currency, usual.deposit))
        callback = f"http://{name}.example/transfers"
        participants.set_endpoint(books, name, "FSPIOP_CALLBACK_URL_TRANSFER_POST", callback)


def _plan_transfers(past: Timeline) -> None:
    """Transfers in every window, more by day than by night; some that the hub refuses, some still waiting."""
    for slot in range(CLOSED_WINDOWS + 1):
        start = past.begin + slot * WINDOW
        length = WINDOW if slot < CLOSED_WINDOWS else past.end - start
        count = round(BUSY[start.hour] * (length / WINDOW) * past.random.uniform(0.85, 1.15))
        moments = [start + past.random.uniform(0.02, 0.97) * length for _ in range(max(count, 6))]
        # The quietest night holds something in every currency, so that each window can be closed and settled.
        sure = [replace(draw(past.random, currency), answer="commit") for currency in CURRENCIES]
        for number, moment in enumerate(moments):
            past.at(moment, _send, past, sure[number] if number < len(sure) else draw(past.random))
    for hours, payer, payee, currency in ((70, "greenwallet", "demomfi", "USD"), (21, "testfsp1", "payeefsp", "XOF")):
        usual, at = CURRENCIES[currency], past.end - timedelta(hours=hours)
        past.at(at, _try, past, Payment(payer, payee, usual.cap * 2, currency, at))
        past.at(at + timedelta(minutes=20), _try, past, Payment(payer, payee, usual.deposit * 3, currency, at))
    for minutes, payer, amount in ((47, "payerfsp", "120.5"), (26, "demomfi", "64.25"), (9, "greenwallet", "310")):
        waiting = Payment(payer, "testfsp1", Decimal(amount), "USD", past.end + timedelta(hours=24 - minutes))
        past.at(past.end - timedelta(minutes=minutes), _try, past, waiting)
    closed = past.end - timedelta(hours=30)
    past.at(closed, _use_account, past, "demomfi", "XOF", False)
    past.at(closed + timedelta(minutes=4), _try, past, Payment("demomfi", "payerfsp", Decimal(15_000), "XOF", closed))
    past.at(closed + timedelta(minutes=9), _use_account, past, "demomfi", "XOF", True)


def _send(past: Timeline, drawn: Draw) -> None:
    """One transfer, answered some seconds later, or never."""
    wait_s = past.random.choice((30, 60, 120))
    transfer_id, state = transfers.prepare(past.books, drawn.payment(past.books, wait_s))
    if state != "RESERVED":
        return
    if drawn.answer == "silence":
        past.after((wait_s + 1) / 60, transfers.expire, past.books)
    else:
        answer = transfers.commit if drawn.answer == "commit" else transfers.abort
        past.after(drawn.answer_s / 60, answer, past.books, transfer_id)


def _try(past: Timeline, payment: Payment) -> None:
    transfers.prepare(past.books, payment)


def _use_account(past: Timeline, name: str, currency: str, active: bool) -> None:
    account = _account(past.books, name, currency, Account.POSITION)
    participants.set_account_active(past.books, name, account, active)


def _adjust_cap(books: Books, name: str, currency: str, cap: Decimal, alarm: float) -> None:
    participants.adjust_limit(books, name, currency, "NET_DEBIT_CAP", (cap, alarm))


def _move(past: Timeline, order: Order) -> None:
    """Money into or out of a liquidity account, ordered by a person."""
    words = "Deposit" if order.action == funds.IN else "Withdrawal"
    transfer_id = _order(past.books, order, words, f"{words.lower()} {past.books.now:%d%m}-{order.name}")
    if order.ending:
        past.after(6, funds.end, past.books, transfer_id, order.ending, words)


def _order(books: Books, order: Order, reason: str, reference: str) -> str:
    movement = Movement(
        account=_account(books, order.name, order.currency, Account.SETTLEMENT),
        transfer_id=books.ulid(),
        action=order.action,
        amount=str(order.amount),
        currency=order.currency,
        reason=reason,
        extensions=(("externalReference", reference), ("user", "fatima"), ("externalReference", reference)),
    )
    funds.move(books, movement)
    return movement.transfer_id


def _account(books: Books, name: str, currency: str, kind: Account) -> int:
    held, holder = t.participant_currency.c, t.participant.c
    found = books.row(
        select(held.participantCurrencyId)
        .join(t.participant, holder.participantId == held.participantId)
        .where(holder.name == name, held.currencyId == currency, held.ledgerAccountTypeId == int(kind))
    )
    assert found is not None
    return int(found.participantCurrencyId)


def _close(past: Timeline, number: int) -> None:
    """Close a window at its cut-off, and begin the settlements that were due then."""
    reason = f"Cut-off {past.books.now:%H:%M} UTC"
    windows.close(past.books, number, reason)
    past.after(1 / 60, windows.aggregate, past.books, number, reason)
    for after, of, currency, until in SETTLEMENTS:
        if after == number:
            past.after(25, _settle, past, list(of), currency, until)


def _settle(past: Timeline, of: list[int], currency: str, until: Settlement) -> None:
    """Settle windows as far as asked: recorded, reserved, then each account when its money has moved."""
    reason = f"{currency}, windows {of[0]} to {of[-1]}" if len(of) > 1 else f"{currency}, window {of[0]}"
    number = settlement.create(past.books, f"DEFERREDNET{currency}", reason, of)
    if until == Settlement.PENDING:
        return
    past.after(6, _step, past, number, Settlement.RECORDED)
    past.after(9, _step, past, number, Settlement.RESERVED)
    if until == Settlement.SETTLED:
        past.after(14, _finalise, past, number, currency)


def _step(past: Timeline, number: int, state: Settlement, only: int | None = None) -> None:
    """Move all accounts of a settlement on, or one of them."""
    standing = [row for row in settlement.accounts_of(past.books, number) if only in (None, row.account)]
    reference = f"bank-{number}-{only}" if only else None
    wanted = [Wanted(row.participantId, row.account, state, f"{state} by olivia", reference) for row in standing]
    settlement.change_accounts(past.books, number, wanted)


def _finalise(past: Timeline, number: int, currency: str) -> None:
    """Move the money of each account at the settlement bank, then say so; last, all are SETTLED."""
    holder = t.participant.c
    names = {row.participantId: row.name for row in past.books.rows(select(holder.participantId, holder.name))}
    accounts = settlement.accounts_of(past.books, number)
    for turn, row in enumerate(sorted(accounts, key=lambda row: -Decimal(row.netAmount))):
        if row.netAmount:
            action = funds.RESERVE if row.netAmount > 0 else funds.IN
            order = Order(names[row.participantId], action, currency, abs(row.netAmount))
            past.after(3 * turn, _pay, past, order, number)
        past.after(3 * turn + 2, _step, past, number, Settlement.COMMITTED, row.account)
    past.after(3 * len(accounts) + 5, _step, past, number, Settlement.SETTLED)


def _pay(past: Timeline, order: Order, number: int) -> None:
    """What a net sender owes leaves its liquidity account, what a net recipient is owed enters."""
    words = "Settlement finalisation"
    transfer_id = _order(past.books, order, words, f"settlement {number}")
    if order.action == funds.RESERVE:
        past.after(1, funds.end, past.books, transfer_id, funds.COMMIT, words)
