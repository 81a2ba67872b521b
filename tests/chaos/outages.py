"""One part is killed, stays away until everything has been tried without it, and comes back; how long that was felt."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.answers import Kind, Outcome
from tests.chaos.load import PAGES, SIGN_IN, Load
from tests.chaos.servers import eventually
from tests.chaos.stage import Stage

# In an order that lets the longest wait begin first: what died half-way is looked at again after a minute.
PARTS = ("database", "settlement", "shell", "redis", "provider")
CHANGES = ("change users", "change shell")  # a window's may wait for that minute, and so is not waited for here
LABELS = (*PAGES, SIGN_IN)
REMEMBERED_S = 2.5  # rights are remembered for two seconds: what works for longer works without the part


@dataclass(frozen=True)
class Outage:
    """When a part was killed, told to start again, ready, and when all was well again; monotonic seconds."""

    part: str
    killed: float
    restarted: float
    back: float
    over: float

    def felt(self, told: Sequence[Outcome]) -> list[Outcome]:
        """The requests that ended meanwhile."""
        return [each for each in told if self.killed <= each.ended <= self.over]

    def area(self) -> tuple[str, ...]:
        """What depends on the part."""
        if self.part == "provider":
            return (SIGN_IN,)
        return tuple(label for label in LABELS if self.part != "settlement" or label.startswith("/settlement"))

    def away_s(self, told: Sequence[Outcome]) -> float:
        """From the kill to the first good answer after the last bad one, of whatever was longest without."""
        felt = {id(each) for each in self.felt(told)}
        area = self.area()
        return max(self._away_s([each for each in told if each.label == label], felt) for label in area)

    def went_on(self, told: Sequence[Outcome]) -> list[str]:
        """What was well answered at last while the part was not there."""
        without = [each for each in told if self.killed + REMEMBERED_S <= each.began <= self.restarted]
        latest = {each.label: each.good for each in without}
        return [label for label in LABELS if latest.get(label)]

    def _away_s(self, told: list[Outcome], felt: set[int]) -> float:
        bad = [each.ended for each in told if id(each) in felt and not each.good]
        if not bad:
            return 0.0
        return min(each.ended for each in told if each.good and each.ended > max(bad)) - self.killed


def begin(load: Load) -> None:
    """Have everything answered well once, before anything is killed."""
    _until(load, (*LABELS, *CHANGES), 0.0, good=True)


def suffer(stage: Stage, load: Load, part: str) -> Outage:
    """Kill a part, let everybody try everything, and start it again."""
    killed = time.monotonic()
    stage.kill(part)
    _until(load, (*LABELS, *CHANGES), killed + REMEMBERED_S)
    restarted = time.monotonic()
    stage.restart(part)
    back = time.monotonic()
    _until(load, (*LABELS, *CHANGES), back, good=True)
    return Outage(part, killed, restarted, back, time.monotonic())


def _until(load: Load, labels: Sequence[str], since: float, *, good: bool = False) -> None:
    """Wait until each has been asked for since then; with `good`, until the last answer of each was good."""

    def missing() -> dict[str, Outcome | None]:
        latest = {each.label: each for each in list(load.told) if each.began >= since}
        lacks = (label for label in labels if label not in latest or (good and not latest[label].good))
        return {label: latest.get(label) for label in lacks}

    eventually(lambda: not missing(), missing)


def cut_elsewhere(told: Sequence[Outcome], outages: Sequence[Outage]) -> list[Outcome]:
    """Connections that broke although nobody had killed what they led to."""
    shell = next(each for each in outages if each.part == "shell")
    allowed = shell.felt(told)
    return [each for each in told if each.kind is Kind.CUT and each.label != SIGN_IN and each not in allowed]
