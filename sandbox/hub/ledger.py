"""How the ledger is written: who holds which account, what a transfer's rows are, how a position moves."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, and_, func, select, update

from sandbox.hub import tables as t
from sandbox.hub.database import Books
from sandbox.hub.enums import Account, Entry, Role

HUB = 1  # participantId of the participant Hub
ZERO = Decimal(0)


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
    pc, p, pp = t.participant_currency.c, t.participant.c, t.participant_position.c
    joined = t.participant_currency.join(t.participant, p.participantId == pc.participantId).outerjoin(
        t.participant_position, pp.participantCurrencyId == pc.participantCurrencyId
    )
    return (
        select(
            *(
                pc.participantCurrencyId.label("id"),
                pc.participantId,
                pc.currencyId,
                pc.ledgerAccountTypeId,
                pc.isActive,
            ),
            *(
                p.name,
                p.isActive.label("holderIsActive"),
                pp.participantPositionId,
                pp.value,
                pp.reservedValue,
                pp.changedDate,
            ),
        )
        .select_from(joined)
        .where(*conditions)
        .order_by(p.participantId, pc.currencyId, pc.ledgerAccountTypeId)
    )


def account(books: Books, participant: int, currency: str, kind: Account) -> Row[Any] | None:
    """A participant's account of one kind in one currency."""
    pc = t.participant_currency.c
    return books.row(
        accounts(pc.participantId == participant, pc.currencyId == currency, pc.ledgerAccountTypeId == kind)
    )


def hub_account(books: Books, currency: str, kind: Account) -> int:
    """The hub's own account of one kind in one currency; every participant's currency has one."""
    found = account(books, HUB, currency, kind)
    assert found is not None, f"no {kind.name} account in {currency}"
    return int(found.id)


def cap(books: Books, account_id: int) -> Row[Any] | None:
    """The net debit cap in force on a position account."""
    limit = t.participant_limit.c
    return books.row(select(t.participant_limit).where(limit.participantCurrencyId == account_id, limit.isActive == 1))


def set_cap(books: Books, account_id: int, value: Decimal, alarm: float) -> None:
    """Put a new cap in force. The one before stays as a row that is not active."""
    limit = t.participant_limit.c
    old = (limit.participantCurrencyId == account_id, limit.isActive == 1)
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
    digest = hashlib.sha256(order.transfer_id.encode()).hexdigest()
    books.add(t.transfer_duplicate_check, transferId=order.transfer_id, hash=digest)
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
    code, words = error
    books.add(
        t.transfer_error, transferId=transfer_id, transferStateChangeId=change, errorCode=code, errorDescription=words
    )


def post(books: Books, account_id: int, amount: Decimal, change: int, *, dated: bool = True) -> Decimal:
    """Move an account's position by an amount; the new position. Settlement alone leaves its date (`dated` False)."""
    position = t.participant_position.c
    before = books.row(select(t.participant_position).where(position.participantCurrencyId == account_id))
    assert before is not None, f"account {account_id} has no position"
    value = before.value + amount
    changed = {"value": value, **({"changedDate": books.now} if dated else {})}
    books.run(
        update(t.participant_position)
        .where(position.participantPositionId == before.participantPositionId)
        .values(changed)
    )
    _note(books, before, (value, before.reservedValue, amount), change)
    return Decimal(value)


def note_refusal(books: Books, account_id: int, amount: Decimal, change: int) -> None:
    """A refused transfer leaves a trace in the history of the position, which stays what it was."""
    before = books.row(
        select(t.participant_position).where(t.participant_position.c.participantCurrencyId == account_id)
    )
    assert before is not None
    _note(books, before, (before.value, before.reservedValue + amount, amount), change)


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


def state_of(books: Books, transfer_id: str) -> str | None:
    """A transfer's current state: the last that it entered. None when there is no such transfer."""
    changes = t.transfer_state_change.c
    last = select(func.max(changes.transferStateChangeId)).where(changes.transferId == transfer_id).scalar_subquery()
    found = books.row(select(changes.transferStateId).where(changes.transferStateChangeId == last))
    return None if found is None else str(found.transferStateId)


def leg_account(books: Books, transfer_id: str, role: Role) -> tuple[int, Decimal]:
    """The account that plays a role in a transfer, and the signed amount written for it."""
    legs = t.transfer_participant.c
    mine = and_(legs.transferId == transfer_id, legs.transferParticipantRoleTypeId == int(role))
    found = books.row(select(legs.participantCurrencyId, legs.amount).where(mine))
    assert found is not None
    assert found.participantCurrencyId is not None, f"{role.name} of {transfer_id} has no account"
    return int(found.participantCurrencyId), found.amount
