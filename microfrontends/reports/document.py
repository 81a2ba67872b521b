"""A run's result on its way into a file: facts, then tables whose rows pass once, counted and summed as they do."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain

from bff import RuleBroken
from microfrontends.reports.domain.definition import Column, ColumnType, Query, Report
from microfrontends.reports.domain.results import Row, currency_key
from microfrontends.reports.formats.cells import settled, texts
from microfrontends.reports.source.line import Batch

Values = Sequence[object]  # one column's, of one batch
Totals = dict[str, dict[str, Decimal | int]]  # by currency, then by column


class NotWritable(RuleBroken):
    """A format cannot hold the report, however often it is tried."""


@dataclass
class Part:
    """One table. Its rows pass once, in batches; count and totals are of those that have passed."""

    query: Query
    found: Iterator[Batch]
    order: Sequence[str]  # the names of the found columns, as they come
    count: int = 0
    totals: Totals = field(default_factory=dict)

    def begin(self) -> None:
        """Fetch the first rows, so that what fails at once fails before anything is sent."""
        first = next(self.found, None)
        self.found = chain([first] if first else [], self.found)

    def batches(self) -> Iterator[list[Values]]:
        """Column by column, in the order of the report, each value settled by its column's type."""
        places = [self.order.index(column.key) for column in self.query.columns]
        currency = currency_key(self.query.columns)
        summed = [(at, column) for at, column in enumerate(self.query.columns) if column.total]
        unit = next((at for at, column in enumerate(self.query.columns) if column.key == currency), None)
        for batch in self.found:
            turned = list(zip(*batch, strict=True))
            columns = [
                settled(column.type, turned[place]) for column, place in zip(self.query.columns, places, strict=True)
            ]
            self.count += len(batch)
            for at, column in summed:
                self._add(column, columns[at], columns[unit] if unit is not None else None)
            yield columns

    def text_batches(self) -> Iterator[list[list[str | None]]]:
        """The same as text: money at its currency's scale, moments in UTC, None for no value."""
        for columns in self.batches():
            yield [
                texts(column, columns[at], self.units(column, columns)) for at, column in enumerate(self.query.columns)
            ]

    def units(self, column: Column, columns: Sequence[Values]) -> Values:
        """The currencies of a money column's values; nothing for other columns."""
        if not column.currency:
            return ()
        return columns[[each.key for each in self.query.columns].index(column.currency)]

    def _add(self, column: Column, values: Values, units: Values | None) -> None:
        whole = column.type is ColumnType.INTEGER
        for value, unit in zip(values, units if units is not None else [""] * len(values), strict=True):
            sums = self.totals.setdefault(str(unit or ""), {})
            if value is not None:
                sums[column.key] = sums.get(column.key, 0) + (int(str(value)) if whole else Decimal(str(value)))


@dataclass(frozen=True)
class Document:
    """All that a file holds."""

    report: Report
    parameters: Mapping[str, str]
    as_of: datetime
    facts: Sequence[tuple[Query, Row]]
    parts: Sequence[Part]
    label: Callable[[Mapping[str, str]], str]  # of texts per language, the reader's
    seals: list[str] = field(default_factory=list)  # the SHA-256 that the file itself carries, once it is written

    @property
    def count(self) -> int:
        """The rows that have passed so far."""
        return sum(part.count for part in self.parts)

    @property
    def moment(self) -> str:
        """As of when, UTC."""
        return f"{self.as_of.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
