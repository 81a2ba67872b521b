"""How the ledger is written: who holds which account, what a transfer's rows are, how a position moves."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select, update

from sandbox.hub import tables as t
from sandbox.hub.database import Books
from sandbox.hub.enums import Account, Entry, Role

HUB = 1  # participantId of the participant Hub

# Statements that every transfer needs are made once: making them takes longer than the database takes to answer.
_held, _holder, _standing = t.participant_currency.c, t.participant.c, t.participant_position.c
_legs, _states, _caps = t.transfer_participant.c, t.transfer_state_change.c, t.participant_limit.c
_ACCOUNTS = (
    select(
        *(_held.participantCurrencyId.label("id"), _held.participantId, _held.currencyId),
        *(_held.ledgerAccountTypeId, _held.isActive, _holder.name, _holder.isActive.label("holderIsActive")),
        *(_standing.participantPositionId, _standing.value, _standing.reservedValue, _standing.changedDate),
    )
    .join_from(t.participant_currency, t.participant, _holder.participantId == _held.participantId)
    .outerjoin(t.participant_position, _standing.participantCurrencyId == _held.participantCurrencyId)
    .order_by(_holder.participantId, _held.currencyId, _held.ledgerAccountTypeId)
)
_ACCOUNT = _ACCOUNTS.where(
    _held.participantId == bindparam("participant"),
    _held.currencyId == bindparam("currency"),
    _held.ledgerAccountTypeId == bindparam("kind"),
)
_CAP = select(t.participant_limit).where(_caps.participantCurrencyId == bindparam("account"), _caps.isActive == 1)
_POSITION = select(t.participant_position).where(_standing.participantCurrencyId == bindparam("account"))
_MOVE = (
    update(t.participant_position)
    .where(_standing.participantPositionId == bindparam("position"))
    .values(value=bindparam("to"), changedDate=bindparam("at"))
)
_LAST = select(func.max(_states.transferStateChangeId)).where(_states.transferId == bindparam("transfer"))
_STATE = select(_states.transferStateId).where(_states.transferStateChangeId == _LAST.scalar_subquery())
_LEG = select(_legs.participantCurrencyId, _legs.amount).where(
    _legs.transferId == bindparam("transfer"), _legs.transferParticipantRoleTypeId == bindparam("role")
)


@dataclass(frozen=True)
class Leg:
    """One side of a transfer. `account` is None for a payee: this hub does not look its account up when it prepares."""

    participant: int
    account: int | None
    role: Role
    entry: Entry
    amount: Decimal


@dataclass(frozen=True)
class Order:
    """A transfer as it is written down first."""

    transfer_id: str
    amount: Decimal
    currency: str
    expires: datetime
    condition: str = "0"  # funds and settlement transfers have no condition


def accounts(*conditions: Any) -> Select[Any]:
    """Accounts with their holder's name, whether both are active, and, where they have one, their position."""
    return _ACCOUNTS.where(*conditions)


def account(books: Books, participant: int, currency: str, kind: Account) -> Row[Any] | None:
    """A participant's account of one kind in one currency."""
    return books.row(_ACCOUNT, participant=participant, currency=currency, kind=int(kind))


def hub_account(books: Books, currency: str, kind: Account) -> int:
    """The hub's own account of one kind in one currency; every participant's currency has one."""
    found = account(books, HUB, currency, kind)
    assert found is not None, f"no {kind.name} account in {currency}"
    return int(found.id)


def cap(books: Books, account_id: int) -> Row[Any] | None:
    """The net debit cap in force on a position account."""
    return books.row(_CAP, account=account_id)


def set_cap(books: Books, account_id: int, value: Decimal, alarm: float) -> None:
    """Put a new cap in force. The one before stays as a row that is not active."""
    old = (_caps.participantCurrencyId == account_id, _caps.isActive == 1)
    books.run(update(t.participant_limit).where(*old).values(isActive=0))
    books.add(
        t.participant_limit,
        participantCurrencyId=account_id,
        participantLimitTypeId=1,
        value=value,
        thresholdAlarmPercentage=alarm,
        createdBy="unknown",
    )


def write_down(books: Books, order: Order, legs: tuple[Leg, ...]) -> None:
    """The rows that say what a transfer is; its states and effects follow."""
    books.add(
        t.transfer,
        transferId=order.transfer_id,
        amount=order.amount,
        currencyId=order.currency,
        ilpCondition=order.condition,
        expirationDate=order.expires,
    )
    for leg in legs:
        books.add(
            t.transfer_participant,
            transferId=order.transfer_id,
            participantCurrencyId=leg.account,
            transferParticipantRoleTypeId=int(leg.role),
            ledgerEntryTypeId=int(leg.entry),
            amount=leg.amount,
            participantId=leg.participant,
        )


def enter(books: Books, transfer_id: str, state: str, reason: str | None = None) -> int:
    """The transfer's next state; the number of the change, which position changes refer to."""
    return books.add(t.transfer_state_change, transferId=transfer_id, transferStateId=state, reason=reason)


def fulfil(books: Books, transfer_id: str, fulfilment: str = "0", window: int | None = None) -> None:
    """The row that says the transfer was fulfilled, and in which settlement window."""
    books.add(
        t.transfer_fulfilment,
        transferId=transfer_id,
        ilpFulfilment=fulfilment,
        completedDate=books.now,
        isValid=1,
        settlementWindowId=window,
    )


def fail(books: Books, transfer_id: str, change: int, error: tuple[int, str]) -> None:
    """The row that says why a transfer failed."""
    number, words = error
    books.add(
        t.transfer_error,
        transferId=transfer_id,
        transferStateChangeId=change,
        errorCode=number,
        errorDescription=words,
    )


def post(books: Books, account_id: int, amount: Decimal, change: int, *, dated: bool = True) -> Decimal:
    """Move an account's position by an amount; the new position. Settlement alone leaves its date (`dated` False)."""
    before = _position(books, account_id)
    value = before.value + amount
    at = books.now if dated else before.changedDate
    books.run(_MOVE, position=before.participantPositionId, to=value, at=at)
    _note(books, before, (value, before.reservedValue, amount), change)
    return Decimal(value)


def note_refusal(books: Books, account_id: int, amount: Decimal, change: int) -> None:
    """A refused transfer leaves a trace in the history of the position, which stays what it was."""
    before = _position(books, account_id)
    _note(books, before, (before.value, before.reservedValue + amount, amount), change)


def state_of(books: Books, transfer_id: str) -> str | None:
    """A transfer's current state: the last that it entered. None when there is no such transfer."""
    found = books.row(_STATE, transfer=transfer_id)
    return None if found is None else str(found.transferStateId)


def leg_account(books: Books, transfer_id: str, role: Role) -> tuple[int, Decimal]:
    """The account that plays a role in a transfer, and the signed amount written for it."""
    found = books.row(_LEG, transfer=transfer_id, role=int(role))
    assert found is not None
    assert found.participantCurrencyId is not None, f"{role.name} of {transfer_id} has no account"
    return int(found.participantCurrencyId), found.amount


def _position(books: Books, account_id: int) -> Row[Any]:
    found = books.row(_POSITION, account=account_id)
    assert found is not None, f"account {account_id} has no position"
    return found


def _note(books: Books, position: Row[Any], figures: tuple[Decimal, Decimal, Decimal], change: int) -> None:
    value, reserved, moved = figures
    books.add(
        t.participant_position_change,
        participantPositionId=position.participantPositionId,
        participantCurrencyId=position.participantCurrencyId,
        transferStateChangeId=change,
        value=value,
        reservedValue=reserved,
        change=moved,
    )
