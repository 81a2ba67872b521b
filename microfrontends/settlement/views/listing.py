"""Gathers one page of the windows list from the hub in two calls, and says what could not be known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from microfrontends.settlement.domain.paging import Page, page_of
from microfrontends.settlement.domain.windows import (
    Window,
    WindowState,
    closed_at,
    counts,
    in_state,
    merged,
    within,
)
from microfrontends.settlement.hub import Hub
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.views.asked import Asked


@dataclass(frozen=True)
class Row:
    """One window as the list shows it. `closed` is None while it is open, and where the time is not known."""

    window: Window
    closed: datetime | None
    currencies: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """A page of windows, how many there are in each state, and the one being followed. `complete`: all was known."""

    rows: Sequence[Row]
    page: Page[Window]
    counts: dict[WindowState, int]
    followed: Window | None
    open: Window | None
    processing: Sequence[Window]
    complete: bool
    as_of: datetime


def gather(hub: Hub, asked: Asked[WindowState]) -> Listing:
    """The list that was asked for, as it is now."""
    try:
        processing, complete = hub.processing(), True
    except FiguresUnavailable:
        processing, complete = (), False
    listed = merged(processing, hub.windows(asked.period), hub.open_windows())
    followed = _followed(hub, listed, asked.followed)
    if followed and followed not in listed:
        listed = merged(listed, [followed])
    shown = within(listed, asked.period, asked.followed)
    page = page_of(in_state(shown, asked.state), asked.page)
    rows, complete = _rows(hub, page.items, complete)
    opened = next((each for each in shown if each.state is WindowState.OPEN), None)
    busy = [each for each in shown if each.state is WindowState.PROCESSING]
    return Listing(rows, page, counts(shown), followed, opened, busy, complete, datetime.now(UTC))


def _followed(hub: Hub, listed: Sequence[Window], wanted: int | None) -> Window | None:
    if wanted is None:
        return None
    return next((each for each in listed if each.id == wanted), None) or hub.window(wanted)


def _rows(hub: Hub, windows: Sequence[Window], ask: bool) -> tuple[list[Row], bool]:
    closed: dict[int, datetime] = {}
    held: dict[int, tuple[str, ...]] = {}
    if ask and windows:
        try:
            closed = hub.closed_at(each.id for each in windows)
            # The hub names a window's currencies once it has added it up; before, its transfers tell.
            held = hub.currencies(each.id for each in windows if each.live)
        except FiguresUnavailable:
            ask = False
    rows = [Row(each, closed_at(each, closed), each.currencies or held.get(each.id, ())) for each in windows]
    return rows, ask
