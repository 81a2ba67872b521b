"""The worker: rung for or finding by itself, taken over when it dies, finishing once, stopped in order."""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from huey import Huey
from huey.exceptions import HueyException
from sqlalchemy import select, update

from bff.change.audit import AuditLog, AuditQuery
from bff.errors import Note
from microfrontends.reports import jobs
from microfrontends.reports.kept.table import kept_file, kept_piece
from microfrontends.reports.runs.leases import Leases
from microfrontends.reports.runs.records import State
from microfrontends.reports.runs.store import Runs, utc_now
from microfrontends.reports.runs.table import report_run
from microfrontends.reports.runs.wiring import workers_note
from microfrontends.reports.runs.workers import Workers
from microfrontends.reports.runs.writing import TURNS
from microfrontends.reports.tests.background import CAUGHT, PAGE, SLOW, Scene
from microfrontends.reports.worker import Shift


@pytest.fixture
def scene(tmp_path: Path, hub_url: str) -> Scene:
    """An app of the test's own."""
    return Scene.at(tmp_path, hub_url)


@pytest.fixture
def queue(scene: Scene) -> Huey:
    """The app's queue, empty."""
    found = jobs.queue_of(scene.settings)
    found.flush()
    return found


def shift_of(scene: Scene, queue: Huey) -> Shift:
    """What a worker does."""
    return Shift(scene.app, "one", threading.Event(), queue, jobs.bell_of(jobs.queue_of(scene.settings)))


def test_what_is_rung_reaches_whoever_works_and_nothing_else_is_run(scene: Scene, queue: Huey) -> None:
    ring = jobs.bell_of(queue)
    ring(jobs.WRITE, "run-7")
    ring("a task of tomorrow", "run-8")
    other, heard = jobs.queue_of(scene.settings), list[str]()
    jobs.listen(other, {jobs.WRITE: heard.append})
    other.execute(other.dequeue())
    other.execute(other.dequeue())
    assert heard == ["run-7"]
    queue.storage.enqueue(pickle.dumps(os.getcwd))
    with pytest.raises((ValueError, HueyException)):
        other.dequeue()


def test_a_queue_that_is_away_keeps_nobody_from_asking(queue: Huey) -> None:
    ring = jobs.bell_of(queue)
    queue.storage.close()
    queue.storage.filename = "/nowhere/at/all"
    ring(jobs.WRITE, "run-7")


def test_a_worker_finds_what_it_was_not_told_of_and_what_another_left(scene: Scene, queue: Huey) -> None:
    run_id = scene.ask(scene.olivia)
    queue.flush()  # whoever was told has died
    shift = shift_of(scene, queue)
    shift.go()
    shift.go()  # nobody has answered yet: it is not rung again
    assert queue.pending_count() == 1
    shift.tasks()[jobs.WRITE]  # what answers it
    with scene.app.app_context():
        assert Leases(scene.runs).claim(run_id, "another") is not None
    queue.flush()
    shift.go()
    assert queue.pending_count() == 0  # another is at it
    dead = Leases(Runs(scene.runs.engine, lambda: utc_now() + timedelta(seconds=25)))
    assert dead.abandoned() == [run_id]


def test_a_worker_is_seen_while_it_lives(scene: Scene, queue: Huey) -> None:
    note = workers_note(scene.settings)
    assert isinstance(note, Note)
    assert "bizops work reports" in note
    shift_of(scene, queue).go()
    assert Workers(scene.runs.engine).alive() == ["one"]
    assert workers_note(scene.settings) == ""
    Workers(scene.runs.engine).leave("one")
    assert Workers(scene.runs.engine).alive() == []


def test_a_round_of_which_one_part_fails_does_the_others(scene: Scene, queue: Huey) -> None:
    scene.app.extensions["portal_settings"] = replace(scene.settings, worker_beat=Path("/nowhere/at/all"))
    scene.ask(scene.olivia)
    queue.flush()
    shift_of(scene, queue).go()
    assert queue.pending_count() == 1


def test_two_workers_never_write_the_same_and_a_stale_one_ends_without_a_word(scene: Scene) -> None:
    run_id = scene.ask(scene.olivia)
    leases = Leases(scene.runs)
    run = leases.claim(run_id, "first")
    assert run is not None
    assert leases.claim(run_id, "second") is None
    later = Leases(Runs(scene.runs.engine, lambda: utc_now() + timedelta(seconds=25)))
    taken = later.claim(run_id, "second")
    assert taken is not None
    assert taken.turn == 2
    with pytest.raises(Exception, match=run_id):
        leases.prolong(run_id, "first", 7)
    assert leases.prolong(run_id, "second", 7) is False


def test_a_run_that_kills_its_workers_is_given_up_with_a_sentence(scene: Scene) -> None:
    run_id = scene.ask(scene.olivia)
    for turn in range(TURNS):
        assert Leases(scene.runs).claim(run_id, f"dead {turn}")
        with scene.runs.engine.begin() as connection:
            connection.execute(update(report_run).values(lease_until=None))
    assert scene.write(run_id).state is State.FAILED
    assert "stopped three times" in scene.olivia.get(f"/runs/{run_id}").text


