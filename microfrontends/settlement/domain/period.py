"""Which stretch of time a list covers: the presets, a range of one's own, and who wins when the two ends cross."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

SECOND = timedelta(seconds=1)


class Preset(StrEnum):
    """The stretches that an operator asks for most; CUSTOM is any other."""

    TODAY = "today"
    TWO_DAYS = "48h"
    WEEK = "week"
    MONTH = "month"
    CUSTOM = "custom"


@dataclass(frozen=True)
class Period:
    """Whole seconds from `first` to `last`, both included, in the hub's zone."""

    first: datetime
    last: datetime

    def holds(self, moment: datetime) -> bool:
        """Whether the moment lies in the period; fractions of its last second do."""
        return self.first <= moment < self.last + SECOND


def period_of(preset: Preset, now: datetime) -> Period:
    """The preset's stretch, ending with the day of `now`, whose zone is the hub's. CUSTOM begins as today."""
    zone, today = _zone(now), now.date()
    last = datetime.combine(today, time(23, 59, 59), zone)
    if preset is Preset.TWO_DAYS:
        # Forty-eight hours of the sun, not of the wall clock, which may jump between.
        since = (now.astimezone(UTC) - timedelta(hours=48)).astimezone(zone).replace(microsecond=0)
        return Period(since, last)
    begins = {Preset.WEEK: today - timedelta(days=7), Preset.MONTH: _month_before(today)}.get(preset, today)
    return Period(datetime.combine(begins, time(), zone), last)


def chosen(first: datetime, last: datetime, before: Period) -> Period:
    """The period that somebody asked for. Where its ends cross, the end that differs from `before` counts for both."""
    if first <= last:
        return Period(first, last)
    newest = first if last == before.last else last
    return Period(newest, newest)


def _month_before(day: date) -> date:
    year, month = (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _zone(moment: datetime) -> tzinfo:
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone belongs to no day")
    return moment.tzinfo
