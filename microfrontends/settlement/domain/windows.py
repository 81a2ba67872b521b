"""What a settlement window is, which ones a list shows, and which one may be closed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from microfrontends.settlement.domain.period import Period

SLOW_AFTER = timedelta(minutes=1)  # the hub needs about a second; it gives up silently after three tries


class WindowState(StrEnum):
    """The states of a window, spelled as the hub spells them. PROCESSING passes by itself; FAILED is known but rare."""

    OPEN = "OPEN"
    PROCESSING = "PROCESSING"
    CLOSED = "CLOSED"
    PENDING_SETTLEMENT = "PENDING_SETTLEMENT"
    SETTLED = "SETTLED"
    ABORTED = "ABORTED"
    FAILED = "FAILED"


@dataclass(frozen=True)
class Window:
    """A settlement window as the hub tells it; moments are aware. Until it is added up, `currencies` is empty.

    `unsettled` are those of its currencies that no settlement has.
    """

    id: int
    state: WindowState
    reason: str
    opened: datetime
    changed: datetime
    currencies: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = field(default=(), compare=False)

    @property
    def live(self) -> bool:
        """Whether it still takes transfers, or is just being added up: such a window concerns whoever looks."""
        return self.state in (WindowState.OPEN, WindowState.PROCESSING)

    @property
    def settleable(self) -> bool:
        """Whether a settlement may be made of it. Of several currencies, some may be settled and others not yet."""
        partly = self.state is WindowState.PENDING_SETTLEMENT and bool(self.unsettled)
        return partly or self.state is WindowState.CLOSED


def closable(window: Window) -> bool:
    """Only an open window can be closed; the hub refuses every other, and an empty one too."""
    return window.state is WindowState.OPEN


def slow(window: Window, now: datetime) -> bool:
    """Whether the hub has been adding the window up for suspiciously long."""
    return window.state is WindowState.PROCESSING and now - window.changed > SLOW_AFTER


def closed_at(window: Window, known: Mapping[int, datetime]) -> datetime | None:
    """When the window closed: as recorded, else its last change where that was the closing. None where nobody can say.

    The last change of a window that is being settled is the settlement's, so it must not stand in for the closing.
    """
    fallback = window.changed if window.state is WindowState.CLOSED else None
    return known.get(window.id, fallback)


def merged(*lists: Iterable[Window]) -> list[Window]:
    """Each window once, the newest first; of two reports of one window the later list's wins, as it was read later."""
    by_id = {window.id: window for windows in lists for window in windows}
    return [by_id[key] for key in sorted(by_id, reverse=True)]


def within(windows: Iterable[Window], period: Period, followed: int | None = None) -> list[Window]:
    """The windows opened in the period, with every live one and the followed one whatever the period says."""
    return [each for each in windows if each.live or each.id == followed or period.holds(each.opened)]


def in_state(windows: Iterable[Window], state: WindowState | None) -> list[Window]:
    """The windows of one state, or all of them."""
    return [each for each in windows if state in (None, each.state)]


def counts(windows: Iterable[Window]) -> dict[WindowState, int]:
    """How many windows each state has, in the order in which a window passes through them; never a zero."""
    found = Counter(each.state for each in windows)
    return {state: found[state] for state in WindowState if found[state]}
