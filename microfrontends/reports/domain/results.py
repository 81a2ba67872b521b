"""What came out of a query: typed values, rows kept up to a limit, and totals per currency over all of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from microfrontends.reports.domain.definition import Column, ColumnType

UNIT = Decimal("0.0001")  # the hub keeps money in decimal(18,4)
Cell = Decimal | int | str | datetime | None
Row = dict[str, Cell]


def cell(value: object, kind: ColumnType) -> Cell:
    """A database's value as the column means it. Moments are UTC; money is exact to the hub's four decimals."""
    if value is None:
        return None
    if kind is ColumnType.MONEY:
        # SQLite keeps money as the nearest binary number: its shortest form is the decimal that was meant. Nothing is
        # added so that there is no minus before nothing.
        return Decimal(repr(value) if isinstance(value, float) else str(value)).quantize(UNIT) + 0
    if kind is ColumnType.DECIMAL:
        return Decimal(repr(value) if isinstance(value, float) else str(value))
    if kind is ColumnType.INTEGER:
        return int(str(value))
    if kind is ColumnType.DATE_TIME:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return str(value)


def rows(columns: Sequence[Column], records: Iterable[Mapping[str, object]]) -> Iterator[Row]:
    """Typed rows of a query's records, one by one."""
    for record in records:
        yield {column.key: cell(record[column.key], column.type) for column in columns}


@dataclass
class Table:
    """A result as a page shows it: some of its rows, how many there are, and sums over all by currency and column.

    `before`: rows on the pages before. `counted`: whether `count` and `totals` are of all rows; if not, there are at
    least `count`.
    """

    shown: list[Row] = field(default_factory=list)
    count: int = 0
    totals: dict[str, dict[str, Decimal | int]] = field(default_factory=dict)
    before: int = 0
    counted: bool = True

    @property
    def whole(self) -> bool:
        """Whether every row is shown."""
        return self.counted and self.count == len(self.shown)

    def by_currency(self, currency: str) -> dict[str, list[Row]]:
        """The rows that are shown, by what stands in the column `currency`."""
        groups: dict[str, list[Row]] = {}
        for row in self.shown:
            groups.setdefault(str(row[currency] or ""), []).append(row)
        return groups


def currency_key(columns: Sequence[Column]) -> str:
    """The one column that holds the currency of all money; empty without money, or with several such columns."""
    keys = {column.currency for column in columns if column.type is ColumnType.MONEY}
    return keys.pop() if len(keys) == 1 else ""


def collect(columns: Sequence[Column], found: Iterable[Row], limit: int) -> Table:
    """The first `limit` rows; count and totals are over all."""
    table, key = Table(), currency_key(columns)
    summed = [column for column in columns if column.total]
    for row in found:
        table.count += 1
        if table.count <= limit:
            table.shown.append(row)
        sums = table.totals.setdefault(str(row[key] or "") if key else "", {column.key: 0 for column in summed})
        for column in summed:
            value = row[column.key]
            if isinstance(value, int | Decimal):
                sums[column.key] += value
    return table
