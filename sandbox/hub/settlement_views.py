"""How settlements are found and shown: each address shows another part of the truth."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, select

from sandbox.hub import settlement, window_views
from sandbox.hub import tables as t
from sandbox.hub.database import Books
from sandbox.hub.refusals import Refused
from sandbox.hub.settlement import Change, Outcome, Wanted
from sandbox.hub.told import digits, fresh, iso, number


def found(books: Books, query: dict[str, Any]) -> list[dict[str, Any]]:
    """The settlements that fit a query, each with only those windows and accounts that fit it. Its dates and its reason
    are those of its first window."""
    links = _links(books, query)
    numbers = sorted({row.settlementId for row in links})
    accounts = _grouped(_fitting(settlement.accounts_of(books, *numbers), query))
    windows = {row.settlementWindowId: row for row in window_views.rows_of(books, _among_windows(links))}
    contents = _grouped(window_views.contents_of(books, t.settlement_window_content.c.settlementId.in_(numbers)))
    states = {row.settlementId: row.state for row in links}
    listed = []
    for one in (number_ for number_ in numbers if accounts[number_]):
        ours = [windows[row.settlementWindowId] for row in links if row.settlementId == one]
        shown = [_listed_window(window, contents[one]) for window in ours]
        first = {name: shown[0][name] for name in ("reason", "createdDate", "changedDate")}
        people = _people(accounts[one], number)
        listed.append({"id": one, "state": states[one], **first, "settlementWindows": shown, "participants": people})
    return listed


def created(books: Books, number_: int) -> dict[str, Any]:
    """A settlement as the request that made it is answered: with its model, and each window's own contents."""
    row = settlement.settlement_of(books, number_)
    assert row is not None
    contents = window_views.contents_of(books, t.settlement_window_content.c.settlementId == number_)
    windows = [_own_window(window, contents) for window in _windows(books, number_)]
    facts = _facts(row)
    return {
        "id": number_,
        "settlementModel": row.name,
        **facts,
        "settlementWindows": windows,
        **_participants(books, number_),
    }


def one(books: Books, number_: int) -> dict[str, Any] | None:
    """A settlement by its number. It takes the first content of each window, and shows all of them in every window."""
    row = settlement.settlement_of(books, number_)
    if row is None:
        return None
    contents = window_views.contents_of(books, t.settlement_window_content.c.settlementId == number_)
    firsts = {entry.settlementWindowId: entry for entry in reversed(contents)}
    shown = [window_views.content_told(firsts[window_id]) for window_id in sorted(firsts)]
    windows = [
        {"id": window.settlementWindowId, **window_views.facts(window), "content": shown}
        for window in _windows(books, number_)
    ]
    return {"id": number_, **_facts(row), "settlementWindows": windows, **_participants(books, number_)}


def part(books: Books, number_: int, keep: Callable[[Row[Any]], bool]) -> dict[str, Any]:
    """Some of a settlement's accounts. The windows stay away: the hub looks for them in a table it no longer fills."""
    row = settlement.settlement_of(books, number_)
    assert row is not None
    accounts = [account for account in settlement.accounts_of(books, number_) if keep(account)]
    return {"id": number_, "state": row.state, "settlementWindows": [], "participants": _people(accounts, number)}


