"""Decides what is remembered of the time that upstreams take: totals, and the last few hundred durations of each."""

import threading
import time
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client.core import CounterMetricFamily, Metric, SummaryMetricFamily

KEPT: Final = 256
LARGEST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Measure:
    """One upstream since the shell started; the percentiles are those of its last requests."""

    requests: int = 0
    errors: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0


class Ring:
    """The durations of one upstream. Threads may lose each other an entry, never the memory's bound."""

    __slots__ = ("_at", "_last", "errors", "requests", "seconds")

    def __init__(self) -> None:
        self.requests = self.errors = self._at = 0
        self.seconds = 0.0
        self._last = array("f")

    def add(self, seconds: float, *, ok: bool) -> None:
        """One request that was sent, and how long it took to be answered or given up."""
        self.requests += 1
        self.seconds += seconds
        if not ok:
            self.errors += 1
        if len(self._last) < KEPT:
            self._last.append(seconds)
        else:
            self._at = (self._at + 1) % KEPT
            self._last[self._at] = seconds

    def measure(self) -> Measure:
        """What is known now."""
        last = sorted(self._last)
        if not last:
            return Measure(self.requests, self.errors)
        half, most = (last[min(len(last) - 1, int(len(last) * share))] * 1000 for share in (0.5, 0.99))
        return Measure(self.requests, self.errors, half, most)


class Measures:
    """By upstream. Counting happens on every request, arithmetic only when somebody looks."""

    def __init__(self) -> None:
        self._known: dict[str, Ring] = {}
        self._shown: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def of(self, key: str) -> Measure:
        ring = self._known.get(key)
        return ring.measure() if ring else Measure()

    def since(self, key: str, began: float, *, ok: bool) -> None:
        """A request was sent at `began` (monotonic seconds) and is over now."""
        ring = self._known.get(key)
        if ring is None:
            with self._lock:
                while len(self._known) >= LARGEST:
                    del self._known[next(iter(self._known))]
                ring = self._known.setdefault(key, Ring())
        ring.add(time.monotonic() - began, ok=ok)

    def shown(self, key: str, outcome: str) -> None:
        """What stood in a fragment's place in the end: it itself, an older copy, a fallback."""
        self._shown[key, outcome] += 1

    def collect(self) -> Iterator[Metric]:
        """The same for Prometheus, which asks when it likes."""
        seconds = SummaryMetricFamily("upstream_seconds", "Seconds that upstreams took.", labels=["upstream"])
        errors = CounterMetricFamily("upstream_errors", "Requests without a usable answer.", labels=["upstream"])
        for key, ring in list(self._known.items()):
            seconds.add_metric([key], ring.requests, ring.seconds)
            errors.add_metric([key], ring.errors)
        shown = CounterMetricFamily(
            "fragments_shown", "What stood in the place of a fragment.", labels=["upstream", "outcome"]
        )
        for (key, outcome), times in list(self._shown.items()):
            shown.add_metric([key, outcome], times)
        yield from (seconds, errors, shown)
