"""The rules of windows, without any hub."""

from datetime import UTC, datetime, timedelta

import pytest

from microfrontends.settlement.domain.paging import page_of
from microfrontends.settlement.domain.period import Period
from microfrontends.settlement.domain.windows import (
    Window,
    WindowState,
    closable,
    closed_at,
    counts,
    in_state,
    merged,
    slow,
    within,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = Period(NOON.replace(hour=0), NOON.replace(hour=23, minute=59, second=59))


def window(number: int, state: WindowState = WindowState.CLOSED, opened: datetime = NOON) -> Window:
    return Window(number, state, "", opened, opened)


@pytest.mark.parametrize("state", list(WindowState))
def test_only_an_open_window_can_be_closed(state: WindowState) -> None:
    assert closable(window(1, state)) is (state is WindowState.OPEN)


@pytest.mark.parametrize("state", [WindowState.OPEN, WindowState.PROCESSING])
def test_a_live_window_is_shown_whatever_the_dates_say(state: WindowState) -> None:
    old = window(1, state, NOON - timedelta(days=400))
    assert within([old], TODAY) == [old]


def test_a_window_opened_outside_the_period_is_not_shown_unless_it_is_followed() -> None:
    old = window(1, WindowState.CLOSED, NOON - timedelta(days=2))
    assert within([old], TODAY) == []
    assert within([old], TODAY, followed=1) == [old]


def test_a_state_filter_hides_even_the_open_window() -> None:
    assert in_state([window(1, WindowState.OPEN)], WindowState.SETTLED) == []


def test_no_state_filter_shows_every_state() -> None:
    windows = [window(number, state) for number, state in enumerate(WindowState)]
    assert in_state(windows, None) == windows


def test_merging_keeps_each_window_once_the_newest_first_and_the_later_report_of_it() -> None:
    before, after = window(2, WindowState.OPEN), window(2, WindowState.PROCESSING)
    assert merged([before, window(1)], [window(3, WindowState.OPEN), after]) == [
        window(3, WindowState.OPEN),
        after,
        window(1),
    ]


def test_counts_follow_the_life_of_a_window_and_leave_zeros_out() -> None:
    windows = [window(3, WindowState.SETTLED), window(4, WindowState.OPEN), window(2, WindowState.SETTLED)]
    assert list(counts(windows).items()) == [(WindowState.OPEN, 1), (WindowState.SETTLED, 2)]


def test_the_last_change_is_the_closing_only_while_the_window_is_just_closed() -> None:
    assert closed_at(window(1, WindowState.CLOSED), {}) == NOON
    assert closed_at(window(1, WindowState.SETTLED), {}) is None
    assert closed_at(window(1, WindowState.SETTLED), {1: NOON}) == NOON


def test_processing_is_slow_after_a_minute_and_no_other_state_ever_is() -> None:
    busy = window(1, WindowState.PROCESSING)
    assert not slow(busy, NOON + timedelta(seconds=60))
    assert slow(busy, NOON + timedelta(seconds=61))
    assert not slow(window(1, WindowState.OPEN), NOON + timedelta(days=1))


@pytest.mark.parametrize(
    ("total", "number", "first", "last", "previous", "following"),
    [
        (0, 1, 0, 0, None, None),
        (1, 1, 1, 1, None, None),
        (50, 1, 1, 50, None, None),
        (51, 1, 1, 50, None, 2),
        (51, 2, 51, 51, 1, None),
        (51, 99, 51, 51, 1, None),
        (51, -1, 1, 50, None, 2),
        (10_000, 100, 4951, 5000, 99, 101),
    ],
)
def test_a_page_says_where_it_stands(
    total: int, number: int, first: int, last: int, previous: int | None, following: int | None
) -> None:
    page = page_of([window(each) for each in range(total)], number)
    assert (page.first, page.last, page.total) == (first, last, total)
    assert (page.previous, page.next) == (previous, following)
    assert len(page.items) == (last - first + 1 if total else 0)
