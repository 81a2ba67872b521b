"""Which journeys a run has walked, and which of them came to their end: read off the reports of its tests."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

PROPERTY: Final = "journey"  # of each report; these travel from the process that ran a test to the one that counts
ENDS: Final = ("passed", "failed", "error")  # of what pytest counts


@dataclass
class Journey:
    """One journey: its tests that ran, and those of them that did not pass."""

    name: str
    began: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)

    @property
    def whole(self) -> bool:
        """Whether all of it that was walked came to its end."""
        return not self.broken

    def __str__(self) -> str:
        tests = f"{self.name:4} {len(self.began - self.broken)} of {len(self.began)} tests passed"
        return tests if self.whole else f"{tests}; not {', '.join(sorted(self.broken))}"


def walked(stats: Mapping[str, Iterable[Any]]) -> list[Journey]:
    """The journeys of a run's reports, as pytest's terminal keeps them; in their order."""
    found: dict[str, Journey] = {}
    for end in ENDS:
        for report in stats.get(end, ()):
            for key, name in getattr(report, "user_properties", ()):
                if key != PROPERTY:
                    continue
                journey = found.setdefault(name, Journey(name))
                journey.began.add(report.nodeid)
                if end != "passed":
                    journey.broken.add(report.nodeid)
    # A test that passed and broke in its end has not passed.
    return sorted(found.values(), key=lambda each: (len(each.name), each.name))
