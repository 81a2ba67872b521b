"""One close at a time: between threads, between processes, and past a holder that died."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from bff.database import engine_for, is_current
from microfrontends.settlement.lock import MIGRATIONS, STALE_AFTER, Claim, CloseLock, close_lock
from microfrontends.settlement.settings import SettlementSettings

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def url(settings: SettlementSettings) -> str:
    return settings.database_url


def claim(attempt: str, since: datetime = NOW) -> Claim:
    return Claim(attempt, 41, f"u-{attempt}", f"Person {attempt}", since)


def take_in_a_process(url: str, attempt: str) -> Claim | None:
    return CloseLock(url).take(claim(attempt))


def test_the_table_is_that_of_the_migrations(url: str, lock: CloseLock) -> None:
    assert is_current(url, MIGRATIONS)
    with engine_for(url).connect() as connection:
        assert connection.execute(close_lock.select()).one().held is False


def test_the_second_is_told_who_was_first_and_since_when(lock: CloseLock) -> None:
    assert lock.take(claim("a")) is None
    assert lock.take(claim("b", NOW + timedelta(seconds=5))) == claim("a")


def test_a_released_lock_is_free(lock: CloseLock) -> None:
    lock.take(claim("a"))
    lock.release("a")
    assert lock.take(claim("b")) is None


def test_a_form_that_was_sent_before_finds_itself_even_after_its_release(lock: CloseLock) -> None:
    lock.take(claim("a"))
    assert lock.take(claim("a")) == claim("a")
    lock.release("a")
    assert lock.take(claim("a")) == claim("a")


def test_a_holder_that_died_is_overtaken_after_a_minute(lock: CloseLock) -> None:
    lock.take(claim("a"))
    assert lock.take(claim("b", NOW + STALE_AFTER)) == claim("a")
    assert lock.take(claim("c", NOW + STALE_AFTER + timedelta(seconds=1))) is None


def test_who_was_overtaken_releases_nothing(lock: CloseLock) -> None:
    late = NOW + timedelta(minutes=2)
    lock.take(claim("a"))
    lock.take(claim("b", late))
    lock.release("a")
    assert lock.take(claim("c", late)) == claim("b", late)


def test_of_many_threads_one_gets_through(lock: CloseLock) -> None:
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda number: lock.take(claim(str(number))), range(24)))
    assert outcomes.count(None) == 1


def test_of_many_threads_one_overtakes_a_dead_holder(lock: CloseLock) -> None:
    lock.take(claim("dead"))
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda number: lock.take(claim(str(number), NOW + timedelta(minutes=2))), range(24)))
    assert outcomes.count(None) == 1


def test_another_process_is_told_too_and_gets_through_afterwards(url: str, lock: CloseLock) -> None:
    lock.take(claim("a"))
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as other:
        assert other.submit(take_in_a_process, url, "b").result() == claim("a")
        lock.release("a")
        assert other.submit(take_in_a_process, url, "b").result() is None
        assert lock.take(claim("c")) == claim("b")
