"""How one cell is written for a program or a spreadsheet: exact figures, UTC moments, no hidden formula."""

from datetime import UTC, datetime
from decimal import Decimal

from bff import Money
from microfrontends.reports.domain.definition import Column, ColumnType
from microfrontends.reports.domain.results import Cell, Row

# A spreadsheet takes a text that begins so for a formula, and a formula may send a sheet's content elsewhere (OWASP).
# The last four are the wide forms of the first four.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
FIGURES = (ColumnType.MONEY, ColumnType.DECIMAL, ColumnType.INTEGER)


def written(column: Column, row: Row) -> str:
    """A cell as text: money at its currency's scale, moments in UTC (ISO 8601), nothing for no value."""
    value = row[column.key]
    if value is None:
        return ""
    if column.type is ColumnType.MONEY and isinstance(value, Decimal):
        return f"{Money(str(row[column.currency]), value).at_scale():f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def harmless(column: Column, row: Row) -> str:
    """A cell that no spreadsheet takes for a formula. Figures are no texts: a negative amount stays a number."""
    said = written(column, row)
    return said if column.type in FIGURES else guarded(said)


def guarded(said: str) -> str:
    """A text that a spreadsheet shows as it is."""
    return f"'{said}" if said.startswith(FORMULA_STARTS) else said


def plain(value: Cell) -> int | str | None:
    """A single value for JSON: money as a string, so that no reader makes a float of it."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value
