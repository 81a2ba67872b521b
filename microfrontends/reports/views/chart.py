"""A chart in words: what stands beside its bars and under its lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import gettext as _

from bff.web.formats import amount, count, owes, when
from bff.web.locale import spoken
from microfrontends.reports.domain.charts import Bar, Figure, Lines, Series, drawn
from microfrontends.reports.domain.definition import Column, ColumnType, Query
from microfrontends.reports.domain.results import Row


@dataclass(frozen=True)
class Picture:
    """What the macros `bars` and `lines` take."""

    label: str
    bars: list[dict[str, Any]]
    zero: float
    keys: list[str]
    lines: list[dict[str, Any]]
    field: dict[str, Any]


def of(query: Query, rows: Sequence[Row], currency: str) -> Picture | None:
    """The chart of rows that share a currency; None without one, or where it would say too little or too much."""
    chart = query.chart
    known = {column.key: column for column in query.columns}
    if chart is None or (known[chart.show[0]].currency and not currency):
        return None
    found = drawn(chart, rows)
    if found is None:
        return None
    columns = [known[key] for key in chart.show]
    label = ", ".join([*(spoken(column.label) for column in columns), *([currency] if columns[0].currency else [])])
    if isinstance(found, Lines):
        return Picture(
            label,
            [],
            0,
            [],
            [_line(each, known[each.key], currency) for each in found.series],
            _field(found, columns[0], currency),
        )
    keys = [spoken(column.label) for column in columns] if len(columns) > 1 else []
    return Picture(label, [_bar(bar, columns, currency) for bar in found.bars], found.zero, keys, [], {})


def _bar(bar: Bar, columns: Sequence[Column], currency: str) -> dict[str, Any]:
    said = [_said(part.value, column, currency) for part, column in zip(bar.parts, columns, strict=True)]
    return {
        "label": " · ".join(label or _("none") for label in bar.labels),
        "text": " + ".join(said),
        "parts": bar.parts,
    }


def _line(series: Series, column: Column, currency: str) -> dict[str, str]:
    label = f"{series.by} · {spoken(column.label)}" if series.by else spoken(column.label)
    return {"label": label, "text": _said(series.last, column, currency), "path": series.path}


def _field(found: Lines, column: Column, currency: str) -> dict[str, Any]:
    zone = current_app.config["TIME_ZONE"]
    return {
        "high": _said(found.high, column, currency),
        "low": _said(found.low, column, currency),
        "begin": when(found.begin, zone),
        "end": when(found.end, zone),
        "zero": found.zero,
    }


def _said(value: Figure, column: Column, currency: str) -> str:
    if column.owes:
        return owes(value, currency)
    if column.type is ColumnType.INTEGER:
        return count(int(value))
    return amount(value, currency if column.type is ColumnType.MONEY else "")
