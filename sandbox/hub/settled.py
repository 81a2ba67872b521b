"""When contents and windows are SETTLED: as soon as every account in them is."""

from typing import Any

from sqlalchemy import Column, select, update

from sandbox.hub import tables as t
from sandbox.hub import windows
from sandbox.hub.database import Books
from sandbox.hub.enums import Window

CONTENT_DONE = "All content aggregation records are SETTLED"
WINDOW_DONE = "All settlement window content is SETTLED"


def close_settled(books: Books, number: int, accounts: list[int]) -> None:
    """Note that these accounts of a settlement are SETTLED, then the contents and the windows that thereby are."""
    sums, content = t.settlement_content_aggregation, t.settlement_window_content
    mine = (sums.c.settlementId == number, sums.c.participantCurrencyId.in_(accounts))
    books.run(update(sums).where(*mine).values(currentStateId=Window.SETTLED))
    touched = _numbers(books, sums.c.settlementWindowContentId, *mine)
    done = touched - _numbers(
        books,
        sums.c.settlementWindowContentId,
        sums.c.settlementWindowContentId.in_(touched),
        sums.c.currentStateId != Window.SETTLED,
    )
    windows.enter_content(books, sorted(done), Window.SETTLED, CONTENT_DONE)
    concerned = _numbers(books, content.c.settlementWindowId, content.c.settlementWindowContentId.in_(done))
    for window_id in sorted(concerned - _unsettled(books, concerned)):
        windows.enter(books, window_id, Window.SETTLED, WINDOW_DONE)


def _unsettled(books: Books, window_ids: set[int]) -> set[int]:
    """Those of the windows in which a content is not SETTLED yet: each currency is settled by itself."""
    content, change = t.settlement_window_content, t.settlement_window_content_state_change
    joined = content.join(change, change.c.settlementWindowContentStateChangeId == content.c.currentStateChangeId)
    among = content.c.settlementWindowId.in_(window_ids)
    return _numbers(
        books, content.c.settlementWindowId, among, change.c.settlementWindowStateId != Window.SETTLED, source=joined
    )


def _numbers(books: Books, column: Column[Any], *conditions: Any, source: Any = None) -> set[int]:
    query = select(column).distinct().where(*conditions)
    query = query if source is None else query.select_from(source)
    return {int(row[0]) for row in books.rows(query)}
