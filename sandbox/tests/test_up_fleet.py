"""Processes that live and die together: ready, fallen, stopped, and never left behind."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.tests.processes import command_lines
from sandbox.up import Problem, free_base_port
from sandbox.up.fleet import Fleet
from sandbox.up.process import Process, Program
from sandbox.up.readiness import wait_until_ready
from sandbox.up.watch import Guard

ANSWERS = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(sys.argv[2]))
        self.end_headers()
        self.wfile.write(os.environ.get("BIZOPS_WORD", "-").encode())
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
FALLS = "import sys; print('the key is missing'); sys.exit(3)"
STUBBORN = (
    "import signal, time; [signal.signal(n, signal.SIG_IGN) for n in (3, 15)]; print('up', flush=True); time.sleep(60)"
)
SLEEPS = "import time; time.sleep(60)"
FAMILY = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", "{SLEEPS}", sys.argv[1]])
"""
PARENT = f"""
import sys
from pathlib import Path
from sandbox.up.fleet import Fleet
from sandbox.up.process import Program
child = {FAMILY!r}
programs = [Program(name, (sys.executable, "-c", child, sys.argv[1]), 1, {{}}) for name in "ab"]
Fleet(programs, Path(sys.argv[1])).start_all()
print("started", flush=True)
{SLEEPS}
"""


def answering(name: str, port: int, status: int = 200) -> Program:
    command = (sys.executable, "-I", "-S", "-c", ANSWERS, str(port), str(status))
    return Program(name, command, port, {"BIZOPS_WORD": "hello"})


def family(mark: str) -> list[str]:
    """The command lines, other than the parent's, that hold the mark."""
    return [line for line in command_lines().values() if mark in line and "Fleet" not in line]


def eventually(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def guard() -> Iterator[Guard]:
    guard = Guard()
    yield guard
    guard.close()


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    base = free_base_port()
    fleet = Fleet([answering("one", base), answering("two", base + 1)], tmp_path)
    fleet.start_all()
    yield fleet
    fleet.stop_all()


def test_all_are_ready_together_and_gone_together(fleet: Fleet) -> None:
    fleet.wait()
    assert all(process.running for process in fleet.processes.values())
    fleet.stop_all()
    assert not any(process.running for process in fleet.processes.values())


def test_a_process_that_falls_is_noticed_but_not_one_that_was_stopped(fleet: Fleet) -> None:
    fleet.wait()
    fleet.stop("one")
    assert fleet.fallen() is None
    fleet.processes["two"].signal(signal.SIGKILL)
    assert eventually(lambda: fleet.fallen() is fleet.processes["two"])
    fleet.start("one")
    assert fleet.processes["one"].running


def test_a_paused_process_can_still_be_stopped(fleet: Fleet) -> None:
    fleet.wait()
    fleet.pause("one")
    begun = time.monotonic()
    fleet.stop("one")
    assert time.monotonic() - begun < 5


def test_a_process_that_ends_at_once_is_named_with_its_last_words(tmp_path: Path, guard: Guard) -> None:
    process = Process(Program("reports", (sys.executable, "-c", FALLS), 1, {}), tmp_path / "reports.log", guard)
    process.start()
    with pytest.raises(Problem, match=r"reports ended by itself with exit code 3.*reports\.log:\n +the key is missing"):
        wait_until_ready([process])
    process.stop()


def test_a_process_that_is_not_ready_in_time_is_named_with_its_answer(tmp_path: Path, guard: Guard) -> None:
    process = Process(answering("users", free_base_port(), 503), tmp_path / "users.log", guard)
    process.start()
    with pytest.raises(Problem, match="users is not ready: it answers 503 hello"):
        wait_until_ready([process], 1)
    process.stop()


def test_a_process_that_ignores_the_request_is_stopped_by_force(tmp_path: Path, guard: Guard) -> None:
    program = Program("stubborn", (sys.executable, "-c", STUBBORN), 1, {})
    process = Process(program, tmp_path / "stubborn.log", guard, patience=0.2)
    process.start()
    assert eventually(lambda: "up" in process.log.read_text())
    process.stop()
    assert not process.running


def test_nothing_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    mark = str(tmp_path)
    command = [sys.executable, "-c", PARENT, mark]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"started\n"
        assert eventually(lambda: len(family(mark)) == 4)
        parent.kill()
    assert eventually(lambda: family(mark) == [])
