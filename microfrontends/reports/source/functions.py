"""Functions of MySQL that SQLite lacks or has otherwise, as sqlglot writes them: the sandbox runs them too."""

import json
import sqlite3
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400, "WEEK": 604800}
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def install(connection: sqlite3.Connection) -> None:
    """Give them to a connection."""
    connection.create_window_function("sum", 1, ExactSum)
    connection.create_aggregate("json_arrayagg", 1, JsonArray)  # type: ignore[arg-type]
    connection.create_aggregate("exact_total", 2, ExactTotal)  # type: ignore[arg-type]
    for name, arguments, function in FUNCTIONS:
        connection.create_function(name, arguments, function, deterministic=True)


def moment_from(text: str | None, form: str | None) -> str | None:
    """STR_TO_DATE; `form` is Python's by now. NULL for what does not fit, as MySQL has it."""
    try:
        return None if text is None or form is None else str(datetime.strptime(text, form))  # noqa: DTZ007
    except ValueError:
        return None


def substring_index(text: str | None, mark: str | None, count: int | None) -> str | None:
    """What stands before the count-th mark, or after it when counted from the end."""
    if text is None or not mark or count is None:
        return None if text is None or mark is None or count is None else ""
    parts = text.split(mark)
    return mark.join(parts[:count] if count >= 0 else parts[count:])


def formatted(value: Any, digits: int | None) -> str | None:
    """FORMAT: thousands by comma, so many digits, half away from zero."""
    if value is None or digits is None:
        return None
    exact = Decimal(repr(value) if isinstance(value, float) else str(value))
    return f"{exact.quantize(Decimal(1).scaleb(-max(digits, 0)), ROUND_HALF_UP):,f}"


def json_unquoted(text: str | None) -> str | None:
    """A JSON text as its letters; whatever else it is, as it is."""
    if text is None or not (len(text) > 1 and text[0] == text[-1] == '"'):
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        return text


def moved(moment: str | None, source: str | None, target: str | None) -> str | None:
    """CONVERT_TZ; NULL for a zone or a moment that does not exist."""
    try:
        if moment is None or source is None or target is None:
            return None
        at = datetime.fromisoformat(moment).replace(tzinfo=_zone(source)).astimezone(_zone(target))
        return str(at.replace(tzinfo=None))
    except (ValueError, ZoneInfoNotFoundError):
        return None


def between(unit: str, begin: str | None, end: str | None) -> int | None:
    """TIMESTAMPDIFF for units of fixed length; whole ones, toward zero."""
    if begin is None or end is None:
        return None
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()
    return int(seconds / _SECONDS[unit.upper()])


def shifted(moment: str | None, sign: str, amount: Any, unit: str) -> str | None:
    """A moment so much later (`+`) or earlier; NULL for what is no moment. A day stays a day unless hours are added."""
    if moment is None or amount is None:
        return None
    try:
        at = datetime.fromisoformat(str(moment))
        whole, months = int(float(amount)) * (-1 if sign == "-" else 1), _MONTHS.get(unit.upper())
        moved_at = (
            _months_later(at, whole * months) if months else at + timedelta(seconds=whole * _SECONDS[unit.upper()])
        )
    except (ValueError, KeyError, OverflowError):
        return None
    day = len(str(moment)) == 10 and unit.upper() not in ("HOUR", "MINUTE", "SECOND")
    return str(moved_at.date() if day else moved_at)


def _months_later(at: datetime, months: int) -> datetime:
    count = at.year * 12 + at.month - 1 + months
    year, month = count // 12, count % 12 + 1
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))


def truncated(value: Any, digits: int) -> Any:
    """TRUNCATE: cut toward zero after so many digits."""
    if value is None:
        return None
    exact = Decimal(repr(value) if isinstance(value, float) else str(value))
    cut = exact.quantize(Decimal(1).scaleb(-digits), ROUND_DOWN)
    return int(cut) if digits <= 0 else float(cut)


def _padded(before: bool) -> Callable[[Any, Any, Any], str | None]:
    def pad(value: Any, length: Any, fill: Any) -> str | None:
        if value is None or length is None or not fill:
            return None
        said, size = str(value), int(length)
        more = (str(fill) * size)[: max(0, size - len(said))]
        return said[:size] if len(said) > size else more + said if before else said + more

    return pad


def _part(name: str) -> Callable[[str | None], int | None]:
    return lambda moment: None if moment is None else int(getattr(datetime.fromisoformat(moment), name))


def _epoch(moment: str | None) -> int | None:
    return None if moment is None else int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp())


def _zone(name: str) -> Any:
    if name[:1] in "+-":  # an offset: +06:30
        return datetime.strptime(name, "%z").tzinfo
    return ZoneInfo(name)


def _concatenated(*parts: Any) -> str | None:
    mark, *rest = parts
    return None if mark is None else str(mark).join(str(part) for part in rest if part is not None)


FUNCTIONS: tuple[tuple[str, int, Callable[..., Any]], ...] = (
    ("str_to_time", 2, moment_from),
    ("substring_index", 3, substring_index),
    ("format", 2, formatted),
    ("number_to_str", 2, formatted),
    ("json_unquote", 1, json_unquoted),
    ("convert_tz", 3, moved),
    ("concat_ws", -1, _concatenated),
    ("times_apart", 3, between),
    ("shifted", 4, shifted),
    ("truncated", 2, truncated),
    ("lpad", 3, _padded(True)),
    ("rpad", 3, _padded(False)),
    *((name, 1, _part(name)) for name in ("year", "month", "day", "hour", "minute", "second")),
    ("unix_timestamp", 1, _epoch),
    ("str_to_date", 2, moment_from),
    ("now", 0, lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")),
    ("utc_timestamp", 0, lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")),
)


class JsonArray:
    """JSON_ARRAYAGG: texts that are JSON objects or arrays themselves stay so."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def step(self, value: Any) -> None:
        """Take one more."""
        nested = isinstance(value, str) and value[:1] in "{["
        self._parts.append(value if nested else json.dumps(value, ensure_ascii=False))

    def finalize(self) -> str | None:
        """The array; NULL of nothing, as MySQL has it."""
        return f"[{', '.join(self._parts)}]" if self._parts else None


class ExactSum:
    """SUM for SQLite, which would add binary numbers: each is taken for the decimal that it stands for."""

    def __init__(self) -> None:
        self._total: Decimal | int | None = None

    def step(self, value: float | int | None) -> None:
        """Take one more."""
        self._add(value, 1)

    def inverse(self, value: float | int | None) -> None:
        """Give one back, of a window that moves on."""
        self._add(value, -1)

    def value(self) -> float | int | None:
        """The sum so far; NULL of nothing."""
        return float(self._total) if isinstance(self._total, Decimal) else self._total

    finalize = value

    def _add(self, value: float | int | None, sign: int) -> None:
        if value is not None:
            exact = Decimal(repr(value)) if isinstance(value, float) else value
            self._total = (self._total or 0) + sign * exact


class ExactTotal:
    """The sum of a whole column as a text, each value taken at so many decimals; NULL of nothing."""

    def __init__(self) -> None:
        self._total: Decimal | None = None

    def step(self, value: float | int | str | None, places: int) -> None:
        """Take one more."""
        if value is not None:
            exact = Decimal(repr(value) if isinstance(value, float) else str(value))
            self._total = (self._total or Decimal()) + exact.quantize(Decimal(1).scaleb(-places))

    def finalize(self) -> str | None:
        """The sum."""
        return None if self._total is None else f"{self._total:f}"
