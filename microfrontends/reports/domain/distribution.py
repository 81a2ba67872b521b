"""When a report is produced for participants by itself, what each pack is of, and what is known then."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Event(StrEnum):
    """What happens at the hub that a report may be produced on."""

    WINDOW_CLOSED = "window_closed"
    SETTLEMENT_CREATED = "settlement_created"
    SETTLED = "settled"


class Per(StrEnum):
    """What each pack is of: one participant, or one of its currencies."""

    PARTICIPANT = "participant"
    PARTICIPANT_CURRENCY = "participant_currency"


class Known(StrEnum):
    """A fact of an event that may fill a parameter."""

    WINDOW = "window"
    SETTLEMENT = "settlement"
    PARTICIPANT = "participant"
    CURRENCY = "currency"


OBJECTS = {
    Event.WINDOW_CLOSED: Known.WINDOW,
    Event.SETTLEMENT_CREATED: Known.SETTLEMENT,
    Event.SETTLED: Known.SETTLEMENT,
}


@dataclass(frozen=True)
class Distribution:
    """When a report is produced, per what, in which formats, and which fact fills each parameter."""

    after: Event
    per: Per
    formats: tuple[str, ...]
    parameters: Mapping[str, Known]

    @property
    def known(self) -> frozenset[Known]:
        """The facts that are known when a pack is produced."""
        found = {OBJECTS[self.after], Known.PARTICIPANT}
        return frozenset(found | ({Known.CURRENCY} if self.per is Per.PARTICIPANT_CURRENCY else set()))

    def values(self, facts: Mapping[Known, str]) -> dict[str, str]:
        """The report's parameters for one pack."""
        return {name: facts[source] for name, source in self.parameters.items()}
