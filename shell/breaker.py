"""Decides when an upstream is no longer asked: what keeps failing is refused at once until a probe finds it well."""

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

IN_A_ROW: Final = 5  # failures with no success between them
WINDOW_SECONDS: Final = 10.0
FEWEST: Final = 10  # requests in a window, of which half failed
FIRST_PAUSE: Final = 1.0  # doubled whenever a probe fails, or the first request after a good one
LONGEST_PAUSE: Final = 30.0
PROBE_SECONDS: Final = 30.0  # a probe that has not said how it went by then is held for lost
LARGEST: Final = 10_000


class State(StrEnum):
    """Whether requests pass: all do, none does, or none but a probe."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """One upstream's. While it is closed, asking it costs a comparison and telling it an addition."""

    __slots__ = ("_clock", "_failed", "_lock", "_ok", "_pause", "_row", "_turn", "_until", "opened_at", "state")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.state = State.CLOSED
        self.opened_at: datetime | None = None
        self._clock, self._lock = clock, threading.Lock()
        self._row = self._ok = self._failed = 0
        self._turn = self._until = 0.0  # when the window ends; when the next probe may begin
        self._pause = 0.0  # above nothing while the last probe is all the good that is known

    def allows(self) -> bool:
        """Whether to ask at all."""
        return self.state is State.CLOSED

    def succeeded(self) -> None:
        """A request was answered."""
        self._row, self._pause = 0, 0.0 if self.state is State.CLOSED else self._pause
        self._count(failed=False)

    def failed(self) -> bool:
        """A request was not answered; True when this was the one that opened it."""
        with self._lock:
            if self.state is not State.CLOSED:  # it was under way when the breaker opened
                return False
            self._row += 1
            self._count(failed=True)
            often = self._ok + self._failed >= FEWEST and self._failed * 2 >= self._ok + self._failed
            if self._row < IN_A_ROW and not often and not self._pause:
                return False
            self._open()
            return True

    def claim(self) -> bool:
        """Whether the caller is to probe now, and nobody else: the pause is over."""
        with self._lock:
            now = self._clock()
            if self.state is State.CLOSED or now < self._until:
                return False
            self.state, self._until = State.HALF_OPEN, now + PROBE_SECONDS
            return True

    def probed(self, *, well: bool) -> None:
        """How the probe went."""
        with self._lock:
            if well:
                self.state, self.opened_at = State.CLOSED, None
                self._row = self._ok = self._failed = 0
            else:
                self._open()

    @property
    def due_in(self) -> float:
        """Seconds until the next probe may begin."""
        return max(0.0, self._until - self._clock())

    def _open(self) -> None:
        self._pause = min(self._pause * 2 or FIRST_PAUSE, LONGEST_PAUSE)
        self.state, self.opened_at = State.OPEN, self.opened_at or datetime.now(UTC)
        # Jitter keeps many shells from knocking in step at an app that is coming back.
        self._until = self._clock() + self._pause * random.uniform(0.8, 1.2)  # noqa: S311

    def _count(self, *, failed: bool) -> None:
        now = self._clock()
        if now >= self._turn:
            self._turn, self._ok, self._failed = now + WINDOW_SECONDS, 0, 0
        if failed:
            self._failed += 1
        else:
            self._ok += 1


class Breakers:
    """One per key: an upstream (`MicroFrontend.upstream`) for its pages, the upstream and a path for one fragment."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, Breaker] = {}
        self._lock = threading.Lock()

    def of(self, key: str) -> Breaker:
        return self._known.get(key) or self._made(key)

    def not_closed(self, upstream: str) -> dict[str, Breaker]:
        """Those of an upstream that are open or half open, its fragments' among them, by key."""
        found = [(key, each) for key, each in list(self._known.items()) if not each.allows()]
        return {key: each for key, each in found if key == upstream or key.startswith(f"{upstream}/")}

    def _made(self, key: str) -> Breaker:
        with self._lock:
            while len(self._known) >= LARGEST:  # addresses that came and went
                del self._known[next(iter(self._known))]
            return self._known.setdefault(key, Breaker(self._clock))
