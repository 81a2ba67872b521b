"""Whatever breaks while a settlement is made, and a hub that cannot be reached: in the end all is as undisturbed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from bff import HubRefused, HubUnavailable
from microfrontends.settlement.run.records import SettlementRun
from microfrontends.settlement.run.states import RunState
from microfrontends.settlement.tests.bench import Bench
from microfrontends.settlement.tests.fake_hub import FakeHub


class Killed(BaseException):
    """The worker is gone: nothing that it would still have done is done."""


BEFORE: dict[str, BaseException] = {
    "refused": HubRefused("3100", "Generic validation error - Inapplicable windows 1"),
    "500 before": HubRefused("2001", "Internal server error - Deadlock found", 500),
    "killed before": Killed(),
    "away before": HubUnavailable("no route", sent=False),
}
AFTER: dict[str, BaseException] = {
    "500 after": HubRefused("2001", "Internal server error - Deadlock found", 500),
    "timeout after": HubUnavailable("timeout", sent=True),
    "killed after": Killed(),
}


@dataclass
class BrokenHub(FakeHub):
    """A hub in memory, of whose writes one is broken."""

    nth: int = 0
    fault: str = ""
    written: int = 0

    @contextmanager
    def _call(self, method: str, *, writes: bool = False) -> Iterator[None]:
        self.written += writes
        struck = writes and self.written == self.nth
        if struck and self.fault in BEFORE:
            raise BEFORE[self.fault]
        with super()._call(method, writes=writes):
            yield
        if struck and self.fault in AFTER:
            raise AFTER[self.fault]


@pytest.fixture
def make_hub() -> Callable[[], BrokenHub]:
    """Makes hubs that break."""
    return BrokenHub


def breaks(bench: Bench, nth: int, fault: str) -> None:
    """From now on the nth write breaks in this way."""
    hub = bench.hub
    assert isinstance(hub, BrokenHub)
    hub.written, hub.nth, hub.fault = 0, nth, fault


def through(bench: Bench, run: SettlementRun) -> SettlementRun:
    """Have it worked at, resumed and taken over until it is done."""
    for _ in range(6):
        try:
            run = bench.work(run)
        except Killed:
            bench.come_back(run)
        run = bench.run(run.id)
        if run.state is RunState.STOPPED:
            bench.ask("resume", run_id=run.id)
        elif run.away_since:
            bench.come_back(run)
        elif run.state is not RunState.RUNNING:
            break
    return run


@pytest.mark.parametrize("fault", [*BEFORE, *AFTER])
def test_making_a_settlement_survives_it_at_every_write(new_bench: Callable[[], Bench], fault: str) -> None:
    right = new_bench()
    right.settle()
    for nth in range(1, len(right.writes()) + 1):
        bench = new_bench()
        asked = bench.ask("settle", model="DEFERREDNETUSD", windows="1")
        breaks(bench, nth, fault)
        run = through(bench, bench.run(asked.id))
        assert (run.state, run.problem, run.settlement_id) == (RunState.DONE, "", 1), (nth, fault)
        assert list(bench.hub.settling.made) == [1], (nth, fault)
        assert bench.books == right.books, (nth, fault)


def test_a_finalisation_waits_for_a_hub_that_is_not_reached_at_any_write(new_bench: Callable[[], Bench]) -> None:
    right = new_bench()
    right.settle()
    before = len(right.writes())
    right.work(right.finalise(1))
    for nth in range(1, len(right.writes()) - before + 1):
        bench = new_bench()
        bench.settle()
        run = bench.finalise(1)
        breaks(bench, nth, "away before")
        waiting = bench.work(run)
        assert (waiting.state, waiting.away_since is not None) == (RunState.RUNNING, True), nth
        assert waiting.problem == "The hub does not answer. It is asked again by itself."
        assert through(bench, run).state is RunState.DONE, nth
        assert (bench.books, bench.movements) == (right.books, right.movements), nth
