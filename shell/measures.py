"""Decides what is remembered of the time that upstreams take: totals, and the last few hundred durations of each."""

import threading
import time
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

KEPT: Final = 256
LARGEST: Final = 10_000
BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds


@dataclass(frozen=True, slots=True)
class Measure:
    """One upstream since the shell started; the percentiles are those of its last requests."""

    requests: int = 0
    errors: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0


class Tally:
    """How many of one upstream's requests of one kind took how long, with an example of each duration.

    Threads may lose each other an entry, never the memory's bound."""

    __slots__ = ("counts", "examples", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)  # one for each bound, and one above them all
        self.examples: list[tuple[str, float, float] | None] = [None] * len(self.counts)  # trace, seconds, when
        self.seconds = 0.0

    def add(self, seconds: float, trace_id: str) -> None:
        at = bisect_left(BOUNDS, seconds)
        self.counts[at] += 1
        self.seconds += seconds
        if trace_id:
            self.examples[at] = trace_id, seconds, time.time()


class Ring:
    """The durations of one upstream. Threads may lose each other an entry, never the memory's bound."""

    __slots__ = ("_at", "_last", "errors", "requests")

    def __init__(self) -> None:
        self.requests = self.errors = self._at = 0
        self._last = array("f")

    def add(self, seconds: float, *, ok: bool) -> None:
        """One request that was sent, and how long it took to be answered or given up."""
        self.requests += 1
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

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._known: dict[str, Ring] = {}
        self._tallies: dict[tuple[str, str], Tally] = {}
        self._errors: Counter[tuple[str, str]] = Counter()
        self._shown: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def of(self, key: str) -> Measure:
        ring = self._known.get(key)
        return ring.measure() if ring else Measure()

    def asked(self, key: str, lane: str, seconds: float, *, failed: str = "", trace_id: str = "") -> None:
        """A request was sent so many seconds ago and is over now; `failed` says in a word why it was no use."""
        tally = self._tallies.get((key, lane))
        if tally is None:
            tally = self._new(key, lane)
        tally.add(seconds, trace_id)
        self._known[key].add(seconds, ok=not failed)
        if failed:
            self._errors[key, failed] += 1

    def refused(self, key: str, reason: str) -> None:
        """A request was not even sent."""
        self._errors[key, reason] += 1

    def shown(self, key: str, outcome: str) -> None:
        """What stood in a fragment's place in the end: it itself, an older copy, a fallback."""
        self._shown[key, outcome] += 1

    @property
    def tallies(self) -> Mapping[tuple[str, str], Tally]:
        """By upstream and kind of request."""
        return dict(self._tallies)

    @property
    def errors(self) -> Mapping[tuple[str, str], int]:
        """By upstream and reason."""
        return dict(self._errors)

    @property
    def outcomes(self) -> Mapping[tuple[str, str], int]:
        """How often what stood in fragments' places, by upstream and outcome."""
        return dict(self._shown)

    def _new(self, key: str, lane: str) -> Tally:
        with self._lock:
            while len(self._known) >= self._largest:  # addresses that came and went
                gone = next(iter(self._known))
                del self._known[gone]
                self._tallies = {each: tally for each, tally in self._tallies.items() if each[0] != gone}
            self._known.setdefault(key, Ring())
            return self._tallies.setdefault((key, lane), Tally())
