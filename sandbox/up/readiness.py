"""When the processes are ready: each answers its health check with 200, or has written its file."""

import http.client
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event

from sandbox.up.problem import Problem
from sandbox.up.process import Process, Program

INTERVAL = 0.05
DEADLINE = 120.0  # the very first start compiles every module


def wait_until_ready(processes: Collection[Process], seconds: float = DEADLINE) -> None:
    """Return when all answer. Raises Problem naming the process that ended, or did not become ready in time."""
    deadline, given_up = time.monotonic() + seconds, Event()
    with ThreadPoolExecutor(len(processes)) as pool:
        problems = [pool.submit(_problem, process, deadline, given_up) for process in processes]
        try:
            first = next((problem for done in as_completed(problems) if (problem := done.result())), "")
        finally:
            given_up.set()  # also on Ctrl-C, for which the pool would wait otherwise
    if first:
        raise Problem(first)


def _problem(process: Process, deadline: float, given_up: Event) -> str:
    said = "it does not answer"
    while time.monotonic() < deadline and not given_up.is_set():
        if not process.running:
            return f"{ended(process)}\n{process.last_words()}"
        status, text = _ask(process.program)
        if status == http.client.OK:
            return ""
        said = f"it answers {status} {text}" if status else said
        given_up.wait(INTERVAL)
    return f"{process.name} is not ready: {said}. The end of {process.log}:\n{process.last_words()}"


def ended(process: Process) -> str:
    """The sentence about a process that has ended by itself."""
    code = process.exit_code or 0
    how = f"was killed by signal {-code}" if code < 0 else f"ended by itself with exit code {code}"
    return f"{process.name} {how}. The end of {process.log}:"


def _ask(program: Program) -> tuple[int, str]:
    if program.beat:
        return (http.client.OK if program.beat.exists() else 0), ""
    connection = http.client.HTTPConnection("localhost", program.port, timeout=2)
    try:
        connection.request("GET", program.ready)
        response = connection.getresponse()
        return response.status, response.read(300).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()
