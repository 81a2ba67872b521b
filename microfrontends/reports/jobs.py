"""The queue that wakes the reports' workers, embedded in a file or Redis: only a bell, the tables say what is left."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from bff.absent import absent
from microfrontends.reports.settings import ReportsSettings

with absent("psycopg"):  # huey would keep queues in PostgreSQL too: 5 MB that nobody asks for
    from huey import Huey, RedisHuey, SqliteHuey
    from huey.registry import Message
    from huey.serializer import Serializer

NAME = "reports"
WRITE = "write"  # the task of writing a run's file; its argument is the run's id
Bell = Callable[[str, str], None]  # a task's name, and what it is about
Task = Callable[[str], Any]
log = structlog.get_logger()


class AsJson(Serializer):  # type: ignore[misc]  # huey ships no types
    """Tasks as JSON. The default would run whatever somebody else puts into the queue."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Any:
        return Message(*json.loads(data))


def queue_of(settings: ReportsSettings) -> Huey:
    """The app's queue, the same for those who ring and those who work."""
    kept: dict[str, Any] = {"results": False, "serializer": AsJson()}
    if settings.redis_url:
        return RedisHuey(NAME, url=settings.redis_url, **kept)
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    return SqliteHuey(NAME, filename=str(settings.state_dir / "queue.sqlite"), **kept)


def bell_of(queue: Huey) -> Bell:
    """Tells the workers what there is to do. Where the queue is away they find it by themselves a little later."""
    wake = _named(queue, {})

    def ring(task: str, about: str) -> None:
        try:
            wake(task, about)
        except Exception as problem:  # whatever it is, the tables know
            log.warning("bell_not_heard", task=task, about=about, problem=type(problem).__name__)

    return ring


def listen(queue: Huey, tasks: Mapping[str, Task]) -> None:
    """Have whoever takes from the queue do these tasks."""
    _named(queue, tasks)


def _named(queue: Huey, tasks: Mapping[str, Task]) -> Any:
    def known(task: str, about: str) -> None:
        if task in tasks:  # one that a newer version of the app rang for waits for a worker of that version
            tasks[task](about)

    # Both ends must call it the same, which is by the name and by the module in which it was defined: this one.
    return queue.task(name="do")(known)
