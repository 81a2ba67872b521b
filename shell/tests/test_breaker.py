"""When an upstream is no longer asked, and how it is asked again."""

from itertools import pairwise

import pytest

from shell.breaker import FEWEST, IN_A_ROW, LONGEST_PAUSE, PROBE_SECONDS, WINDOW_SECONDS, Breaker, Breakers, State


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock)


def trip(breaker: Breaker) -> None:
    while breaker.allows():
        breaker.failed()


def wait(breaker: Breaker, clock: Clock) -> float:
    pause = breaker.due_in
    clock.now += pause
    return pause


def test_failures_in_a_row_open_it_and_only_the_last_of_them_says_so(breaker: Breaker) -> None:
    assert [breaker.failed() for _ in range(IN_A_ROW)] == [False] * (IN_A_ROW - 1) + [True]
    assert (breaker.state, breaker.allows()) == (State.OPEN, False)
    assert breaker.opened_at is not None
    assert not breaker.failed()


def test_a_success_between_them_starts_the_row_anew(breaker: Breaker) -> None:
    for _ in range(IN_A_ROW - 1):
        breaker.failed()
    breaker.succeeded()
    for _ in range(IN_A_ROW - 2):
        breaker.failed()
    assert breaker.allows()


def test_half_of_the_requests_of_a_window_open_it_too(breaker: Breaker) -> None:
    for _ in range(FEWEST // 2):
        assert breaker.allows()
        breaker.succeeded()
        breaker.failed()
    assert not breaker.allows()


def test_what_lies_before_the_window_no_longer_counts(breaker: Breaker, clock: Clock) -> None:
    for _ in range(FEWEST // 2 - 1):
        breaker.succeeded()
        breaker.failed()
    clock.now += WINDOW_SECONDS
    breaker.succeeded()
    breaker.failed()
    assert breaker.allows()


def test_after_a_pause_one_caller_alone_may_probe_and_nobody_else_passes(breaker: Breaker, clock: Clock) -> None:
    trip(breaker)
    assert not breaker.claim()
    wait(breaker, clock)
    assert [breaker.claim() for _ in range(3)] == [True, False, False]
    assert (breaker.state, breaker.allows()) == (State.HALF_OPEN, False)
    breaker.probed(well=True)
    assert (breaker.state, breaker.opened_at) == (State.CLOSED, None)


def test_each_failed_probe_doubles_the_pause_up_to_a_limit(breaker: Breaker, clock: Clock) -> None:
    trip(breaker)
    pauses = []
    for _ in range(10):
        pauses.append(wait(breaker, clock))
        assert breaker.claim()
        breaker.probed(well=False)
    assert all(later > earlier for earlier, later in pairwise(pauses[:5]))
    assert max(pauses) <= LONGEST_PAUSE * 1.2
    assert breaker.opened_at is not None


def test_the_first_request_after_a_good_probe_decides_whether_it_opens_again(breaker: Breaker, clock: Clock) -> None:
    for answered in (True, False):
        trip(breaker)
        wait(breaker, clock)
        breaker.claim()
        breaker.probed(well=True)
        if answered:
            breaker.succeeded()
        assert breaker.failed() is not answered


def test_a_probe_that_never_said_how_it_went_is_begun_again(breaker: Breaker, clock: Clock) -> None:
    trip(breaker)
    wait(breaker, clock)
    assert breaker.claim()
    clock.now += PROBE_SECONDS
    assert breaker.claim()


def test_pauses_differ_so_that_many_shells_do_not_knock_in_step(clock: Clock) -> None:
    many = [Breaker(clock) for _ in range(8)]
    for each in many:
        trip(each)
    assert len({each.due_in for each in many}) > 1


def test_each_upstream_has_its_own_and_each_fragment_under_it(clock: Clock) -> None:
    breakers = Breakers(clock)
    assert breakers.of("a@x") is breakers.of("a@x")
    for key in ("a@x/card", "ab@x"):
        trip(breakers.of(key))
    assert breakers.of("a@x").allows()
    assert list(breakers.not_closed("a@x")) == ["a@x/card"]
