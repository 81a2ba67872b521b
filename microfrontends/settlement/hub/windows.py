"""Settlement windows at the hub's settlement API."""

from collections.abc import Iterable
from typing import Any

from bff import HubClient, HubRefused
from microfrontends.settlement.domain.period import Period
from microfrontends.settlement.domain.settlements import WindowContent
from microfrontends.settlement.domain.windows import Window, WindowState
from microfrontends.settlement.hub.told import Patience, listed, moment, together, understood, utc

NO_RECORD = "Internal server error - No record for settlementWindowId"


class HubWindows:
    """The windows."""

    def __init__(self, settlement_url: str, patience: Patience) -> None:
        self._reading = HubClient(settlement_url, deadline_s=patience.read, read_tries=2)
        self._writing = HubClient(settlement_url, deadline_s=patience.close)

    def windows(self, period: Period) -> tuple[Window, ...]:
        """The windows opened in the period. The API has no pages, so the dates bound it."""
        return self._list({"fromDateTime": utc(period.first), "toDateTime": utc(period.last)})

    def open_windows(self) -> tuple[Window, ...]:
        """The open ones."""
        return self._list({"state": WindowState.OPEN})

    def window(self, window_id: int) -> Window | None:
        """One window."""
        told = self._one(window_id)
        return None if told is None else _window(told)

    def window_contents(self, windows: Iterable[int]) -> tuple[WindowContent, ...]:
        """What each window's own address tells: a settlement's address leaves currencies out."""
        told = [each for each in together(self._one, windows) if each is not None]
        return understood(lambda: tuple(content for each in told for content in _contents(each)), "a window")

    def close(self, window_id: int, reason: str) -> Window:
        """Close a window. Never tried again: four closes at once once left a hub with three open windows."""
        body = {"state": WindowState.CLOSED.value, "reason": reason}
        return _window(self._writing.write("POST", f"/settlementWindows/{window_id}", body), sent=True)

    def _one(self, window_id: int) -> Any:
        """A window as it is told; the hub answers 500 for an id that it does not know."""
        try:
            return self._reading.get(f"/settlementWindows/{window_id}") or {}
        except HubRefused as refusal:
            if refusal.description.startswith(NO_RECORD):
                return None
            raise

    def _list(self, query: dict[str, str]) -> tuple[Window, ...]:
        return tuple(
            _window(each) for each in listed(lambda: self._reading.get("/settlementWindows", query), "windows")
        )


def _window(told: Any, *, sent: bool = False) -> Window:
    return understood(lambda: _read(told), "a window", sent=sent)


def _read(told: Any) -> Window:
    contents = _contents(told)
    return Window(
        id=int(told["settlementWindowId"]),
        state=WindowState(told["state"]),
        reason=str(told.get("reason") or ""),
        opened=moment(told["createdDate"]),
        changed=moment(told.get("changedDate") or told["createdDate"]),
        currencies=_names(contents),
        unsettled=_names(each for each in contents if each.free),
    )


def _names(contents: Iterable[WindowContent]) -> tuple[str, ...]:
    return tuple(sorted({each.currency for each in contents}))


def _contents(told: Any) -> list[WindowContent]:
    return [
        WindowContent(
            window_id=int(told["settlementWindowId"]),
            currency=str(content["currencyId"]),
            ledger_account_type=str(content["ledgerAccountType"]),
            state=WindowState(content["state"]),
            settlement_id=None if content.get("settlementId") is None else int(content["settlementId"]),
        )
        for content in told.get("content") or ()
    ]
