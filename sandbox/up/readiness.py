"""When the processes are ready: each answers its health check with 200."""

import http.client
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from sandbox.up.problem import Problem
from sandbox.up.process import Process, Program

INTERVAL = 0.05
DEADLINE = 120.0  # the very first start compiles every module


def wait_until_ready(processes: Collection[Process], seconds: float = DEADLINE) -> None:
    """Return when all answer. Raises Problem naming the process that ended, or did not become ready in time."""
    deadline = time.monotonic() + seconds
    with ThreadPoolExecutor(len(processes)) as pool:
        for problem in pool.map(lambda process: _problem(process, deadline), processes):
            if problem:
                raise Problem(problem)


def _problem(process: Process, deadline: float) -> str:
    said = "it does not answer"
    while time.monotonic() < deadline:
        if not process.running:
            return f"{ended(process)}\n{process.last_words()}"
        status, text = _ask(process.program)
        if status == http.client.OK:
            return ""
        said = f"it answers {status} {text}" if status else said
        time.sleep(INTERVAL)
    return f"{process.name} is not ready: {said}. The end of {process.log}:\n{process.last_words()}"


def ended(process: Process) -> str:
    """The sentence about a process that has ended by itself."""
    return f"{process.name} ended by itself with exit code {process.exit_code}. The end of {process.log}:"


def _ask(program: Program) -> tuple[int, str]:
    connection = http.client.HTTPConnection("localhost", program.port, timeout=2)
    try:
        connection.request("GET", program.ready)
        response = connection.getresponse()
        return response.status, response.read(300).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()
