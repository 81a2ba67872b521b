"""The worker: told by the queue, finding by itself what it was not told, seen while it lives, stopped in order."""

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from huey import Huey
from huey.exceptions import HueyException

from bff.errors import Note
from bff.identity.tests.conftest import redis_url  # noqa: F401 - a fixture
from microfrontends.settlement import jobs
from microfrontends.settlement.run.states import RunState
from microfrontends.settlement.run.workers import Workers
from microfrontends.settlement.settings import SettlementSettings
from microfrontends.settlement.tests.bench import Bench
from microfrontends.settlement.tests.stage import Stage, staged
from microfrontends.settlement.worker import Rounds


@pytest.fixture
def queue(settings: SettlementSettings) -> Huey:
    """The app's queue, empty."""
    found = jobs.queue_of(settings)
    found.flush()
    return found


@pytest.fixture
def rounds(bench: Bench, queue: Huey, tmp_path: Path) -> Rounds:
    """The rounds of a worker."""
    workers = Workers(bench.desk.runs.engine)
    schedule = bench.app.extensions["settlement_schedule"]
    return Rounds(bench.app, "one", bench.desk, workers, schedule, queue, tmp_path / "beat")


def test_what_is_rung_reaches_whoever_works_and_nothing_else_is_run(settings: SettlementSettings, queue: Huey) -> None:
    jobs.bell_of(queue)("run-7")
    other, heard = jobs.queue_of(settings), list[str]()
    jobs.listen(other, heard.append)
    other.execute(other.dequeue())
    assert heard == ["run-7"]
    queue.storage.enqueue(pickle.dumps(os.getcwd))
    with pytest.raises((ValueError, HueyException)):
        other.dequeue()


def test_the_queue_is_redis_where_one_is_named(settings: SettlementSettings, redis_url: str) -> None:  # noqa: F811
    there, heard = replace(settings, redis_url=redis_url), list[str]()
    jobs.bell_of(jobs.queue_of(there))("run-8")
    other = jobs.queue_of(there)
    jobs.listen(other, heard.append)
    other.execute(other.dequeue())
    assert heard == ["run-8"]
    other.storage.conn.close()


def test_a_queue_that_is_away_keeps_nobody_from_starting_a_run(queue: Huey) -> None:
    ring = jobs.bell_of(queue)
    queue.storage.close()
    queue.storage.filename = "/nowhere/at/all"
    ring("run-7")


def test_a_worker_finds_runs_that_nobody_works_at(bench: Bench, rounds: Rounds, queue: Huey) -> None:
    run = bench.finalise(bench.settle().settlement_id or 0)
    queue.flush()  # whoever was told has died
    rounds.go()
    rounds.go()  # nobody has answered yet: it is not rung again
    assert queue.pending_count() == 1
    heard: list[str] = []
    jobs.listen(queue, heard.append)
    queue.execute(queue.dequeue())
    assert heard == [run.id]


def test_a_worker_is_seen_while_it_lives(bench: Bench, rounds: Rounds) -> None:
    rounds.workers.leave("one")
    note = bench.desk.workers_note()
    assert isinstance(note, Note)
    assert "bizops work settlement" in note
    rounds.go()
    assert [each.name for each in rounds.workers.alive()] == ["one"]
    assert bench.desk.workers_note() == ""
    assert rounds.beat is not None
    assert rounds.beat.read_text() == "one"
    rounds.workers.leave("one")
    assert rounds.workers.alive() == []


def test_a_round_of_which_one_part_fails_does_the_others(
    rounds: Rounds, queue: Huey, bench: Bench, logs: list[dict[str, object]]
) -> None:
    bench.finalise(bench.settle().settlement_id or 0)
    queue.flush()
    rounds.beat = Path("/nowhere/at/all")
    rounds.go()
    assert [each["part"] for each in logs if each["event"] == "worker_round_failed"] == ["_say_alive"]
    assert queue.pending_count() == 1


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A hub at a port, and a finalisation that nobody works at yet."""
    with staged(tmp_path_factory.mktemp("stage")) as there:
        yield there


@pytest.fixture
def started(stage: Stage) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts workers as they are started everywhere: processes with settings from their environment."""
    running: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        running.append(worker_of(stage))
        return running[-1]

    yield start
    for each in running:
        each.kill()
        each.wait(10)


def worker_of(stage: Stage) -> subprocess.Popen[bytes]:
    """A worker's process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BIZOPS_")}
    names = (
        *("base_url", "environment", "time_zone", "state_dir", "oidc_issuer", "oidc_client_id", "oidc_client_secret"),
        *("access_database_url", "hub_settlement_url", "hub_ledger_url", "hub_database_url"),
    )
    told = {f"BIZOPS_{name.upper()}": str(getattr(stage.settings, name)) for name in names}
    command = [sys.executable, "-c", "from bff.cli import main; main()", "work", "settlement"]
    return subprocess.Popen(command, env={**kept, **told, "BIZOPS_WORKER_BEAT": str(stage.folder / "beat")})


def until(what: object, seconds: float = 40.0) -> None:
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_a_worker_that_is_killed_is_followed_by_another_and_one_that_is_stopped_leaves_in_order(
    stage: Stage, started: Callable[[], subprocess.Popen[bytes]]
) -> None:
    runs, run = stage.bench.desk.runs, stage.run.id
    # Slow, so that the first worker is killed in the middle of it.
    stage.scene.break_("lag", method="POST", path="/participants/.*/accounts/.*", times=0, seconds=0.3)
    first = started()
    until(lambda: any(each.transfer_id and each.state.over for each in runs.steps(run)))
    first.send_signal(signal.SIGKILL)
    assert first.wait(10) == -signal.SIGKILL
    assert runs.get(run).state is RunState.RUNNING
    stage.scene.mend()
    (stage.folder / "beat").unlink()
    stage.bench.come_back(runs.get(run))  # its lease would be over in a few seconds
    second = started()
    until(lambda: runs.get(run).state is not RunState.RUNNING)
    assert (runs.get(run).state, runs.get(run).problem) == (RunState.DONE, "")
    until((stage.folder / "beat").exists)
    second.send_signal(signal.SIGTERM)
    assert second.wait(15) == 0
    assert [each.name for each in Workers(runs.engine).alive() if each.name == str(second.pid)] == []
