"""The only module that speaks to the hub: its answers become windows and positions, its quirks end here."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Protocol

from flask import current_app
from flask_babel import gettext as _

from bff import HubClient, HubRefused, HubUnavailable, Missing
from microfrontends.settlement.domain.period import Period
from microfrontends.settlement.domain.positions import NetPosition
from microfrontends.settlement.domain.windows import Window, WindowState
from microfrontends.settlement.hub_figures import HubFigures

NO_RECORD = "Internal server error - No record for settlementWindowId"


class Hub(Protocol):
    """What this app asks of the hub. Every call may raise HubUnavailable; the last five, FiguresUnavailable instead."""

    def windows(self, period: Period) -> tuple[Window, ...]:
        """The windows opened in the period, whatever their state."""

    def open_windows(self) -> tuple[Window, ...]:
        """The open window; several where a race at the hub left several."""

    def window(self, window_id: int) -> Window | None:
        """One window, None when the hub knows none of this id."""

    def close(self, window_id: int, reason: str) -> Window:
        """Close a window, once; the answer is the next open one. Raises HubRefused."""

    def positions(self, windows: Iterable[int]) -> dict[int, tuple[NetPosition, ...]]:
        """What the windows hold."""

    def currencies(self, windows: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """The currencies of what the windows hold."""

    def closed_at(self, windows: Iterable[int]) -> dict[int, datetime]:
        """When the windows were closed."""

    def processing(self) -> tuple[Window, ...]:
        """The windows that the hub is adding up."""

    def in_state(self, state: WindowState) -> int:
        """How many windows are in a state."""


class MojaloopHub:
    """The hub: central-settlement for windows, its database for what is inside them."""

    def __init__(self, settlement_url: str, database_url: str, patience_s: float = 3.0) -> None:
        # A close and its reading back must both be over before the shell gives a page up, after twenty seconds.
        self._reading = HubClient(settlement_url, deadline_s=patience_s, read_tries=2)
        self._writing = HubClient(settlement_url, deadline_s=8.0)
        figures = HubFigures(database_url)
        self.positions, self.currencies, self.closed_at = figures.positions, figures.currencies, figures.closed_at
        self.processing, self.in_state = figures.processing, figures.in_state

    def windows(self, period: Period) -> tuple[Window, ...]:
        """The windows opened in the period. The API has no pages, so the dates bound it."""
        return self._list({"fromDateTime": _utc(period.first), "toDateTime": _utc(period.last)})

    def open_windows(self) -> tuple[Window, ...]:
        """The open ones."""
        return self._list({"state": WindowState.OPEN})

    def window(self, window_id: int) -> Window | None:
        """One window; the hub answers 500 for an id that it does not know."""
        try:
            return _window(self._reading.get(f"/settlementWindows/{window_id}"))
        except HubRefused as refusal:
            if refusal.description.startswith(NO_RECORD):
                return None
            raise

    def close(self, window_id: int, reason: str) -> Window:
        """Close a window. Never tried again: four closes at once once left a hub with three open windows."""
        body = {"state": WindowState.CLOSED.value, "reason": reason}
        return _window(self._writing.write("POST", f"/settlementWindows/{window_id}", body), sent=True)

    def _list(self, query: dict[str, str]) -> tuple[Window, ...]:
        try:
            answer = self._reading.get("/settlementWindows", query)
        except HubRefused as refusal:
            # "Nothing found" is an error to the hub. Its words are cut at 128 characters: only the beginning is sure.
            if refusal.status == 400 and "settlementWindow by filters" in refusal.description:
                return ()
            raise
        if not isinstance(answer, list):
            raise HubUnavailable("the hub answered something that is not a list of windows")
        return tuple(_window(each) for each in answer)


def present_hub() -> Hub:
    """The hub of the present app, for its views."""
    found: Hub = current_app.extensions["settlement_hub"]
    return found


def window_of(hub: Hub, window_id: int) -> Window:
    """The window. Raises Missing."""
    window = hub.window(window_id)
    if window is None:
        raise Missing(_("The hub has no settlement window %(id)s.", id=window_id))
    return window


def _window(told: Any, *, sent: bool = False) -> Window:
    try:
        currencies = sorted({str(content["currencyId"]) for content in told.get("content") or ()})
        return Window(
            id=int(told["settlementWindowId"]),
            state=WindowState(told["state"]),
            reason=str(told.get("reason") or ""),
            opened=moment(told["createdDate"]),
            changed=moment(told.get("changedDate") or told["createdDate"]),
            currencies=tuple(currencies),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise HubUnavailable(f"the hub answered something that is not a window: {problem!r}", sent=sent) from problem


def moment(text: str) -> datetime:
    """A moment in either of the hub's spellings; the one without a zone is UTC too."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
