"""Decides which of the slow things are logged: enough of them to act on, never so many that they flood the log."""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

import structlog

EVERY_SECONDS: Final = 10.0  # one line of the same thing in so long; it says how many it stands for
LARGEST: Final = 1_000

log = structlog.get_logger()


class Slow:
    """What takes longer than `ms` milliseconds."""

    def __init__(self, ms: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = ms / 1000
        self._clock, self._lock = clock, threading.Lock()
        self._last: dict[tuple[str, str], tuple[float, int]] = {}  # when it was logged, and how often not since

    def note(self, event: str, what: str, seconds: float, **facts: Any) -> None:
        """Something took so long; whoever calls has compared already, which costs nothing."""
        left_out = self._turn((event, what))
        if left_out is not None:
            log.warning(event, ms=round(seconds * 1000), **facts, **({"left_out": left_out} if left_out else {}))

    def _turn(self, key: tuple[str, str]) -> int | None:
        now = self._clock()
        with self._lock:
            last, left_out = self._last.get(key, (-EVERY_SECONDS, 0))
            if now - last < EVERY_SECONDS:
                self._last[key] = last, left_out + 1
                return None
            while len(self._last) >= LARGEST:
                del self._last[next(iter(self._last))]
            self._last[key] = now, 0
            return left_out
