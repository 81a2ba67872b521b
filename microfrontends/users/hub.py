"""The only module that speaks to the hub: which participants there are."""

from typing import Protocol

from bff import HubClient, HubUnavailable

HUB = "Hub"  # the hub's own entry among its participants; nobody belongs to it


class Hub(Protocol):
    """What this app asks of the hub. May raise HubUnavailable or HubRefused."""

    def participants(self) -> tuple[str, ...]:
        """The names of the participants, without the hub itself."""


class MojaloopHub:
    """The hub's central-ledger admin API."""

    def __init__(self, ledger_url: str) -> None:
        self._ledger = HubClient(ledger_url, deadline_s=4.0, read_tries=2)

    def participants(self) -> tuple[str, ...]:
        """The names of the participants; inactive ones too, since their people still read what was."""
        answer = self._ledger.get("/participants")
        try:
            return tuple(sorted(str(each["name"]) for each in answer if each["name"] != HUB))
        except (KeyError, TypeError) as problem:
            raise HubUnavailable("the hub answered something that is not a list of participants") from problem
