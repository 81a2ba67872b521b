"""The same page while one of its three fragments hangs, stalls, dies or fails: how long, how complete, how many."""

import statistics
import sys
import time

from benchmarks.compose_scene import Burst, Composer, Fragments, marks
from tests.figures import figure

FAULTS = {"hang": "hangs before its head", "stall": "stalls in its body", "die": "dies", "500": "answers 500"}
BROKEN, OTHERS = "f2", ("f1", "f3")
DEADLINE = 1.0  # seconds: BIZOPS_SLOT_SECONDS as it is unless set, and Podium's own
AT_ONCE, SECONDS = 16, 2.0


def faults(served: Fragments, ours: Composer, peer: Composer | None) -> None:
    """Each fault in turn, the figures of ours; Podium's beside it in print."""
    for fault, words in FAULTS.items():
        for composer in (ours, peer) if peer else (ours,):
            first, under, rate, probes = _under(served, composer, fault)
            intact = all(
                burst.complete[f'data-end="{name}"'] == burst.pages for burst in (first, under) for name in OTHERS
            )
            _say(
                f"{composer.name:8} one {words:22} slowest page {max(first.slowest, under.slowest) / 1000:.2f} s,"
                f" then {under.rate:5.0f} pages/s, {rate:4.0%} of healthy, p99 {under.p99:6.1f} ms,"
                f" the others {'intact' if intact else 'BROKEN'}, its own in {_share(under):.0%}, asked {probes} times"
            )
            if composer is ours:
                _judge(fault, first, under, rate)


def _under(served: Fragments, composer: Composer, fault: str) -> tuple[Burst, Burst, float, int]:
    """The first pages under a fault, those once it is known, their rate beside a healthy one, requests meanwhile."""
    healthy = _healthy(served, composer)
    served.order(faults={BROKEN: fault})
    first = composer.load(1, 8, marks=marks(3), most=8)
    composer.load(AT_ONCE, SECONDS)
    served.forget()
    under = composer.load(AT_ONCE, SECONDS * 1.5, marks=marks(3))
    asked = served.counts()[BROKEN]
    healthy = statistics.mean([healthy, _healthy(served, composer)])
    return first, under, under.rate / healthy, asked


def _healthy(served: Fragments, composer: Composer) -> float:
    """The rate without a fault, as soon as the page is whole again."""
    served.order()
    ends = time.monotonic() + 60
    while not all(mark in composer.text() for mark in marks(3)):
        if time.monotonic() > ends:
            raise RuntimeError(f"{composer.name} has not recovered")
        time.sleep(0.1)
    return composer.load(AT_ONCE, SECONDS).rate


def _judge(fault: str, first: Burst, under: Burst, rate: float) -> None:
    name = f"compose_{fault}"
    figure(f"{name}_slowest_page_ratio", f"{max(first.slowest, under.slowest) / 1000 / DEADLINE:.2f}")
    if fault == "hang":
        figure("compose_hang_throughput_ratio", f"{rate:.2f}")
        # A probe on somebody's request would make that page wait for the deadline.
        figure("compose_hang_slowest_later_ms", f"{under.slowest:.0f}", "ms")


def _share(burst: Burst) -> float:
    return burst.complete[f'data-end="{BROKEN}"'] / max(burst.pages, 1)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
