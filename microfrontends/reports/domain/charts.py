"""How a chart of a report's rows is drawn: lengths and paths on a field of 100 by 40, without a word on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from microfrontends.reports.domain.definition import Chart, ChartKind, Column, ColumnType
from microfrontends.reports.domain.results import Row

WIDE, HIGH = 100, 40
MOST_BARS, MOST_LINES = 40, 6  # beyond these a picture says less than the table
NUMBERS = (ColumnType.MONEY, ColumnType.DECIMAL, ColumnType.INTEGER)
Figure = Decimal | int
Point = tuple[datetime, Figure]


@dataclass(frozen=True)
class Stretch:
    """A part of a bar: where it begins, how long it is, and the figure that it stands for."""

    begin: float
    length: float
    value: Figure


@dataclass(frozen=True)
class Bar:
    """One bar, of one part or several."""

    labels: tuple[str, ...]
    parts: tuple[Stretch, ...]


@dataclass(frozen=True)
class Bars:
    """Bars from a common zero, which lies at `zero`."""

    bars: tuple[Bar, ...]
    zero: float


@dataclass(frozen=True)
class Series:
    """One line: of which things (`by`, "" for all) and which column; its path, its last figure."""

    by: str
    key: str
    path: str
    last: Figure


@dataclass(frozen=True)
class Lines:
    """Lines over time. A figure holds until the next one: lines are steps."""

    series: tuple[Series, ...]
    low: Figure
    high: Figure
    begin: datetime
    end: datetime
    zero: float


def drawn(chart: Chart, rows: Sequence[Row]) -> Bars | Lines | None:
    """The chart of rows that share a currency; None where there is too little to see, or too much."""
    if chart.kind is ChartKind.LINE:
        return _lines(chart, rows)
    return _bars(chart, rows) if 1 < len(rows) <= MOST_BARS else None


def misfit(chart: Chart, columns: Sequence[Column]) -> tuple[str, str] | None:
    """Why a chart cannot be drawn of a query's columns, after the part that is at fault; None when it can."""
    known = {column.key: column for column in columns}
    for part, keys in (("over", chart.over), ("show", chart.show), ("by", (chart.by,) if chart.by else ())):
        for key in keys:
            if key not in known:
                return part, f"there is no column {key}"
    if words := [key for key in chart.show if known[key].type not in NUMBERS]:
        return "show", f"the column {words[0]} holds no figures"
    if len({known[key].currency for key in chart.show}) > 1:
        return "show", "its columns are not of one currency column, or not all of them of money"
    if chart.kind is ChartKind.LINE and [known[key].type for key in chart.over] != [ColumnType.DATE_TIME]:
        return "over", "a line goes over one column, of type date-time"
    if chart.kind is ChartKind.BARS and len(chart.show) > 1:
        return "show", "bars show one column; several are of kind stacked"
    return ("by", "only lines are told apart by a column") if chart.by and chart.kind is not ChartKind.LINE else None


def _figure(row: Row, key: str) -> Figure:
    value = row[key]
    return value if isinstance(value, int | Decimal) else 0


def _bars(chart: Chart, rows: Sequence[Row]) -> Bars | None:
    stacked = chart.kind is ChartKind.STACKED
    found = [
        (tuple(str(row[key] or "") for key in chart.over), [_figure(row, key) for key in chart.show]) for row in rows
    ]
    if stacked and any(value < 0 for _labels, values in found for value in values):
        return None  # what is below zero cannot be stacked
    ends = [sum(values) for _labels, values in found]
    low, high = min(0, *ends), max(0, *ends)
    if low == high:
        return None
    scale = WIDE / float(high - low)
    zero = float(-low) * scale
    return Bars(tuple(Bar(labels, tuple(_parts(values, zero, scale))) for labels, values in found), round(zero, 2))


def _parts(values: Sequence[Figure], zero: float, scale: float) -> list[Stretch]:
    parts, at = [], zero
    for value in values:
        length = abs(float(value)) * scale
        parts.append(Stretch(round(at if value >= 0 else at - length, 2), round(length, 2), value))
        at += length
    return parts


def _lines(chart: Chart, rows: Sequence[Row]) -> Lines | None:
    points = _points(chart, rows, chart.show)
    if len(points) > MOST_LINES:
        points = _points(chart, rows, chart.show[:1])
    times = [moment for found in points.values() for moment, _value in found]
    if not 1 <= len(points) <= MOST_LINES or not times or min(times) == max(times):
        return None
    figures = [value for found in points.values() for _moment, value in found]
    field = _Field(min(times), max(times), min(0, *figures), max(0, *figures))
    series = tuple(Series(*name, field.path(found), _in_time(found)[-1][1]) for name, found in points.items())
    return Lines(series, field.low, field.high, field.begin, field.end, field.y(0))


def _points(chart: Chart, rows: Sequence[Row], keys: Sequence[str]) -> dict[tuple[str, str], list[Point]]:
    points: dict[tuple[str, str], list[Point]] = {}
    for row in rows:
        moment, by = row[chart.over[0]], str(row[chart.by] or "") if chart.by else ""
        for key in keys:
            if isinstance(moment, datetime) and row[key] is not None:
                points.setdefault((by, key), []).append((moment, _figure(row, key)))
    return points


def _in_time(found: Sequence[Point]) -> list[Point]:
    return sorted(found, key=lambda point: point[0])  # what happened at once stays in the order of the rows


@dataclass(frozen=True)
class _Field:
    """What the field's edges stand for."""

    begin: datetime
    end: datetime
    low: Figure
    high: Figure

    def x(self, moment: datetime) -> float:
        return round(WIDE * (moment - self.begin).total_seconds() / (self.end - self.begin).total_seconds(), 2)

    def y(self, value: Figure) -> float:
        return round(HIGH * float(self.high - value) / float(self.high - self.low or 1), 2)

    def path(self, found: Sequence[Point]) -> str:
        first, *rest = _in_time(found)
        steps = "".join(f"H{self.x(moment)}V{self.y(value)}" for moment, value in rest)
        return f"M{self.x(first[0])} {self.y(first[1])}{steps}H{WIDE}"
