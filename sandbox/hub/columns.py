"""How money and moments are kept in a column, so that report SQL is exact on MySQL, MariaDB and SQLite alike."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Integer, Numeric, SmallInteger, String, Text
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.types import REAL, TypeDecorator, TypeEngine

UNIT = Decimal("0.0001")

# MySQL and MariaDB keep money as the hub does, in decimal(18,4). SQLite has no decimal: text would make `amount > 0`
# compare letters, and ten-thousandths in an integer would show every report 10,000 times too much. So it is REAL there:
# each decimal of up to 15 significant digits (99,999,999,999.9999; the hub's own JSON numbers hold no more) has its own
# binary64 and comes back from it unchanged, comparisons and ORDER BY agree with MySQL, and the noise of a SUM stays far
# below the fourth decimal, where `exact` removes it. NUMERIC affinity would keep whole amounts as integers, and then
# `value / 2` would round. Our own bookkeeping never lets SQL add: it reads, computes with Decimal, and writes.


def exact(value: Any) -> Decimal:
    """What a query gave for money, or for a sum of money, as the decimal with four places that was meant."""
    return Decimal(repr(value) if isinstance(value, float) else str(value)).quantize(UNIT)


class Amount(TypeDecorator[Decimal]):
    """Money with four decimals: decimal(18,4), on SQLite the nearest REAL."""

    impl = Numeric(18, 4)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's type on this database."""
        return dialect.type_descriptor(REAL() if dialect.name == "sqlite" else Numeric(18, 4))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Python's own conversion gives the nearest binary64; a text would leave the rounding to SQLite."""
        if value is None:
            return None
        money = Decimal(value).quantize(UNIT)
        return float(money) if dialect.name == "sqlite" else money

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Money as Decimal, whatever the database keeps it in."""
        return None if value is None else exact(value)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC without its zone and without fractions: DATETIME on MySQL, on SQLite text that compares alike."""

    impl = DateTime
    cache_ok = True
    _text = "%(year)04d-%(month)02d-%(day)02d %(hour)02d:%(minute)02d:%(second)02d"

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's type on this database."""
        if dialect.name != "sqlite":
            return dialect.type_descriptor(DateTime())
        return dialect.type_descriptor(sqlite.DATETIME(storage_format=self._text))  # type: ignore[no-untyped-call]

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """MySQL would round a fraction up, into the next second; the hub's clients never see that, so cut it."""
        return None if value is None else value.replace(microsecond=0)


Big = BigInteger().with_variant(Integer, "sqlite")  # only an INTEGER key counts by itself on SQLite


def key(name: str) -> Column[int]:
    """A primary key that the database counts."""
    return Column(name, Big, primary_key=True, autoincrement=True)


def code(name: str, length: int = 36) -> Column[str]:
    """A primary key that is a text: a state's name, a transfer's id."""
    return Column(name, String(length), primary_key=True)


def number(name: str, *, index: bool = False, optional: bool = False) -> Column[int]:
    """A number, most often another row's key."""
    return Column(name, Big, index=index, nullable=optional)


def flag(name: str, default: int | None = 1) -> Column[int]:
    """A truth value as the hub keeps it, 0 or 1."""
    return Column(name, SmallInteger, default=default, nullable=default is None)


def text(name: str, length: int = 512, *, index: bool = False, optional: bool = False) -> Column[str]:
    """A text of limited length."""
    return Column(name, String(length), index=index, nullable=optional)


def long_text(name: str) -> Column[str]:
    """A text of any length."""
    return Column(name, Text, nullable=False)


def money(name: str, *, optional: bool = False) -> Column[Decimal]:
    """An amount of money."""
    return Column(name, Amount, nullable=optional)


def moment(name: str = "createdDate", *, index: bool = False, optional: bool = False) -> Column[datetime]:
    """A moment in UTC."""
    return Column(name, Moment, index=index, nullable=optional)