def test_a_worker_that_is_stopped_leaves_its_run_to_another(scene: Scene) -> None:
    run_id = scene.ask(scene.olivia)
    scene.stopping.set()
    run = scene.write(run_id)
    assert (run.state, run.turn, run.file) == (State.WAITING, 0, None)
    scene.stopping.clear()
    assert scene.write(run_id).state is State.COMPLETE


@pytest.fixture
def slow(tmp_path: Path, hub_url: str) -> Scene:
    """An app with a report that never ends by itself."""
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / f"{CAUGHT}.yaml").write_text(SLOW)
    return Scene.at(tmp_path, hub_url, reports_dir=tmp_path / "reports")


@pytest.fixture
def started(slow: Scene) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts workers as they are started everywhere: processes with settings from their environment."""
    running: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        running.append(worker_of(slow))
        return running[-1]

    yield start
    for each in running:
        each.kill()
        each.wait(10)


def worker_of(scene: Scene) -> subprocess.Popen[bytes]:
    """A worker's process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BIZOPS_")}
    names = (
        *("base_url", "environment", "time_zone", "state_dir", "oidc_issuer", "oidc_client_id", "oidc_client_secret"),
        *("access_database_url", "hub_database_url", "reports_dir"),
    )
    told = {f"BIZOPS_{name.upper()}": str(getattr(scene.settings, name)) for name in names}
    command = [sys.executable, "-c", "from bff.cli import main; main()", "work", "reports"]
    return subprocess.Popen(command, env={**kept, **told, "BIZOPS_LOG_LEVEL": "ERROR"})


def until(what: Callable[[], object], seconds: float = 40.0) -> None:
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def pieces(scene: Scene) -> list[tuple[str, int]]:
    """Every piece of every file."""
    with scene.runs.engine.connect() as connection:
        return [
            (row.file, row.position) for row in connection.execute(select(kept_piece.c.file, kept_piece.c.position))
        ]


def test_a_worker_that_is_killed_in_the_middle_is_followed_by_another_that_finishes_once(
    slow: Scene, started: Callable[[], subprocess.Popen[bytes]]
) -> None:
    run_id = slow.ask(slow.olivia, f"/catalogue/{CAUGHT}/background")
    first = started()
    until(lambda: pieces(slow) and slow.run(run_id).rows)
    assert slow.olivia.get(f"/runs/{run_id}/file").status_code == 409
    first.send_signal(signal.SIGKILL)
    assert first.wait(10) == -signal.SIGKILL
    half = {file for file, _position in pieces(slow)}
    assert (slow.run(run_id).state, len(half)) == (State.RUNNING, 1)
    (slow.settings.reports_dir or Path()).joinpath(f"{CAUGHT}.yaml").write_text(SLOW.split("        CROSS JOIN")[0])
    with slow.runs.engine.begin() as connection:
        connection.execute(update(report_run).values(lease_until=None))  # it would be over in a few seconds
    second = started()
    until(lambda: slow.run(run_id).state.over)
    run = slow.run(run_id)
    assert (run.state, run.problem, run.turn) == (State.COMPLETE, "", 2)
    assert slow.olivia.get(f"/runs/{run_id}/file").status_code == 200
    second.send_signal(signal.SIGTERM)
    assert second.wait(15) == 0
    # What the dead one left can be read by nobody, and is swept away.
    with slow.runs.engine.connect() as connection:
        whole = {row.id: row.complete for row in connection.execute(select(kept_file))}
    assert whole == {run.file: True, half.pop(): False}
    assert Runs(slow.runs.engine, lambda: utc_now() + timedelta(hours=2)).files.sweep() == 1
    log: AuditLog = slow.app.extensions["portal_audit"]
    written = [entry for entry in log.entries(AuditQuery()).entries if entry.action == "report.written"]
    assert [str(entry.outcome) for entry in written] == ["done"]


def test_a_run_under_way_is_cancelled_and_a_worker_that_is_stopped_puts_its_run_down(
    slow: Scene, started: Callable[[], subprocess.Popen[bytes]]
) -> None:
    run_id = slow.ask(slow.olivia, f"/catalogue/{CAUGHT}/background")
    worker = started()
    until(lambda: pieces(slow))
    # Pages are served meanwhile.
    assert slow.olivia.get(f"{PAGE}?settlementWindowId=1").status_code == 200
    assert slow.olivia.post(f"/runs/{run_id}/cancel").status_code == 303
    until(lambda: slow.run(run_id).state.over)
    assert slow.run(run_id).state is State.CANCELLED
    until(lambda: not pieces(slow))
    other = slow.ask(slow.olivia, f"/catalogue/{CAUGHT}/background")
    until(lambda: pieces(slow))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    assert (slow.run(other).state, pieces(slow)) == (State.WAITING, [])
