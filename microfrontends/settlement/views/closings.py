"""What a page says of windows that are closed by themselves: when the next one is, and what came of the last ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from flask_babel import lazy_gettext as _l

from microfrontends.settlement.closings import Closing
from microfrontends.settlement.schedule import Came, Past, Schedule

CAME_WORDS = {
    Came.TAKEN: _l("Under way"),
    Came.CLOSED: _l("Closed"),
    Came.ASKED: _l("Waits for approval"),
    Came.SKIPPED: _l("Skipped"),
    Came.EMPTY: _l("Nothing to close"),
    Came.REFUSED: _l("Refused"),
    Came.UNKNOWN: _l("Unknown"),
    Came.MISSED: _l("Missed"),
}
CAME_LOOKS = {
    Came.TAKEN: "EXECUTING",
    Came.CLOSED: "DONE",
    Came.ASKED: "PENDING",
    Came.EMPTY: "SKIPPED",
    Came.MISSED: "FAILED",
}
TROUBLE = (Came.MISSED, Came.REFUSED, Came.UNKNOWN)


@dataclass(frozen=True)
class Closings:
    """The next moments, the nearest first, and the last ones, the newest first."""

    coming: Sequence[tuple[Closing, datetime]]
    past: Sequence[Past]

    @property
    def trouble(self) -> Past | None:
        """The newest moment, where nothing was closed at it that should have been."""
        return next((each for each in self.past[:1] if each.came in TROUBLE), None)


def closings() -> Closings | None:
    """The closings of the present app; None where no schedule is configured."""
    schedule: Schedule = current_app.extensions["settlement_schedule"]
    if not schedule.closings:
        return None
    return Closings(schedule.coming(), schedule.past())
