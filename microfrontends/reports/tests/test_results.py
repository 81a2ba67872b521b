"""What becomes of a database's values: exact money, UTC moments, totals per currency over all rows."""

from datetime import UTC, datetime
from decimal import Decimal

from microfrontends.reports.domain.definition import Column, ColumnType
from microfrontends.reports.domain.results import Row, cell, collect, currency_key

UNIT = Column("unit", {"en": "Currency"}, ColumnType.TEXT)
MONEY = Column("sum", {"en": "Sum"}, ColumnType.MONEY, currency="unit", total=True)


def test_money_from_a_binary_number_is_the_decimal_that_was_meant() -> None:
    assert cell(0.1 + 0.2, ColumnType.MONEY) == Decimal("0.3000")
    assert cell(99999999999.9999, ColumnType.MONEY) == Decimal("99999999999.9999")
    assert cell(Decimal("12345678901234.5678"), ColumnType.MONEY) == Decimal("12345678901234.5678")


def test_a_moment_without_a_zone_is_utc() -> None:
    assert cell("2026-11-22 09:30:00", ColumnType.DATE_TIME) == datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def test_totals_are_per_currency_and_over_rows_that_are_not_shown() -> None:
    rows: list[Row] = [{"unit": unit, "sum": Decimal(n)} for n in range(10) for unit in ("USD", "XOF")]
    table = collect((UNIT, MONEY), iter(rows), limit=3)
    assert (table.count, len(table.shown)) == (20, 3)
    assert table.totals == {"USD": {"sum": Decimal(45)}, "XOF": {"sum": Decimal(45)}}


def test_money_of_two_currency_columns_has_no_common_currency() -> None:
    other = Column("fee", {"en": "Fee"}, ColumnType.MONEY, currency="fee_unit")
    assert (currency_key((UNIT, MONEY)), currency_key((UNIT, MONEY, other)), currency_key((UNIT,))) == ("unit", "", "")
