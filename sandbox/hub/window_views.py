"""How settlement windows are found and shown."""

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, select

from sandbox.hub import tables as t
from sandbox.hub.database import Books
from sandbox.hub.enums import Account
from sandbox.hub.told import iso


def found(books: Books, query: dict[str, Any]) -> list[dict[str, Any]]:
    """The windows that fit a query, the one that changed last first."""
    conditions = _conditions(query)
    contents = _by_window(contents_of(books, t.settlement_window.c.settlementWindowId.in_(_numbers(conditions))))
    return [told(row, contents[row.settlementWindowId]) for row in rows_of(books, *conditions)]


def one(books: Books, window_id: int) -> dict[str, Any] | None:
    """A window by its number."""
    mine = t.settlement_window.c.settlementWindowId == window_id
    rows = rows_of(books, mine)
    return told(rows[0], contents_of(books, mine)) if rows else None


def told(row: Row[Any], contents: list[Row[Any]]) -> dict[str, Any]:
    """A window as its own address shows it."""
    content = [{**content_told(entry), "settlementId": entry.settlementId} for entry in contents]
    return {"settlementWindowId": row.settlementWindowId, **facts(row), "content": content}


def facts(row: Row[Any]) -> dict[str, Any]:
    """What is said of a window everywhere, whatever its number is called there."""
    return {
        "state": row.state,
        "reason": row.reason,
        "createdDate": iso(row.createdDate),
        "changedDate": iso(row.changed),
    }


def content_told(row: Row[Any]) -> dict[str, Any]:
    """A window's content."""
    return {
        "id": row.settlementWindowContentId,
        "state": row.state,
        "ledgerAccountType": Account(row.ledgerAccountTypeId).name,
        "currencyId": row.currencyId,
        "createdDate": iso(row.createdDate),
        "changedDate": iso(row.changed),
    }


def rows_of(books: Books, *conditions: ColumnElement[bool]) -> list[Row[Any]]:
    """Windows with their states."""
    window, change = t.settlement_window.c, t.settlement_window_state_change.c
    return books.rows(
        select(
            *(window.settlementWindowId, window.createdDate, change.settlementWindowStateId.label("state")),
            *(change.reason, change.createdDate.label("changed")),
        )
        .join(t.settlement_window_state_change, change.settlementWindowStateChangeId == window.currentStateChangeId)
        .where(*conditions)
        .order_by(change.createdDate.desc(), window.settlementWindowId.desc())
    )


def contents_of(books: Books, *conditions: ColumnElement[bool]) -> list[Row[Any]]:
    """Contents with their states, in order."""
    content, change = t.settlement_window_content.c, t.settlement_window_content_state_change.c
    return books.rows(
        select(
            *(content.settlementWindowContentId, content.settlementWindowId, content.settlementId, content.currencyId),
            *(content.ledgerAccountTypeId, content.createdDate, change.settlementWindowStateId.label("state")),
            change.createdDate.label("changed"),
        )
        .join(
            t.settlement_window_content_state_change,
            change.settlementWindowContentStateChangeId == content.currentStateChangeId,
        )
        .join(t.settlement_window, t.settlement_window.c.settlementWindowId == content.settlementWindowId)
        .where(*conditions)
        .order_by(content.settlementWindowId, content.settlementWindowContentId)
    )


def _by_window(contents: list[Row[Any]]) -> dict[int, list[Row[Any]]]:
    grouped: dict[int, list[Row[Any]]] = defaultdict(list)
    for entry in contents:
        grouped[entry.settlementWindowId].append(entry)
    return grouped


def _numbers(conditions: list[ColumnElement[bool]]) -> Select[Any]:
    window, change = t.settlement_window.c, t.settlement_window_state_change.c
    return (
        select(window.settlementWindowId)
        .join(t.settlement_window_state_change, change.settlementWindowStateChangeId == window.currentStateChangeId)
        .where(*conditions)
    )


def _conditions(query: dict[str, Any]) -> list[ColumnElement[bool]]:
    window, change = t.settlement_window.c, t.settlement_window_state_change.c
    conditions: list[ColumnElement[bool]] = []
    if "state" in query:
        conditions.append(change.settlementWindowStateId == query["state"])
    if "fromDateTime" in query:
        conditions.append(window.createdDate >= query["fromDateTime"])
    if "toDateTime" in query:
        conditions.append(window.createdDate <= query["toDateTime"])
    if query.keys() & {"participantId", "currency"}:
        conditions.append(_moved_by(query))
    return conditions


def _moved_by(query: dict[str, Any]) -> ColumnElement[bool]:
    """Whether a participant or a currency sent in the window. Only sent: the rows of payees name no account."""
    fulfilled, leg, account = t.transfer_fulfilment.c, t.transfer_participant.c, t.participant_currency.c
    conditions = [fulfilled.settlementWindowId == t.settlement_window.c.settlementWindowId]
    if "participantId" in query:
        conditions.append(account.participantId == query["participantId"])
    if "currency" in query:
        conditions.append(account.currencyId == query["currency"])
    joined = t.transfer_fulfilment.join(t.transfer_participant, leg.transferId == fulfilled.transferId).join(
        t.participant_currency, account.participantCurrencyId == leg.participantCurrencyId
    )
    return exists(select(1).select_from(joined).where(*conditions).correlate(t.settlement_window))
