"""How money enters and leaves a participant's liquidity account: taken at once, applied later, refused in silence."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from sandbox.hub import ledger
from sandbox.hub import tables as t
from sandbox.hub.columns import UNIT
from sandbox.hub.database import Books
from sandbox.hub.enums import Account, Entry, Role
from sandbox.hub.ledger import HUB, Leg, Order
from sandbox.hub.refusals import internal, not_found

IN, RESERVE = "recordFundsIn", "recordFundsOutPrepareReserve"
COMMIT, ABORT = "recordFundsOutCommit", "recordFundsOutAbort"
VALIDITY = timedelta(seconds=432_000)
INSUFFICIENT = "Aborted due to insufficient funds"


@dataclass(frozen=True)
class Movement:
    """Funds in, or the reservation of funds out, as an operator orders it. `amount` is a decimal in a text."""

    account: int
    transfer_id: str
    action: str
    amount: str
    currency: str
    reason: str
    extensions: tuple[tuple[str, str], ...] = ()


def order(books: Books, name: str, movement: Movement, delay_s: float) -> None:
    """Accept a movement for later. Raises Refused for what the hub checks before it answers."""
    check_account(books, name, movement.account, movement.currency)
    books.later("move_funds", delay_s, **asdict(movement))


def order_end(books: Books, transfer_id: str, action: str, reason: str, delay_s: float) -> None:
    """Accept the commit or the abort of reserved funds. Sent before the reserve was applied, or twice, it is lost."""
    if ledger.state_of(books, transfer_id) == "RESERVED":
        books.later("end_funds", delay_s, transfer_id=transfer_id, action=action, reason=reason)


def check_account(books: Books, name: str, account_id: int, currency: str | None = None) -> None:
    """Raises Refused unless this is the participant's active liquidity account, in this currency where one is given."""
    holder = books.row(select(t.participant).where(t.participant.c.name == name))
    if holder is None:
        raise not_found("participant not found")
    if not holder.isActive:
        raise internal("Participant is currently set inactive")
    found = books.row(ledger.accounts(t.participant_currency.c.participantCurrencyId == account_id))
    if found is None or found.name != name or currency not in (None, found.currencyId):
        raise internal("The account does not match participant or currency specified")
    if not found.isActive:
        raise internal("Account is currently set inactive")
    if found.ledgerAccountTypeId != Account.SETTLEMENT:
        raise internal("Account is not SETTLEMENT type")


def move(books: Books, movement: Movement) -> None:
    """Apply a movement. One that repeats an id changes nothing, whatever else it says."""
    if ledger.state_of(books, movement.transfer_id) is not None:
        return
    amount = Decimal(movement.amount).quantize(UNIT)
    incoming = movement.action == IN
    signed, entry = (amount, Entry.RECORD_FUNDS_IN) if incoming else (-amount, Entry.RECORD_FUNDS_OUT)
    hub = ledger.hub_account(books, movement.currency, Account.HUB_RECONCILIATION)
    holder = books.row(ledger.accounts(t.participant_currency.c.participantCurrencyId == movement.account))
    assert holder is not None
    legs = (
        Leg(HUB, hub, Role.HUB, entry, signed),
        Leg(holder.participantId, movement.account, Role.DFSP_SETTLEMENT, entry, -signed),
    )
    ledger.write_down(books, Order(movement.transfer_id, amount, movement.currency, books.now + VALIDITY), legs)
    for key, value in movement.extensions:
        books.add(t.transfer_extension, transferId=movement.transfer_id, key=key, value=value)
    ledger.enter(books, movement.transfer_id, "RECEIVED_PREPARE", movement.reason)
    change = ledger.enter(books, movement.transfer_id, "RESERVED", movement.reason)
    if incoming:
        ledger.post(books, hub, signed, change)
        _finish(books, movement.transfer_id, "COMMITTED", movement.reason)
    elif ledger.post(books, movement.account, amount, change) > 0:
        _finish(books, movement.transfer_id, "ABORTED_REJECTED", INSUFFICIENT)


def end(books: Books, transfer_id: str, action: str, reason: str) -> None:
    """Commit or abort reserved funds; of anything else the hub takes no notice."""
    if ledger.state_of(books, transfer_id) == "RESERVED":
        _finish(books, transfer_id, "COMMITTED" if action == COMMIT else "ABORTED_REJECTED", reason)


def _finish(books: Books, transfer_id: str, state: str, reason: str) -> None:
    """The second half of a movement. Committed, the side that has not moved yet moves; aborted, the other one back."""
    committed = state == "COMMITTED"
    ledger.fulfil(books, transfer_id)
    ledger.enter(books, transfer_id, "RECEIVED_FULFIL" if committed else "RECEIVED_REJECT", reason)
    change = ledger.enter(books, transfer_id, state, reason)
    hub, hub_amount = ledger.leg_account(books, transfer_id, Role.HUB)
    own, own_amount = ledger.leg_account(books, transfer_id, Role.DFSP_SETTLEMENT)
    if not committed:
        ledger.post(books, own, -own_amount, change)
    elif own_amount < 0:  # funds in: the hub's side moved when they were reserved
        ledger.post(books, own, own_amount, change)
    else:
        ledger.post(books, hub, hub_amount, change)


def movement_from(details: dict[str, Any]) -> Movement:
    """A movement as the worker finds it in the database."""
    return Movement(**{**details, "extensions": tuple((key, value) for key, value in details["extensions"])})