def changed(books: Books, number_: int, change: Change, asked: list[list[Wanted]]) -> dict[str, Any]:
    """The answer to a change of accounts: what was asked, and the windows of accounts that entered another state."""
    since = fresh(change.since) if change.fresh else iso(change.since)
    windows = []
    if change.moved:
        sums, content = t.settlement_content_aggregation.c, t.settlement_window_content.c
        mine = select(sums.settlementWindowContentId).where(
            sums.settlementId == number_, sums.participantCurrencyId.in_(change.moved)
        )
        contents = window_views.contents_of(books, content.settlementWindowContentId.in_(mine))
        touched = {entry.settlementWindowId for entry in contents}
        windows = [_own_window(row, contents) for row in _windows(books, number_) if row.settlementWindowId in touched]
    outcomes = iter(change.outcomes)
    people = [
        {"id": wishes[0].participant, "accounts": [_outcome(next(outcomes)) for _ in wishes]}
        for wishes in asked
        if wishes
    ]
    return {
        "id": number_,
        "state": change.state,
        "createdDate": since,
        "settlementWindows": windows,
        "participants": people,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    """What became of one account; what is not known of it is not said. Its amount is a text here."""
    net = None if outcome.net is None else {"amount": digits(outcome.net), "currency": outcome.currency}
    error = None if outcome.error is None else Refused("3000", outcome.error).information()
    told = {
        "id": outcome.account,
        "state": outcome.state,
        "reason": outcome.reason,
        "externalReference": outcome.reference,
        "createdDate": None if outcome.at is None else fresh(outcome.at),
        "netSettlementAmount": net,
        "errorInformation": error,
    }
    return {name: value for name, value in told.items() if value is not None}


def _facts(row: Row[Any]) -> dict[str, Any]:
    created, changed_ = iso(row.createdDate), iso(row.since)
    return {"state": row.state, "reason": row.reason, "createdDate": created, "changedDate": changed_}


def _participants(books: Books, number_: int) -> dict[str, Any]:
    return {"participants": _people(settlement.accounts_of(books, number_), number)}


def _people(accounts: Iterable[Row[Any]], form: Callable[[Decimal], Any]) -> list[dict[str, Any]]:
    """Accounts under their participants, who are numbers here."""
    people: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in accounts:
        net = {"amount": form(row.netAmount), "currency": row.currencyId}
        account = {"id": row.account, "state": row.state, "reason": row.reason, "netSettlementAmount": net}
        people[row.participantId].append(account)
    return [{"id": participant, "accounts": held} for participant, held in sorted(people.items())]


def _own_window(row: Row[Any], contents: list[Row[Any]]) -> dict[str, Any]:
    own = [window_views.content_told(entry) for entry in contents if entry.settlementWindowId == row.settlementWindowId]
    return {"id": row.settlementWindowId, **window_views.facts(row), "content": own}


def _listed_window(row: Row[Any], contents: list[Row[Any]]) -> dict[str, Any]:
    """A window in the list of settlements; there its contents repeat whose they are."""
    shown = _own_window(row, contents)
    return {**shown, "content": [{**entry, "settlementWindowId": row.settlementWindowId} for entry in shown["content"]]}


def _windows(books: Books, number_: int) -> list[Row[Any]]:
    ours = t.settlement_settlement_window.c
    mine = select(ours.settlementWindowId).where(ours.settlementId == number_)
    rows = window_views.rows_of(books, t.settlement_window.c.settlementWindowId.in_(mine))
    return sorted(rows, key=lambda row: int(row.settlementWindowId))


def _among_windows(links: list[Row[Any]]) -> ColumnElement[bool]:
    return t.settlement_window.c.settlementWindowId.in_({row.settlementWindowId for row in links})


def _links(books: Books, query: dict[str, Any]) -> list[Row[Any]]:
    """Settlements with their windows, as far as they fit the query."""
    ours, mine, change = t.settlement_settlement_window.c, t.settlement.c, t.settlement_state_change.c
    window = t.settlement_window.c
    asked = {
        "state": lambda value: change.settlementStateId == value,
        "fromDateTime": lambda value: mine.createdDate >= value,
        "toDateTime": lambda value: mine.createdDate <= value,
        "settlementWindowId": lambda value: ours.settlementWindowId == value,
        "fromSettlementWindowDateTime": lambda value: window.createdDate >= value,
        "toSettlementWindowDateTime": lambda value: window.createdDate <= value,
    }
    return books.rows(
        select(mine.settlementId, ours.settlementWindowId, change.settlementStateId.label("state"))
        .join(t.settlement_state_change, change.settlementStateChangeId == mine.currentStateChangeId)
        .join(t.settlement_settlement_window, ours.settlementId == mine.settlementId)
        .join(t.settlement_window, window.settlementWindowId == ours.settlementWindowId)
        .where(*(asked[name](value) for name, value in query.items() if name in asked))
        .order_by(mine.settlementId, ours.settlementWindowId)
    )


def _fitting(accounts: list[Row[Any]], query: dict[str, Any]) -> list[Row[Any]]:
    asked = {"currency": "currencyId", "participantId": "participantId", "accountId": "account"}
    wanted = {column: query[name] for name, column in asked.items() if name in query}
    return [row for row in accounts if all(row._mapping[column] == value for column, value in wanted.items())]


def _grouped(rows: list[Row[Any]]) -> dict[int, list[Row[Any]]]:
    grouped: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        grouped[row.settlementId].append(row)
    return grouped
