"""What heads and ends a file beside its rows: facts and totals, as text."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from microfrontends.reports.document import Document, Part
from microfrontends.reports.domain.definition import Column, ColumnType
from microfrontends.reports.domain.results import Row
from microfrontends.reports.formats.cells import settled, texts


def cell_text(column: Column, row: Row) -> str:
    """One typed cell as a file shows it."""
    value = row[column.key]
    if isinstance(value, datetime):
        value = value.isoformat()
    said = texts(column, settled(column.type, [value]), [row.get(column.currency)] if column.currency else ())
    return said[0] or ""


def fact_lines(document: Document, head: Callable[[Column], str]) -> Iterator[tuple[str, str]]:
    """Label and value of each fact."""
    for query, row in document.facts:
        for column in query.columns:
            yield head(column), cell_text(column, row)


def total_lines(document: Document, head: Callable[[Column], str]) -> Iterator[Sequence[str]]:
    """For each table and currency: the table's title, the currency, then label and sum of each summed column."""
    for part in document.parts:
        for currency in part.totals:
            sums = [(column, said) for column in part.query.columns if (said := total_text(part, currency, column))]
            pairs = [text for column, said in sums for text in (head(column), said)]
            yield (document.label(part.query.title), currency, *pairs)


def total_text(part: Part, currency: str, column: Column) -> str:
    """The sum of a column in a currency; nothing for a column that is not summed."""
    value: Decimal | int | None = part.totals[currency].get(column.key)
    if value is None:
        return ""
    if column.type is not ColumnType.MONEY:
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    return texts(column, settled(column.type, [value]), [currency])[0] or ""
