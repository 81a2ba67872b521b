"""The run of a change that was asked for and let through: outside of one, nothing is written to the hub."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID, uuid5

from bff.errors import OutsideAction


@dataclass(frozen=True)
class Person:
    """Somebody who asked or decided, as they were called then. `subject` alone says who it is."""

    subject: str
    name: str
    username: str


@dataclass(frozen=True)
class Run:
    """One execution of one task. `task` is the task's UUID; `reason` is what the maker gave.

    Whoever writes says so in `done` afterwards: what fails then has changed something already.
    """

    task: str
    maker: Person
    approvers: tuple[Person, ...] = ()
    reason: str = ""
    done: list[str] = field(default_factory=list, compare=False)

    def key(self, step: str = "") -> str:
        """A UUID for a step, the same at every attempt (UUIDv5), so that the hub can tell a repetition."""
        return str(uuid5(UUID(self.task), step))


_present: ContextVar[Run | None] = ContextVar("present_run", default=None)


@contextmanager
def running(run: Run) -> Iterator[Run]:
    """Make `run` the present one; only `bff.change` does so, after everything that must come before."""
    token = _present.set(run)
    try:
        yield run
    finally:
        _present.reset(token)


def present_run() -> Run:
    """The run that is executing here. Raises OutsideAction."""
    run = _present.get()
    if run is None:
        raise OutsideAction("a change was tried outside an action; make it the `execute` of one")
    return run
