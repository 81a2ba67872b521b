"""The queue that wakes the workers, embedded in a file or Redis: only a bell, for the runs' tables say what is left."""

import json
from collections.abc import Callable
from typing import Any

import structlog

from bff.absent import absent
from microfrontends.settlement.settings import SettlementSettings

with absent("psycopg"):  # huey would keep queues in PostgreSQL too: 5 MB that nobody asks for
    from huey import Huey, RedisHuey, SqliteHuey
    from huey.registry import Message
    from huey.serializer import Serializer

NAME, TASK = "settlement", "work_at"
Bell = Callable[[str], Any]  # says that there is a run to work at
log = structlog.get_logger()


class AsJson(Serializer):  # type: ignore[misc]  # huey ships no types
    """Tasks as JSON. The default would run whatever somebody else puts into the queue."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Any:
        return Message(*json.loads(data))


def queue_of(settings: SettlementSettings) -> Huey:
    """The app's queue, the same for those who ring and those who work."""
    kept: dict[str, Any] = {"results": False, "serializer": AsJson()}
    if settings.redis_url:
        return RedisHuey(NAME, url=settings.redis_url, **kept)
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    return SqliteHuey(NAME, filename=str(settings.state_dir / "queue.sqlite"), **kept)


def bell_of(queue: Huey) -> Bell:
    """Tells the workers of a run. Where the queue is away they find it by themselves, a few seconds later."""
    wake = _named(queue, _nobody_here)

    def ring(run_id: str) -> None:
        try:
            wake(run_id)
        except Exception as problem:  # whatever it is, the run is kept
            log.warning("bell_not_heard", run=run_id, problem=type(problem).__name__)

    return ring


def listen(queue: Huey, work_at: Callable[[str], Any]) -> None:
    """Have whoever takes from the queue work at the runs that it is told of."""
    _named(queue, work_at)


def _named(queue: Huey, work_at: Callable[[str], Any]) -> Any:
    def known(run_id: str) -> None:
        work_at(run_id)

    # Both ends must call it the same, which is by the name and by the module in which it was defined: this one.
    return queue.task(name=TASK)(known)


def _nobody_here(run_id: str) -> None:
    raise AssertionError(f"run {run_id} was taken up by a process that is no worker")
