"""Pages of a report's tables: only their rows are read, and the database itself counts and sums the rest."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from microfrontends.reports import sql_page
from microfrontends.reports.domain import results
from microfrontends.reports.domain.definition import ColumnType, Query
from microfrontends.reports.domain.look import Look, searched
from microfrontends.reports.domain.results import Table, cell, currency_key
from microfrontends.reports.execute import Snapshot
from microfrontends.reports.source.line import Overdue
from microfrontends.reports.sql import Statement

PLACES = {ColumnType.MONEY: 4, ColumnType.DECIMAL: 12}
SUMS_SECONDS = 5.0  # what counting and summing may add to a page


@dataclass(frozen=True)
class Wanted:
    """A table, its statement, and which part of it."""

    query: Query
    statement: Statement
    look: Look


def read(
    snapshot: Snapshot, wanted: Sequence[Wanted], bound: Mapping[str, object], seconds: float
) -> list[tuple[Query, Table]]:
    """The pages of all tables, within so many seconds; sums come last and are left out when they take too long."""
    left = _clock(seconds)
    found = [_rows(snapshot, each, bound, left) for each in wanted]
    in_time = True
    for each, table in zip(wanted, found, strict=True):
        if not table.counted and in_time:
            in_time = _summed(snapshot, each, bound, (table, min(left(), SUMS_SECONDS)))
    return [(each.query, table) for each, table in zip(wanted, found, strict=True)]


def _clock(seconds: float) -> Callable[[], float]:
    end = time.monotonic() + seconds
    return lambda: max(end - time.monotonic(), 0.01)


def _bound(each: Wanted, bound: Mapping[str, object], size: int = 0, skip: int = 0) -> dict[str, object]:
    # These are under names of ours; what `bound` holds stands last.
    ours = {sql_page.FIND: sql_page.pattern(each.look.find), sql_page.SIZE: size, sql_page.SKIP: skip}
    return {**ours, **bound}


def _rows(snapshot: Snapshot, each: Wanted, bound: Mapping[str, object], left: Callable[[], float]) -> Table:
    look, columns = each.look, each.query.columns
    snapshot.within(left())
    cut = sql_page.page_of(each.statement, look, searched(columns), each.query.unique)
    rows = list(results.rows(columns, snapshot.rows(cut.statement, _bound(each, bound, cut.size, cut.skip))))
    if look.page == 1 and len(rows) <= look.size:
        return results.collect(columns, rows, look.size)
    return Table(rows[: look.size], look.before + len(rows) if rows else 0, before=look.before, counted=False)


def _summed(snapshot: Snapshot, each: Wanted, bound: Mapping[str, object], into: tuple[Table, float]) -> bool:
    table, seconds = into
    columns, unit = each.query.columns, currency_key(each.query.columns)
    totals = tuple((column.key, PLACES.get(column.type, 0)) for column in columns if column.total)
    sums = sql_page.sums_of(each.statement, totals, unit, searched(columns) if each.look.find else ())
    snapshot.within(seconds)
    try:
        records = list(snapshot.rows(sums, _bound(each, bound)))
    except Overdue:
        return False
    table.count, table.counted = sum(int(str(record[sql_page.ROWS])) for record in records), True
    for record in records:
        own = table.totals.setdefault(str(record[sql_page.UNIT] or "") if unit else "", {})
        for column in columns:
            if column.total:
                value = cell(record[column.key], column.type)
                own[column.key] = own.get(column.key, 0) + (value if isinstance(value, int | Decimal) else 0)
    return True
