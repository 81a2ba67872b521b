"""What the scheme's transfers do to the ledger: prepared and checked, then committed, aborted, or left to expire."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, func, or_, select

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

_held, _holder, _standing = t.participant_currency.c, t.participant.c, t.participant_position.c
_window, _change, _waiting = t.settlement_window.c, t.settlement_window_state_change.c, t.expiring_transfer.c
_legs, _transfer = t.transfer_participant.c, t.transfer.c
_SIDES = (
    select(
        *(_holder.participantId, _holder.name, _holder.isActive.label("holderIsActive")),
        *(_held.participantCurrencyId.label("id"), _held.ledgerAccountTypeId.label("kind"), _held.isActive),
        *(_standing.participantPositionId, _standing.value, _standing.reservedValue),
    )
    .outerjoin_from(
        t.participant,
        t.participant_currency,
        and_(_held.participantId == _holder.participantId, _held.currencyId == bindparam("currency")),
    )
    .outerjoin(t.participant_position, _standing.participantCurrencyId == _held.participantCurrencyId)
    .where(or_(_holder.name == bindparam("payer"), _holder.name == bindparam("payee")))
)
_PAYEE = (
    select(_held.participantCurrencyId, _legs.amount)
    .join_from(t.transfer_participant, t.transfer, _transfer.transferId == _legs.transferId)
    .join(
        t.participant_currency,
        and_(
            _held.participantId == _legs.participantId,
            _held.currencyId == _transfer.currencyId,
            _held.ledgerAccountTypeId == int(Account.POSITION),
        ),
    )
    .where(_legs.transferId == bindparam("transfer"), _legs.transferParticipantRoleTypeId == int(Role.PAYEE_DFSP))
)
_OPEN = (
    select(_window.settlementWindowId)
    .join(t.settlement_window_state_change, _change.settlementWindowStateChangeId == _window.currentStateChangeId)
    .where(_change.settlementWindowStateId == Window.OPEN)
    .order_by(_change.createdDate.desc(), _window.settlementWindowId.desc())
)
_OVER = select(_waiting.transferId, _waiting.expirationDate).where(_waiting.expirationDate <= bindparam("now"))
_DONE = delete(t.expiring_transfer).where(_waiting.transferId == bindparam("transfer"))


class UnknownParticipant(LookupError):
    """No participant of this name."""


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
    payer, payee = _sides(books, payment)
    source = payer.get(Account.POSITION)
    paying = Leg(payer.number, source and source.id, Role.PAYER_DFSP, Entry.PRINCIPLE_VALUE, payment.amount)
    paid = Leg(payee.number, None, Role.PAYEE_DFSP, Entry.PRINCIPLE_VALUE, -payment.amount)
    order = Order(transfer_id, payment.amount, payment.currency, payment.expires, CONDITION)
    ledger.write_down(books, order, (paying, paid))
    if wrong := payer.fault(payment.currency, paying=True) or payee.fault(payment.currency):
        change = ledger.enter(books, transfer_id, "INVALID", wrong)
        ledger.fail(books, transfer_id, change, (3100, wrong))
        return transfer_id, "INVALID"
    assert source is not None
    ledger.enter(books, transfer_id, "RECEIVED_PREPARE")
    if error := _refusal(books, source, payer.get(Account.SETTLEMENT), payment.amount):
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
    payee = books.row(_PAYEE, transfer=transfer_id)
    assert payee is not None
    ledger.post(books, payee.participantCurrencyId, payee.amount, change)
    books.run(_DONE, transfer=transfer_id)
    return "COMMITTED"


def abort(books: Books, transfer_id: str) -> str:
    """The payee's DFSP refuses a reserved transfer: the payer gets back what it may send."""
    change = ledger.enter(books, transfer_id, "RECEIVED_ERROR", REJECTED[1])
    ledger.fail(books, transfer_id, change, REJECTED)
    return _give_back(books, transfer_id, "ABORTED_ERROR", REJECTED[1])


def expire(books: Books) -> int:
    """End the reserved transfers whose time is over; how many there were."""
    over = books.rows(_OVER, now=books.now)
    for row in over:
        books.add(t.transfer_timeout, transferId=row.transferId, expirationDate=row.expirationDate)
        change = ledger.enter(books, row.transferId, "RESERVED_TIMEOUT", EXPIRED[1])
        ledger.fail(books, row.transferId, change, EXPIRED)
        _give_back(books, row.transferId, "EXPIRED_RESERVED", EXPIRED[1])
    return len(over)


def next_expiry(books: Books) -> datetime | None:
    """When the next reserved transfer expires."""
    found = books.row(select(func.min(_waiting.expirationDate).label("first")))
    return None if found is None else found.first


def open_window(books: Books) -> int:
    """The window that transfers count in: the OPEN one that changed last."""
    found = books.row(_OPEN)
    assert found is not None, "no settlement window is open"
    return int(found.settlementWindowId)


@dataclass(frozen=True)
class _Side:
    """A participant with its accounts in the currency of a transfer."""

    rows: list[Row[Any]]

    @property
    def number(self) -> int:
        return int(self.rows[0].participantId)

    def get(self, kind: Account) -> Row[Any] | None:
        return next((row for row in self.rows if row.kind == kind and row.participantPositionId), None)

    def fault(self, currency: str, *, paying: bool = False) -> str | None:
        """What forbids it to take part; of a payee's account the hub asks only that it is there."""
        name, source = self.rows[0].name, self.get(Account.POSITION)
        if not self.rows[0].holderIsActive:
            return f"Participant {name} is inactive"
        if source is None:
            return f"Participant {name} {currency} account not found"
        return f"Participant {name} {currency} account is inactive" if paying and not source.isActive else None


def _sides(books: Books, payment: Payment) -> tuple[_Side, _Side]:
    rows = books.rows(_SIDES, payer=payment.payer, payee=payment.payee, currency=payment.currency)
    found = [_Side([row for row in rows if row.name == name]) for name in (payment.payer, payment.payee)]
    for name, side in zip((payment.payer, payment.payee), found, strict=True):
        if not side.rows:
            raise UnknownParticipant(f"There is no participant {name}.")
    return found[0], found[1]


def _give_back(books: Books, transfer_id: str, state: str, reason: str) -> str:
    change = ledger.enter(books, transfer_id, state, reason)
    account, amount = ledger.leg_account(books, transfer_id, Role.PAYER_DFSP)
    ledger.post(books, account, -amount, change)
    books.run(_DONE, transfer=transfer_id)
    return state


def _refusal(books: Books, source: Row[Any], liquidity: Row[Any] | None, amount: Decimal) -> tuple[int, str] | None:
    """Why the payer may not send so much: first its liquidity is asked, then its net debit cap."""
    owed = source.value + source.reservedValue
    if liquidity is None or -liquidity.value - owed < amount:
        return NO_LIQUIDITY
    limit = ledger.cap(books, source.id)
    return OVER_CAP if limit is not None and limit.value - owed < amount else None
