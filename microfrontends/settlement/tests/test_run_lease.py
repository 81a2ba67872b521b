"""One runner at a time: who holds a run, how it is taken over, and that no word of anybody else is taken."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from bff import HubRefused, HubUnavailable, RuleBroken
from microfrontends.settlement.run import runner as runners
from microfrontends.settlement.run.reading import Next
from microfrontends.settlement.run.records import NewRun
from microfrontends.settlement.run.states import RunState
from microfrontends.settlement.run.store import LostLease
from microfrontends.settlement.tests.bench import CLARA, HASTY, Bench
from microfrontends.settlement.tests.fake_hub import FakeHub


@dataclass
class Meanwhile(FakeHub):
    """A hub during whose first funds something else happens."""

    happens: Any = None

    @contextmanager
    def _call(self, method: str, *, writes: bool = False) -> Iterator[None]:
        if method == "funds_out_reserve" and self.happens:
            what, self.happens = self.happens, None
            what()
        with super()._call(method, writes=writes):
            yield


def over(bench: Bench, happens: Any) -> Bench:
    """The same day on a hub during whose first funds something happens."""
    hub = Meanwhile(bench.hub.kept, bench.hub.held, books=bench.hub.books)
    hub.settling = bench.hub.settling
    hub.happens = happens
    bench.hub = hub
    return bench


def test_a_second_start_says_who_started_the_first_and_when(bench: Bench) -> None:
    bench.settle()
    run = bench.finalise(1)
    with pytest.raises(RuleBroken, match=r"This is running already: Fatima started it on .+\. Nothing was changed\."):
        bench.ask("finalise", CLARA, settlement_id=1)
    bench.work(run)
    with pytest.raises(RuleBroken, match="Settlement 1 is settled already"):
        bench.ask("finalise", CLARA, settlement_id=1)


def test_a_run_that_stopped_is_resumed_and_not_begun_anew(bench: Bench) -> None:
    bench.settle()
    bench.hub.fail("funds_in", HubRefused("3101", "no"))
    assert bench.ladder(bench.work(bench.finalise(1))).next is Next.RESUME
    with pytest.raises(RuleBroken, match=r"What Fatima started on .+ has stopped: resume that one"):
        bench.ask("finalise", CLARA, settlement_id=1)


def test_a_second_settling_by_the_same_model_waits_for_the_first(bench: Bench) -> None:
    bench.ask("settle", model="DEFERREDNETUSD", windows="1")
    with pytest.raises(RuleBroken, match="Fatima started it"):
        bench.ask("settle", CLARA, model="DEFERREDNETUSD", windows="1")


def test_while_one_is_at_a_run_neither_another_worker_nor_the_same_takes_it(bench: Bench) -> None:
    bench.settle()
    taken: list[bool] = []
    run, worker = bench.finalise(1), bench.worker()
    over(bench, lambda: taken.extend(each.work_at(run.id) for each in (bench.worker(), worker)))
    worker.hub = bench.hub
    with bench.app.app_context():
        assert worker.work_at(run.id)
    assert bench.run(run.id).state is RunState.DONE
    assert taken == [False, False]
    assert bench.writes().count("funds_out_reserve") == 2


@pytest.mark.parametrize("processes", [1, 4])
def test_of_many_that_begin_at_once_one_works(bench: Bench, processes: int) -> None:
    bench.settle()
    run = bench.finalise(1)
    workers = [bench.worker() for _ in range(processes)]
    start, ours = threading.Barrier(4), []

    def begin(worker: runners.Runner) -> None:
        start.wait()
        with bench.app.app_context():
            ours.append(worker.work_at(run.id))

    threads = [threading.Thread(target=begin, args=(workers[number % processes],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (bench.run(run.id).state, sorted(ours)) == (RunState.DONE, [False, False, False, True])
    assert set(bench.movements.values()) == {1}


def test_a_worker_that_slept_over_its_lease_stops_without_another_word(bench: Bench) -> None:
    bench.settle()
    run = bench.finalise(1)

    def taken_over() -> None:
        """The lease has run out, and somebody else has done it all."""
        bench.come_back(run)
        assert bench.work(run).state is RunState.DONE

    over(bench, taken_over)
    bench.work(run)
    assert bench.run(run.id).state is RunState.DONE
    assert bench.writes().count("advance") == 5
    assert set(bench.movements.values()) == {1}
    bench.reconciled()


def test_nobody_without_the_lease_writes_a_step(bench: Bench) -> None:
    run = bench.finalise(bench.settle().settlement_id or 0)
    runs = bench.desk.runs
    assert runs.claim(run.id, "one")
    with pytest.raises(LostLease), runs.engine.begin() as connection:
        runs.hold(connection, run.id, "another")


def test_a_run_is_abandoned_once_its_lease_is_over_and_not_before(bench: Bench) -> None:
    run = bench.finalise(bench.settle().settlement_id or 0)
    runs, now = bench.desk.runs, bench.desk.runs.clock
    assert runs.abandoned() == [run.id]
    assert runs.claim(run.id, "one")
    assert runs.abandoned() == []
    try:
        runs.clock = lambda: now() + runs.lease + timedelta(seconds=1)
        assert runs.abandoned() == [run.id]
    finally:
        runs.clock = now


def test_a_worker_that_is_asked_to_stop_puts_the_run_down_for_the_next(bench: Bench) -> None:
    bench.settle()
    run = bench.finalise(1)
    worker = bench.worker()
    over(bench, worker.stopping.set)
    worker.hub = bench.hub
    with bench.app.app_context():
        worker.work_at(run.id)
    put_down = bench.run(run.id)
    assert (put_down.state, put_down.holder) == (RunState.RUNNING, None)
    assert bench.ladder(put_down).next is Next.WAIT
    assert bench.work(run).state is RunState.DONE
    assert set(bench.movements.values()) == {1}


def test_the_lease_is_prolonged_while_a_call_takes_long(bench: Bench) -> None:
    bench.settle()
    run = bench.finalise(1)
    seen: list[bool] = []
    before, bench.desk.runs.lease = bench.desk.runs.lease, timedelta(seconds=0.2)

    def slowly() -> None:
        threading.Event().wait(0.5)
        seen.append(bench.worker().work_at(run.id))

    try:
        over(bench, slowly)
        assert bench.work(run).state is RunState.DONE
    finally:
        bench.desk.runs.lease = before
    assert seen == [False]


def test_a_hub_that_stays_away_asks_for_a_person_in_the_end(bench: Bench) -> None:
    bench.settle()
    run = bench.finalise(1)
    now = bench.desk.runs.clock
    try:
        bench.hub.fail("settlement", *[HubUnavailable("no route")] * 2)
        assert bench.work(run).away_since
        bench.come_back(run)
        bench.desk.runs.clock = lambda: now() + runners.LONGEST_AWAY + timedelta(minutes=1)
        run = bench.work(run)
    finally:
        bench.desk.runs.clock = now
    assert (run.state, run.problem) == (RunState.STOPPED, "The hub does not answer.")
    assert bench.resume(run).state is RunState.DONE


def test_a_hub_that_fails_to_be_read_is_asked_again_and_one_that_refuses_is_told(bench: Bench) -> None:
    bench.settle()
    run = bench.finalise(1)
    bench.hub.fail("settlement", HubRefused("2001", "Internal server error - on purpose", 500))
    assert bench.work(run).away_since
    bench.come_back(run)
    bench.hub.fail("settlement", HubRefused("3100", "Generic validation error - on purpose"))
    run = bench.work(run)
    assert run.problem == "The hub refused to be read: 3100 Generic validation error - on purpose"
    assert bench.resume(run).state is RunState.DONE


def test_a_run_that_nobody_let_through_is_not_worked_at(bench: Bench) -> None:
    bench.settle()
    run = bench.finalise(1)
    forged = NewRun(
        task=str(uuid.uuid4()),
        kind=run.kind,
        open_key="settlement:1/forged",
        settlement_id=1,
        plan=run.plan,
        by=run.started_by,
        steps=tuple(bench.desk.runs.steps(run.id)),
    )
    before = bench.writes()
    run = bench.work(bench.desk.runs.start(forged))
    assert (run.state, run.problem) == (RunState.STOPPED, "The audit does not confirm that this was let through.")
    assert bench.writes() == before


def test_a_fault_of_the_program_stops_the_run_and_says_so(bench: Bench) -> None:
    bench.settle()
    run = bench.finalise(1)
    bench.hub.fail("settlement", ZeroDivisionError())
    run = bench.work(run)
    assert (run.state, run.problem) == (RunState.STOPPED, "The run broke: ZeroDivisionError. It can be resumed.")
    bench.patience = replace(HASTY, tries=1)
    assert bench.resume(run).state is RunState.DONE
