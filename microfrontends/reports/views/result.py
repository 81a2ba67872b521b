"""A result as the pieces of a page want it: facts, and a table per currency, so that each adds up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from bff import Money
from bff.web.locale import spoken
from microfrontends.reports.domain.definition import Column, ColumnType, Query
from microfrontends.reports.domain.results import Row, Table, currency_key
from microfrontends.reports.run import Shown

KINDS = {
    ColumnType.MONEY: "money",
    ColumnType.DECIMAL: "text",
    ColumnType.INTEGER: "number",
    ColumnType.DATE_TIME: "when",
    ColumnType.TEXT: "text",
    ColumnType.STATE: "state",
}


@dataclass(frozen=True)
class Section:
    """One table of the page."""

    title: str
    columns: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    totals: dict[str, Any]


@dataclass(frozen=True)
class Result:
    """All that the page shows of a run."""

    facts: list[dict[str, Any]]
    sections: list[Section]
    count: int
    as_of: datetime


def of(shown: Shown) -> Result:
    """The result of a run."""
    facts = [fact for query, row in shown.facts for fact in _facts(query, row)]
    sections = [section for query, table in shown.tables for section in _sections(query, table, len(shown.tables) > 1)]
    return Result(facts, sections, max((table.count for _query, table in shown.tables), default=0), shown.as_of)


def _facts(query: Query, row: Row) -> list[dict[str, Any]]:
    return [
        {"label": spoken(column.label), "kind": _kind(column), "value": _value(column, row)} for column in query.columns
    ]


def _sections(query: Query, table: Table, several: bool) -> list[Section]:
    title = spoken(query.title)
    key = currency_key(query.columns)
    if not key:
        return [_section(title, query.columns, table.shown, table.totals.get("", {}))] if table.shown else []
    columns = [column for column in query.columns if column.key != key]
    return [
        _section(f"{title}, {currency}" if several else currency, columns, rows, table.totals[currency], currency)
        for currency, rows in table.by_currency(key).items()
    ]


def _section(
    title: str, columns: Sequence[Column], rows: Sequence[Row], totals: dict[str, Decimal | int], currency: str = ""
) -> Section:
    heads = [
        {
            "key": column.key,
            "label": spoken(column.label),
            "kind": _kind(column),
            "currency": currency if column.type is ColumnType.MONEY else None,
        }
        for column in columns
    ]
    cells = [{column.key: row[column.key] if currency else _value(column, row) for column in columns} for row in rows]
    return Section(title, heads, cells, dict(totals))


def _kind(column: Column) -> str:
    return "owes" if column.owes else KINDS[column.type]


def _value(column: Column, row: Row) -> Any:
    value = row[column.key]
    if column.type is ColumnType.MONEY and isinstance(value, Decimal):
        return Money(str(row[column.currency]), value)
    return value
