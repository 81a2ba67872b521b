"""The periods that people ask reports for most, from their beginning to the moment at which the next one begins."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum


class Preset(StrEnum):
    """A period by its name."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    THIS_WEEK = "this week"
    LAST_MONTH = "last month"


def periods(now: datetime) -> Iterator[tuple[Preset, datetime, datetime]]:
    """Each period as days of the calendar of `now`, which knows its zone; weeks begin on Monday."""
    today, day = now.date(), timedelta(days=1)
    monday, first = today - today.weekday() * day, today.replace(day=1)
    for preset, begin, end in (
        (Preset.TODAY, today, today + day),
        (Preset.YESTERDAY, today - day, today),
        (Preset.THIS_WEEK, monday, monday + 7 * day),
        (Preset.LAST_MONTH, (first - day).replace(day=1), first),
    ):
        yield preset, _midnight(begin, now), _midnight(end, now)


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time(), now.tzinfo)
