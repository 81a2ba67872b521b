"""A garden in processes of their own: many that approve at once, and some that die in the middle of it."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import time_machine
from sqlalchemy import Connection

from bff.change.audit import Actor, AuditLog, Entry, Happening
from bff.change.states import State
from bff.change.store import Tasks
from bff.change.tasks import Task
from bff.change.tests.garden import make_app
from bff.change.tests.scene import Scene
from bff.database import engine_for

CHECKERS = ("wanda", "will", "bo")
# Every place at which a process can end between a request and the end of its execution, in their order.
STEPS = (
    "requested, not committed",
    "approved, not committed",
    "before the claim",
    "intent, not committed",
    "before the hub",
    "after the hub",
    "before the outcome",
    "done, not committed",
)
ACTIONS = ("shut", "shut-by-key")
Die = Callable[[str], None]


def gate_of(step: str, action: str) -> int:
    """The gate of a case, so that all cases live in one garden."""
    return 1 + STEPS.index(step) + len(STEPS) * ACTIONS.index(action)


class DyingAudit(AuditLog):
    """An audit whose process may die once an entry is in, before its transaction ends."""

    die: Die

    def append(self, connection: Connection, happening: Happening, actor: Actor | None = None) -> Entry:
        """Add, and perhaps die."""
        entry = super().append(connection, happening, actor)
        self.die(f"{happening.outcome}, not committed")
        return entry


class DyingTasks(Tasks):
    """A store whose process may die before it claims a task or keeps an outcome."""

    die: Die

    def move(self, connection: Connection, task: Task, after: State, **values: Any) -> bool:
        """Perhaps die, or move."""
        self.die({State.EXECUTING: "before the claim", State.DONE: "before the outcome"}.get(after, ""))
        return super().move(connection, task, after, **values)


def mortal(scene: Scene, fatal: str) -> Scene:
    """The same garden in a process that is killed at a step."""

    def die(step: str) -> None:
        if step == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    changes, log = scene.changes, scene.audit
    audit, tasks = DyingAudit(log.engine, log.keys, log.app_name), DyingTasks(changes.tasks.engine)
    audit.die = tasks.die = scene.gates.at = die
    changes.audit = changes.execution.audit = audit
    changes.tasks = changes.execution.tasks = tasks
    return scene


def asked(scene: Scene, number: int, action: str) -> str:
    """Greta asks for a gate; the id of the request."""
    form = {"confirmed": "yes", "attempt": f"{number}-{action}"}
    location = scene.person("greta").post(f"/gates/{number}/{action}", data=form).location
    return str(location).rpartition("/")[2]


def in_processes(jobs: Iterable[Callable[[], None]]) -> list[int]:
    """Run each job in a process of its own, all at once; how each ended: 0, or the signal that killed it."""
    running = []
    for job in jobs:
        pid = os.fork()
        if pid == 0:
            end = 1
            try:
                job()
                end = 0
            except BaseException:
                traceback.print_exc(file=sys.stderr)
            finally:
                os._exit(end)
        running.append(pid)
    return [abs(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])) for pid in running]


def at_rest(scene: Scene) -> Scene:
    """The garden with no connection open that a fork would share."""
    access = engine_for(scene.app.extensions["portal_settings"].access_database_url)
    for engine in (scene.changes.tasks.engine, scene.gates.engine, access):
        engine.dispose()
    return scene


def approve_at_once(folder: Path, policy: str, url: str = "") -> tuple[str, list[int]]:
    """Fifty approvals of one request by three people, in ten processes that begin together."""
    scene = Scene(*make_app(folder, policy, url))
    scene.gates.put(1)
    task = scene.ask("greta")
    scene.page(task)  # so that its template is compiled once, and not in each process
    at_rest(scene)
    together = get_context("fork").Barrier(10)

    def five(first: int) -> Callable[[], None]:
        def work() -> None:
            clients = [scene.person(CHECKERS[(first + each) % len(CHECKERS)]) for each in range(5)]
            form = {"verdict": "approve", "sha256": scene.task(task).sha256}
            together.wait(60)
            with ThreadPoolExecutor(5) as pool:
                answers = list(pool.map(lambda it: it.post(f"/approvals/{task}", data=form).status_code, clients))
            # Done, already decided, or decided by this person before.
            assert set(answers) <= {303, 409}, answers

        return work

    return task, in_processes([five(each) for each in range(10)])


def die_at_every_step(folder: Path, policy: str) -> list[int]:
    """For every step and action a process that asks, approves and is killed there; how each ended."""
    scene = Scene(*make_app(folder, policy))
    for number in range(1, 1 + len(STEPS) * len(ACTIONS)):
        scene.gates.put(number)
    at_rest(scene)

    def case(step: str, action: str) -> Callable[[], None]:
        def work() -> None:
            number = gate_of(step, action)
            doomed = mortal(scene, step)
            doomed.decide("wanda", asked(doomed, number, action))

        return work

    return in_processes([case(step, action) for action in ACTIONS for step in STEPS])


def tend_later(folder: Path, policy: str) -> list[int]:
    """A fresh process, and another a minute later, and another: each has its caretaker go round."""
    scene = at_rest(Scene(*make_app(folder, policy)))

    def at(seconds: int) -> Callable[[], None]:
        def work() -> None:
            with time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds)):
                scene.tend()

        return work

    return [code for seconds in (11, 61, 122) for code in in_processes([at(seconds)])]
