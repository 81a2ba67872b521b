"""What a report costs as a file: the peer's table and query on a real MariaDB, through HTTP."""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread

from benchmarks.reports_scene import Answer, Scene, running
from tests.figures import figure

# Upstream's reporting service on the same rows (reference machine, 2 cores): CPU and peak memory of its process.
PEER = {
    "csv_100k": "351.5 s CPU, 2879 MB, nothing sent before 400 s",
    "csv_1m": "not finished after 330 s CPU, 4031 MB and rising",
    "xlsx_100k": "358 s CPU, 2881 MB, and no workbook: JSON under its name",
    "xlsx_1m": "not run: the same path as CSV",
}
SIZES = {"100k": 100_000, "1m": 1_000_000}
PAGE = "/catalogue"


@dataclass(frozen=True)
class Cost:
    """What one file took."""

    answer: Answer
    cpu: float
    growth: float
    wall: float


def measure() -> None:
    """Print the figures, each beside the peer's."""
    with running() as scene:
        scene.export("csv", 1000)  # what is imported and compiled once
        scene.export("xlsx", 1000)
        grown = [_files(scene, form, size) for form in ("csv", "xlsx") for size in SIZES]
        figure("report_rss_growth_mb", f"{max(grown):.0f}", "MB")
        figure("report_pages_meanwhile_p99_ms", f"{_pages_meanwhile(scene):.0f}", "ms")
        figure("report_stopped_waiting_s", f"{_stopped(scene, 'bench-slow', read=False):.1f}", "s")
        figure("report_stopped_reading_s", f"{_stopped(scene, 'bench-transactions', read=True):.1f}", "s")


def _files(scene: Scene, form: str, size: str) -> float:
    cost = _cost(scene, lambda: scene.export(form, SIZES[size]))
    name = f"{form}_{size}"
    figure(f"{name}_cpu_s", f"{cost.cpu:.2f}", "s")
    if name == "csv_1m":
        figure("csv_first_byte_ms", f"{cost.answer.first_byte * 1000:.0f}", "ms")
    sys.stdout.write(
        f"{name:10} {cost.cpu:6.2f} s CPU, +{cost.growth:.0f} MB, first byte after {cost.answer.first_byte:.2f} s, "
        f"{cost.wall:.1f} s, {cost.answer.size / 1e6:.1f} MB    peer: {PEER[name]}\n"
    )
    sys.stdout.flush()
    return cost.growth


def _cost(scene: Scene, work: Callable[[], Answer]) -> Cost:
    scene.worker.forget_peak()
    before, memory, begun = scene.worker.cpu_seconds(), scene.worker.memory_mb(), time.perf_counter()
    answer = work()
    wall = time.perf_counter() - begun
    return Cost(answer, scene.worker.cpu_seconds() - before, scene.worker.peak_mb() - memory, wall)


def _pages_meanwhile(scene: Scene) -> float:
    scene.get(PAGE)
    export = Thread(target=scene.export, args=("csv", SIZES["1m"]))
    export.start()
    spent = []
    while export.is_alive():
        begun = time.perf_counter()
        scene.get(PAGE)
        spent.append((time.perf_counter() - begun) * 1000)
    export.join()
    return sorted(spent)[int(len(spent) * 0.99)]


def _stopped(scene: Scene, report: str, *, read: bool) -> float:
    connection = scene.begin(f"/api/reports/{report}?format=csv&{scene.period(SIZES['1m'])}")
    if read:
        connection.getresponse().read(1000)
    while not scene.queries():
        time.sleep(0.02)
    left = time.perf_counter()
    with suppress(OSError):
        connection.sock.shutdown(2)
    connection.close()
    while scene.queries():
        time.sleep(0.02)
        if time.perf_counter() - left > 30:
            break
    return time.perf_counter() - left


if __name__ == "__main__":
    measure()
