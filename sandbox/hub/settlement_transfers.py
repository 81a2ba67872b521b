"""What settling does to the ledger: for each account a transfer between its position and the hub's own account."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select, update

from sandbox.hub import ledger
from sandbox.hub import tables as t
from sandbox.hub.database import Books
from sandbox.hub.enums import Account, Entry, Role, Settlement
from sandbox.hub.ledger import HUB, Leg, Order

VALIDITY = timedelta(seconds=432_000)
DEFAULT_ALARM = 10


def follow(books: Books, state: Settlement, accounts: list[Row[Any]], *, limited: bool) -> None:
    """The ledger's part of moving these accounts on from the settlement's state. `limited`: the model minds the cap."""
    for row in accounts:
        if state == Settlement.PENDING:
            _prepare(books, row)
        elif state == Settlement.RECORDED:
            _reserve(books, row, limited=limited)
        elif state == Settlement.RESERVED:
            _commit(books, row)


def _prepare(books: Books, row: Row[Any]) -> None:
    """Net recipients and net senders alike get a transfer that is written down, but moves nothing yet."""
    transfer_id, net = books.ulid(), row.netAmount
    hub = ledger.hub_account(books, row.currencyId, Account.HUB_MULTILATERAL_SETTLEMENT)
    entry = _entry(net)
    legs = (
        Leg(HUB, hub, Role.HUB, entry, net),
        Leg(row.participantId, row.account, Role.DFSP_POSITION, entry, -net),
    )
    ledger.write_down(books, Order(transfer_id, abs(net), row.currencyId, books.now + VALIDITY), legs)
    ledger.enter(books, transfer_id, "RECEIVED_PREPARE", "Settlement transfer prepare")
    mine = t.settlement_participant_currency.c.settlementParticipantCurrencyId == row.key
    books.run(update(t.settlement_participant_currency).where(mine).values(settlementTransferId=transfer_id))


def _reserve(books: Books, row: Row[Any], *, limited: bool) -> None:
    """The net recipient's position goes back, since the settlement bank owes it now."""
    change = ledger.enter(books, row.settlementTransferId, "RESERVED", "Settlement transfer reserve")
    if row.netAmount < 0:
        if limited:
            _raise_cap(books, row.account, -row.netAmount)
        _move(books, row, change)


def _commit(books: Books, row: Row[Any]) -> None:
    """The net sender's position goes back, since it has paid."""
    ledger.fulfil(books, row.settlementTransferId)
    ledger.enter(books, row.settlementTransferId, "RECEIVED_FULFIL", "Settlement transfer commit initiated")
    change = ledger.enter(books, row.settlementTransferId, "COMMITTED", "Settlement transfer commit")
    if row.netAmount > 0:
        _move(books, row, change)


def _move(books: Books, row: Row[Any], change: int) -> None:
    hub = ledger.hub_account(books, row.currencyId, Account.HUB_MULTILATERAL_SETTLEMENT)
    ledger.post(books, row.account, -row.netAmount, change, dated=False)
    ledger.post(books, hub, row.netAmount, change, dated=False)


def _raise_cap(books: Books, account: int, amount: Decimal) -> None:
    """Where the move would pass the cap, the hub writes a new one. It reads the account's oldest cap, not the one in
    force, and forgets the alarm: so it can lower a cap. Observed on the real hub; clients have to watch for it."""
    limit = t.participant_limit.c
    oldest = books.row(
        select(t.participant_limit).where(limit.participantCurrencyId == account).order_by(limit.participantLimitId)
    )
    position = books.row(ledger.accounts(t.participant_currency.c.participantCurrencyId == account))
    assert position is not None
    if oldest is not None and oldest.value - position.value - position.reservedValue - amount < 0:
        ledger.set_cap(books, account, oldest.value + amount, DEFAULT_ALARM)


def _entry(net: Decimal) -> Entry:
    if net == 0:
        return Entry.SETTLEMENT_NET_ZERO
    return Entry.SETTLEMENT_NET_RECIPIENT if net < 0 else Entry.SETTLEMENT_NET_SENDER
