"""Figures that are measured, kept in build/figures.txt: a line each, the newest of a name."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE = Path(__file__).parents[1] / "build" / "figures.txt"
# One run of pytest may have several processes: what each has counted so far lies in a file of its own.
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"alone-{os.getpid()}")
PROCESS = os.environ.get("PYTEST_XDIST_WORKER", "alone")


def figure(name: str, value: str, unit: str = "") -> None:
    """Write `figure NAME VALUE [UNIT]`, in place of an earlier value of the same name."""
    with _alone():
        _write(name, value, unit)


def count(name: str, number: int) -> None:
    """Add to a figure that all of this run's processes count together."""
    with _alone():
        folder = FILE.parent / "counts" / RUN / name
        folder.mkdir(parents=True, exist_ok=True)
        mine = folder / PROCESS
        mine.write_text(str(number + (int(mine.read_text()) if mine.exists() else 0)))
        _write(name, str(sum(int(each.read_text()) for each in folder.iterdir())))


@contextmanager
def _alone() -> Iterator[None]:
    """No other process writes meanwhile."""
    FILE.parent.mkdir(exist_ok=True)
    with (FILE.parent / "figures.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(name: str, value: str, unit: str = "") -> None:
    line = f"figure {name} {value} {unit}".rstrip()
    others = [old for old in FILE.read_text("utf-8").splitlines() if old.split()[1] != name] if FILE.exists() else []
    FILE.write_text("\n".join([*others, line]) + "\n", "utf-8")
