"""How a settlement window closes: at once for new transfers, later for its figures."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, func, select, update

from sandbox.hub import tables as t
from sandbox.hub.database import Books
from sandbox.hub.enums import Entry, Granularity, Role, Window
from sandbox.hub.refusals import invalid


def state_of(books: Books, window_id: int) -> str | None:
    """A window's state; None when there is no such window."""
    window, change = t.settlement_window.c, t.settlement_window_state_change.c
    found = books.row(
        select(change.settlementWindowStateId)
        .join(t.settlement_window, window.currentStateChangeId == change.settlementWindowStateChangeId)
        .where(window.settlementWindowId == window_id)
    )
    return None if found is None else str(found.settlementWindowStateId)


def enter(books: Books, window_id: int, state: Window, reason: str) -> None:
    """The window's next state."""
    change = books.add(
        t.settlement_window_state_change, settlementWindowId=window_id, settlementWindowStateId=state, reason=reason
    )
    mine = t.settlement_window.c.settlementWindowId == window_id
    books.run(update(t.settlement_window).where(mine).values(currentStateChangeId=change))


def enter_content(books: Books, content_ids: Iterable[int], state: Window, reason: str) -> None:
    """The next state of contents of windows."""
    for content_id in content_ids:
        change = books.add(
            t.settlement_window_content_state_change,
            settlementWindowContentId=content_id,
            settlementWindowStateId=state,
            reason=reason,
        )
        mine = t.settlement_window_content.c.settlementWindowContentId == content_id
        books.run(update(t.settlement_window_content).where(mine).values(currentStateChangeId=change))


def check_closable(books: Books, window_id: int) -> None:
    """Raises Refused unless the window is open and holds something."""
    state = state_of(books, window_id)
    if state is None:
        raise invalid(f"Window {window_id} does not exist")
    if state != Window.OPEN:
        raise invalid(f"Window {window_id} is not open")
    counted = select(func.count().label("n")).where(t.transfer_fulfilment.c.settlementWindowId == window_id)
    held = books.row(counted)
    if held is None or not held.n:
        raise invalid(f"Window {window_id} is empty")


def close(books: Books, window_id: int, reason: str, *, looked: bool = False) -> int:
    """Stop counting transfers in a window and open the next; the next one's number. `aggregate` has to follow.

    `looked`: whether it can be closed was seen earlier, and may not be true any more.
    """
    if not looked:
        check_closable(books, window_id)
    enter(books, window_id, Window.PROCESSING, reason)
    following = books.add(t.settlement_window, reason=reason)
    enter(books, following, Window.OPEN, reason)
    return following


def aggregate(books: Books, window_id: int, reason: str) -> None:
    """Sum a closing window up: a content for each account type and currency, in it each account's sent and received."""
    if state_of(books, window_id) != Window.PROCESSING:
        return
    models = books.rows(select(t.settlement_model))
    contents: dict[tuple[int, str], int] = {}
    sums = _moved(books, window_id)
    kinds = {(row.ledgerAccountTypeId, row.currencyId) for row, _ in sums}
    for kind, currency in sorted(kinds):
        model = model_for(models, kind, currency)
        if model is not None and model.settlementGranularityId == Granularity.NET:
            contents[kind, currency] = books.add(
                t.settlement_window_content,
                settlementWindowId=window_id,
                ledgerAccountTypeId=kind,
                currencyId=currency,
                SettlementModelId=model.settlementModelId,
            )
    for account, (sent, received) in sums:
        content = contents.get((account.ledgerAccountTypeId, account.currencyId))
        for role, amount in ((Role.PAYER_DFSP, sent), (Role.PAYEE_DFSP, received)):
            if content is not None and amount:
                _count(books, content, account.participantCurrencyId, role, amount)
    enter_content(books, contents.values(), Window.CLOSED, reason)
    enter(books, window_id, Window.CLOSED, reason)


def model_for(models: Iterable[Row[Any]], kind: int, currency: str) -> Row[Any] | None:
    """The settlement model of an account type and currency: its own, else the one without a currency."""
    of_kind = [model for model in models if model.ledgerAccountTypeId == kind]
    own = [model for model in of_kind if model.currencyId == currency]
    return next(iter(own or [model for model in of_kind if model.currencyId is None]), None)


def _moved(books: Books, window_id: int) -> list[tuple[Row[Any], tuple[Decimal, Decimal]]]:
    """Each account that the window's transfers moved, with what it sent (positive) and received (negative)."""
    moved, state, account = t.participant_position_change.c, t.transfer_state_change.c, t.participant_currency.c
    rows = books.rows(
        select(account.participantCurrencyId, account.ledgerAccountTypeId, account.currencyId, moved.change)
        .join(t.transfer_state_change, state.transferStateChangeId == moved.transferStateChangeId)
        .join(t.transfer_fulfilment, t.transfer_fulfilment.c.transferId == state.transferId)
        .join(t.participant_currency, account.participantCurrencyId == moved.participantCurrencyId)
        .where(t.transfer_fulfilment.c.settlementWindowId == window_id)
        .order_by(account.participantCurrencyId)
    )
    accounts = {row.participantCurrencyId: row for row in rows}
    sent: dict[int, Decimal] = defaultdict(Decimal)
    received: dict[int, Decimal] = defaultdict(Decimal)
    for row in rows:
        (sent if row.change > 0 else received)[row.participantCurrencyId] += row.change
    return [(row, (sent[number], received[number])) for number, row in accounts.items()]


def _count(books: Books, content: int, account: int, role: Role, amount: Decimal) -> None:
    books.add(
        t.settlement_content_aggregation,
        settlementWindowContentId=content,
        participantCurrencyId=account,
        transferParticipantRoleTypeId=int(role),
        ledgerEntryTypeId=int(Entry.PRINCIPLE_VALUE),
        amount=amount,
        currentStateId=Window.CLOSED,
    )
