"""Dates: presets in the hub's zone, also on the days when its clocks change, and ends that cross."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfrontends.settlement.domain.period import Period, Preset, chosen, period_of

NAIROBI, PARIS = ZoneInfo("Africa/Nairobi"), ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 31, 1, 30, 15, tzinfo=NAIROBI)


@pytest.mark.parametrize(
    ("preset", "first"),
    [
        (Preset.TODAY, "2026-03-31T00:00:00+03:00"),
        (Preset.CUSTOM, "2026-03-31T00:00:00+03:00"),
        (Preset.TWO_DAYS, "2026-03-29T01:30:15+03:00"),
        (Preset.WEEK, "2026-03-24T00:00:00+03:00"),
        (Preset.MONTH, "2026-02-28T00:00:00+03:00"),
    ],
)
def test_a_preset_ends_with_today_in_the_hubs_zone(preset: Preset, first: str) -> None:
    period = period_of(preset, NOW)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, "2026-03-31T23:59:59+03:00")


def test_a_month_back_from_january_is_last_years_december() -> None:
    assert period_of(Preset.MONTH, datetime(2026, 1, 15, tzinfo=UTC)).first == datetime(2025, 12, 15, tzinfo=UTC)


def test_today_in_the_hubs_zone_is_not_today_in_utc() -> None:
    assert period_of(Preset.TODAY, NOW).first.astimezone(UTC) == datetime(2026, 3, 30, 21, tzinfo=UTC)


def test_forty_eight_hours_are_forty_eight_though_the_clock_jumps() -> None:
    now = datetime(2026, 3, 30, 1, 0, tzinfo=PARIS)  # an hour was skipped on the 29th
    period = period_of(Preset.TWO_DAYS, now)
    assert now.astimezone(UTC) - period.first.astimezone(UTC) == timedelta(hours=48)
    assert period.first.isoformat() == "2026-03-28T00:00:00+01:00"


def test_a_period_holds_its_last_second_whole() -> None:
    period = period_of(Preset.TODAY, NOW)
    assert period.holds(period.last + timedelta(milliseconds=999))
    assert not period.holds(period.last + timedelta(seconds=1))
    assert period.holds(period.first)
    assert not period.holds(period.first - timedelta(microseconds=1))


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        period_of(Preset.TODAY, datetime(2026, 1, 1))  # noqa: DTZ001


BEFORE = Period(datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 10, tzinfo=UTC))


def test_a_new_from_later_than_to_counts_for_both() -> None:
    later = datetime(2026, 1, 20, tzinfo=UTC)
    assert chosen(later, BEFORE.last, BEFORE) == Period(later, later)


def test_a_new_to_earlier_than_from_counts_for_both() -> None:
    earlier = datetime(2026, 1, 1, tzinfo=UTC)
    assert chosen(BEFORE.first, earlier, BEFORE) == Period(earlier, earlier)


moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments, moments)
def test_whatever_is_chosen_never_ends_before_it_begins(first: datetime, last: datetime) -> None:
    period = chosen(first, last, BEFORE)
    assert period.first <= period.last
    assert {period.first, period.last} <= {first, last}
