"""A hub's database for tests: the sandbox's own tables, and a few transfers whose sums are easy to check by hand."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, insert, select, update

from sandbox.hub import tables as t
from sandbox.hub.database import Database

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC).replace(tzinfo=None)
PARTICIPANTS = ("payerfsp", "payeefsp", "testfsp1")


def build(folder: Path) -> str:
    """Window 1: the transfers that count and all kinds that do not. Window 2 is CLOSED and empty. Answers the URL."""
    url = f"sqlite:///{folder / 'hub.sqlite'}"
    database = Database(url)
    database.prepare()
    database.close()
    with create_engine(url).begin() as connection:
        ids = {name: _participant(connection, name) for name in PARTICIPANTS}
        for number, transfer in enumerate(TRANSFERS):
            _transfer(connection, f"transfer-{number}", ids, transfer)
        _window(connection, 2, "CLOSED")
    return url


Transfer = tuple[str, str, str, str, tuple[str, ...]]  # payer, payee, amount, currency, states
COMMITTED = ("RECEIVED_PREPARE", "RESERVED", "RECEIVED_FULFIL", "COMMITTED")
TRANSFERS: tuple[Transfer, ...] = (
    ("payerfsp", "payeefsp", "100.10", "USD", COMMITTED),
    ("payerfsp", "payeefsp", "0.20", "USD", COMMITTED),
    ("payeefsp", "payerfsp", "30.05", "USD", COMMITTED),
    ("testfsp1", "payeefsp", "7", "XOF", COMMITTED),
    ("payerfsp", "testfsp1", "999", "USD", (*COMMITTED[:3], "ABORTED_ERROR")),
)


def fill(url: str, transfers: Iterable[Transfer]) -> None:
    """More transfers in window 1."""
    with create_engine(url).begin() as connection:
        rows = connection.execute(select(t.participant.c.name, t.participant.c.participantId))
        ids: dict[str, int] = {row.name: row.participantId for row in rows}
        for number, transfer in enumerate(transfers):
            _transfer(connection, f"more-{number}", ids, transfer)


def crowd(url: str, size: int) -> None:
    """So many more participants, each with a transfer to testfsp1 in window 1."""
    with create_engine(url).begin() as connection:
        ids = {f"dfsp{number}": _participant(connection, f"dfsp{number}") for number in range(size)}
    fill(url, [(name, "testfsp1", "1", "USD", COMMITTED) for name in ids])


def copy(url: str, folder: Path) -> str:
    """A database of one's own with the same content; its URL."""
    target = folder / "hub.sqlite"
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as source, closing(sqlite3.connect(target)) as own:
        source.backup(own)
    return f"sqlite:///{target}"


def rename(url: str, participant: str, name: str) -> None:
    """Give a participant another name."""
    with create_engine(url).begin() as connection:
        connection.execute(update(t.participant).where(t.participant.c.name == participant).values(name=name))


def _participant(connection: Connection, name: str) -> int:
    participant = _add(connection, t.participant, name=name, createdBy="test")
    for currency in ("USD", "XOF"):
        account = {"participantId": participant, "currencyId": currency, "ledgerAccountTypeId": 1, "createdBy": "test"}
        _add(connection, t.participant_currency, **account)
    return participant


def _transfer(connection: Connection, key: str, ids: dict[str, int], transfer: Transfer) -> None:
    payer, payee, amount, currency, states = transfer
    figure = Decimal(amount)
    head = {"amount": figure, "currencyId": currency, "ilpCondition": "c", "expirationDate": AT}
    _add(connection, t.transfer, transferId=key, **head)
    # Entry type 2 is a fee; as on the hub, no leg of a payee has an account.
    for participant, role, entry, value in ((payer, 1, 1, figure), (payee, 2, 1, -figure), (payee, 2, 2, Decimal(1))):
        leg = {"transferParticipantRoleTypeId": role, "ledgerEntryTypeId": entry, "amount": value}
        _add(connection, t.transfer_participant, transferId=key, participantId=ids[participant], **leg)
    for state in states:
        _add(connection, t.transfer_state_change, transferId=key, transferStateId=state)
    done = {"completedDate": AT, "isValid": 1, "settlementWindowId": 1}
    _add(connection, t.transfer_fulfilment, transferId=key, **done)


def _window(connection: Connection, number: int, state: str) -> None:
    change = _add(
        connection, t.settlement_window_state_change, settlementWindowId=number, settlementWindowStateId=state
    )
    _add(connection, t.settlement_window, settlementWindowId=number, currentStateChangeId=change)


def _add(connection: Connection, table: Any, **values: Any) -> int:
    if "createdDate" in table.c:
        values.setdefault("createdDate", AT)
    key = connection.execute(insert(table).values(**values)).inserted_primary_key
    return key[0] if key and isinstance(key[0], int) else 0
