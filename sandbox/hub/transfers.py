"""What the scheme's transfers do to the ledger: prepared and checked, then committed, aborted, or left to expire."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, delete, func, select

from sandbox.hub import ledger
from sandbox.hub import tables as t
from sandbox.hub.database import Books
from sandbox.hub.enums import Account, Entry, Role, Window
from sandbox.hub.ledger import Leg, Order

CONDITION = "GRzLaTP7DJ9t4P-a_BA0WA9wzzlsugf00-Tn6kESAfM"
FULFILMENT = "UNlJ98hZTY_dsw0cAqw4i_UN3v4utt7CZFB4yfLbVFA"
NO_LIQUIDITY = (4001, "Payer FSP insufficient liquidity")
OVER_CAP = (4200, "Payer limit error")
REJECTED = (5104, "Payee FSP rejected transaction")
EXPIRED = (3303, "Transfer expired")


@dataclass(frozen=True)
class Payment:
    """What a payer's DFSP asks the scheme to transfer, and until when the answer counts."""

    payer: str
    payee: str
    amount: Decimal
    currency: str
    expires: datetime


def prepare(books: Books, payment: Payment) -> tuple[str, str]:
    """Write a transfer down, check it, and take its amount from what the payer may send. Its id and its state."""
    transfer_id = books.ulid()
    payer, payee = _holder(books, payment.payer), _holder(books, payment.payee)
    source = ledger.account(books, payer.participantId, payment.currency, Account.POSITION)
    target = ledger.account(books, payee.participantId, payment.currency, Account.POSITION)
    order = Order(transfer_id, payment.amount, payment.currency, payment.expires, CONDITION)
    account = None if source is None else source.id
    paying = Leg(payer.participantId, account, Role.PAYER_DFSP, Entry.PRINCIPLE_VALUE, payment.amount)
    paid = Leg(payee.participantId, None, Role.PAYEE_DFSP, Entry.PRINCIPLE_VALUE, -payment.amount)
    ledger.write_down(books, order, (paying, paid))
    if wrong := _invalid(payer, source, payment) or _invalid(payee, target, payment, only_missing=True):
        change = ledger.enter(books, transfer_id, "INVALID", wrong)
        ledger.fail(books, transfer_id, change, (3100, wrong))
        return transfer_id, "INVALID"
    assert source is not None
    ledger.enter(books, transfer_id, "RECEIVED_PREPARE")
    if error := _refusal(books, source, payment):
        change = ledger.enter(books, transfer_id, "ABORTED_REJECTED", error[1])
        ledger.fail(books, transfer_id, change, error)
        ledger.note_refusal(books, source.id, payment.amount, change)
        return transfer_id, "ABORTED_REJECTED"
    change = ledger.enter(books, transfer_id, "RESERVED")
    ledger.post(books, source.id, payment.amount, change)
    books.add(t.expiring_transfer, transferId=transfer_id, expirationDate=payment.expires)
    return transfer_id, "RESERVED"


def commit(books: Books, transfer_id: str) -> str:
    """The payee's DFSP fulfils a reserved transfer: it counts in the window that is open now."""
    ledger.fulfil(books, transfer_id, FULFILMENT, open_window(books))
    ledger.enter(books, transfer_id, "RECEIVED_FULFIL")
    change = ledger.enter(books, transfer_id, "COMMITTED")
    legs, moved = t.transfer_participant.c, t.transfer.c
    payee = books.row(
        select(legs.participantId, legs.amount, moved.currencyId)
        .join(t.transfer, moved.transferId == legs.transferId)
        .where(legs.transferId == transfer_id, legs.transferParticipantRoleTypeId == int(Role.PAYEE_DFSP))
    )
    assert payee is not None
    account = ledger.account(books, payee.participantId, payee.currencyId, Account.POSITION)
    assert account is not None
    ledger.post(books, account.id, payee.amount, change)
    _done(books, transfer_id)
    return "COMMITTED"


