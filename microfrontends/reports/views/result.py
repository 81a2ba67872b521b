"""A result as the pieces of a page want it: facts, and for each query a list that is paged, sorted and searched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from bff import Money
from bff.web.locale import spoken
from microfrontends.reports.domain.definition import Column, ColumnType, Query, Report
from microfrontends.reports.domain.look import Look, keys, searched
from microfrontends.reports.domain.results import Row, Table, currency_key
from microfrontends.reports.run import Looking, Shown
from microfrontends.reports.views import chart
from microfrontends.reports.views.address import Address, address_of, known
from microfrontends.reports.views.chart import Picture

KINDS = {
    ColumnType.MONEY: "money",
    ColumnType.DECIMAL: "text",
    ColumnType.INTEGER: "number",
    ColumnType.DATE_TIME: "when",
    ColumnType.TEXT: "text",
    ColumnType.STATE: "state",
}
FEW = 10  # rows among which nobody needs to search


@dataclass(frozen=True)
class Section:
    """One table of the page: all rows of one currency where everything is shown, else a page of all."""

    title: str
    columns: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    totals: dict[str, Any]
    picture: Picture | None


@dataclass(frozen=True)
class Listing:
    """What the page shows of one query. `sums`: columns and rows of the totals that no table ends with."""

    name: str
    title: str
    sections: list[Section]
    count: int
    counted: bool
    sort: str
    page: dict[str, Any] | None
    sums: tuple[list[dict[str, Any]], list[dict[str, Any]]] | None
    search: dict[str, Any] | None
    first_page: str

    @property
    def empty(self) -> bool:
        """Whether there is no row to show."""
        return not self.sections


@dataclass(frozen=True)
class Result:
    """All that the page shows of a run."""

    facts: list[dict[str, Any]]
    listings: list[Listing]
    as_of: datetime


@dataclass(frozen=True)
class _Asked:
    """How the reader looks at the tables, and what leads to other parts of them."""

    looking: Looking
    address: Address
    keep: Mapping[str, str]


def of(report: Report, shown: Shown, looking: Looking) -> Result:
    """The result of a run. What was not searched and has no row is left out where other tables have some."""
    facts = [fact for query, row in shown.facts for fact in _facts(query, row)]
    several = len(shown.tables) > 1
    asked = _Asked(looking, address_of(report), known(report))
    listings = [_listing(query, table, asked, several) for query, table in shown.tables]
    return Result(facts, [each for each in listings if not each.empty or each.search or each.count], shown.as_of)


def _facts(query: Query, row: Row) -> list[dict[str, Any]]:
    return [
        {"label": spoken(column.label), "kind": _kind(column), "value": _value(column, row)} for column in query.columns
    ]


def _listing(query: Query, table: Table, asked: _Asked, several: bool) -> Listing:
    look, address = asked.looking(query), asked.address
    page_key, sort_key, find_key = keys(query)
    apart = table.whole and bool(currency_key(query.columns))
    whole = table if table.whole else None
    sections = [_section(query, rows, currency, whole) for currency, rows in _groups(query, table, apart)]
    if look.find or (look.sort and not whole):
        # Steps over rows with others left out between them would be a history that never was.
        sections = [
            each if each.picture is None or each.picture.bars else replace(each, picture=None) for each in sections
        ]
    for each in sections:
        for column in each.columns:
            back = "-" if look.sort == column["key"] else ""
            column["sort"] = address({sort_key: back + column["key"], page_key: None})
            column["sort_id"] = f"sort-{query.name}-{each.title}-{column['key']}"
    return Listing(
        name=query.name,
        title=spoken(query.title) if several else "",
        sections=sections,
        count=table.count,
        counted=table.counted,
        sort=look.sort,
        page=None if table.whole else _page(query, table, look, address),
        sums=None if table.whole or not table.totals else _sums(query, table),
        search=_search(query, table, asked),
        first_page=address({page_key: None, find_key: None}),
    )


def _groups(query: Query, table: Table, apart: bool) -> list[tuple[str, list[Row]]]:
    if not table.shown:
        return []
    if apart:
        return list(table.by_currency(currency_key(query.columns)).items())
    return [("", table.shown)]


def _page(query: Query, table: Table, look: Look, address: Address) -> dict[str, Any]:
    key, last = keys(query)[0], table.before + len(table.shown)
    return {
        "first": min(table.before + 1, last),
        "last": last,
        "total": table.count if table.counted else None,
        "previous": address({key: look.page - 1 if look.page > 2 else None}) if look.page > 1 else None,
        "next": address({key: look.page + 1}) if table.count > last else None,
        "name": f"page-{query.name}",
    }


def _search(query: Query, table: Table, asked: _Asked) -> dict[str, Any] | None:
    look = asked.looking(query)
    if not searched(query.columns) or (table.whole and table.count <= FEW and not look.find):
        return None
    name, more = keys(query)[2], {"autocomplete": "off", "maxlength": 100}
    field = {"name": name, "kind": "search", "label": _("Find in the rows"), "value": look.find, "more": more}
    keep = {key: value for key, value in asked.keep.items() if key not in (name, keys(query)[0])}
    return {"field": field, "keep": keep, "value": look.find}


def _sums(query: Query, table: Table) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    key = currency_key(query.columns)
    heads: list[dict[str, Any]] = [{"key": key, "label": _("Total")}] if key else [{"key": "", "label": _("Total")}]
    summed = [column for column in query.columns if column.total]
    heads += [_head(column, "") | {"kind": KINDS[column.type], "unit": False} for column in summed]
    rows = []
    for currency, sums in sorted(table.totals.items()):
        money = {column.key for column in summed if column.type is ColumnType.MONEY}
        figures = {name: Money(currency, Decimal(value)) if name in money else value for name, value in sums.items()}
        rows.append({key: currency or _("All"), **figures})
    return heads, rows if summed else []


def _section(query: Query, rows: Sequence[Row], currency: str, whole: Table | None) -> Section:
    """`currency`: the one of all rows; `whole`: the table, where its totals are of these very rows."""
    key = currency_key(query.columns)
    shared = {str(row[key] or "") for row in rows} if key else set()
    unit = currency or (shared.pop() if len(shared) == 1 else "")
    columns = [column for column in query.columns if not unit or column.key != key]
    cells = [{column.key: row[column.key] if unit else _value(column, row) for column in columns} for row in rows]
    totals = whole.totals.get(currency, {}) if whole else {}
    return Section(
        currency, [_head(column, unit) for column in columns], cells, dict(totals), chart.of(query, rows, unit)
    )


def _head(column: Column, unit: str) -> dict[str, Any]:
    return {
        "key": column.key,
        "label": spoken(column.label),
        "kind": _kind(column),
        "currency": unit if column.type is ColumnType.MONEY and unit else None,
        "unit": False if column.currency and not unit else None,
    }


def _kind(column: Column) -> str:
    return "owes" if column.owes else KINDS[column.type]


def _value(column: Column, row: Row) -> Any:
    value = row[column.key]
    if column.type is ColumnType.MONEY and isinstance(value, Decimal):
        return Money(str(row[column.currency]), value)
    return value