def abort(books: Books, transfer_id: str) -> str:
    """The payee's DFSP refuses a reserved transfer: the payer gets back what it may send."""
    change = ledger.enter(books, transfer_id, "RECEIVED_ERROR", REJECTED[1])
    ledger.fail(books, transfer_id, change, REJECTED)
    return _give_back(books, transfer_id, "ABORTED_ERROR", REJECTED[1])


def expire(books: Books) -> int:
    """End the reserved transfers whose time is over; how many there were."""
    waiting = t.expiring_transfer.c
    over = books.rows(select(waiting.transferId, waiting.expirationDate).where(waiting.expirationDate <= books.now))
    for row in over:
        books.add(t.transfer_timeout, transferId=row.transferId, expirationDate=row.expirationDate)
        change = ledger.enter(books, row.transferId, "RESERVED_TIMEOUT", EXPIRED[1])
        ledger.fail(books, row.transferId, change, EXPIRED)
        _give_back(books, row.transferId, "EXPIRED_RESERVED", EXPIRED[1])
    return len(over)


def next_expiry(books: Books) -> datetime | None:
    """When the next reserved transfer expires."""
    found = books.row(select(func.min(t.expiring_transfer.c.expirationDate).label("first")))
    return None if found is None else found.first


def lifetime(milliseconds: int) -> timedelta:
    """How long a reserved transfer waits for its answer."""
    return timedelta(milliseconds=milliseconds)


def open_window(books: Books) -> int:
    """The window that transfers count in: the OPEN one that changed last."""
    window, change = t.settlement_window.c, t.settlement_window_state_change.c
    found = books.row(
        select(window.settlementWindowId)
        .join(t.settlement_window_state_change, change.settlementWindowStateChangeId == window.currentStateChangeId)
        .where(change.settlementWindowStateId == Window.OPEN)
        .order_by(change.createdDate.desc(), window.settlementWindowId.desc())
    )
    assert found is not None, "no settlement window is open"
    return int(found.settlementWindowId)


def _give_back(books: Books, transfer_id: str, state: str, reason: str) -> str:
    change = ledger.enter(books, transfer_id, state, reason)
    account, amount = ledger.leg_account(books, transfer_id, Role.PAYER_DFSP)
    ledger.post(books, account, -amount, change)
    _done(books, transfer_id)
    return state


def _done(books: Books, transfer_id: str) -> None:
    books.run(delete(t.expiring_transfer).where(t.expiring_transfer.c.transferId == transfer_id))


class UnknownParticipant(LookupError):
    """No participant of this name."""


def _holder(books: Books, name: str) -> Row[Any]:
    found = books.row(select(t.participant).where(t.participant.c.name == name))
    if found is None:
        raise UnknownParticipant(f"There is no participant {name}.")
    return found


def _invalid(holder: Row[Any], account: Row[Any] | None, payment: Payment, *, only_missing: bool = False) -> str | None:
    """What forbids a side to take part; of a payee's account the hub asks only that it is there."""
    if not holder.isActive:
        return f"Participant {holder.name} is inactive"
    if account is None or account.participantPositionId is None:
        return f"Participant {holder.name} {payment.currency} account not found"
    if not account.isActive and not only_missing:
        return f"Participant {holder.name} {payment.currency} account is inactive"
    return None


def _refusal(books: Books, payer: Row[Any], payment: Payment) -> tuple[int, str] | None:
    """Why the payer may not send so much: first its liquidity is asked, then its net debit cap."""
    liquidity = ledger.account(books, payer.participantId, payment.currency, Account.SETTLEMENT)
    assert liquidity is not None
    owed = payer.value + payer.reservedValue
    if -liquidity.value - owed < payment.amount:
        return NO_LIQUIDITY
    limit = ledger.cap(books, payer.id)
    if limit is not None and limit.value - owed < payment.amount:
        return OVER_CAP
    return None
