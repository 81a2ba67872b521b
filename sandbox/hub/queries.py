"""What the settlement API asks of a query, and the words in which it finds it wanting."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.hub.enums import Settlement, Window
from sandbox.hub.refusals import Refused, invalid, malformed

WINDOW_QUERY = ("participantId", "state", "fromDateTime", "toDateTime", "currency")
SETTLEMENT_QUERY = (
    "state",
    "fromDateTime",
    "toDateTime",
    "currency",
    "settlementWindowId",
    "fromSettlementWindowDateTime",
    "toSettlementWindowDateTime",
    "participantId",
    "accountId",
)
# PROCESSING and FAILED are states of windows, too, but nobody can ask for them.
WINDOW_STATES = (Window.OPEN, Window.CLOSED, Window.PENDING, Window.SETTLED, Window.ABORTED)
NUMBERS = ("participantId", "settlementWindowId", "accountId")


def understand(query: Mapping[str, str], names: tuple[str, ...], states: tuple[str, ...]) -> dict[str, Any]:
    """The query with its dates and numbers read. Raises Refused, also when nothing is asked."""
    if unknown := [name for name in query if name not in names]:
        raise invalid(f'"{unknown[0]}" is not allowed')
    if not query:
        raise invalid(f"Use at least one parameter: {', '.join(names)}")
    return {name: _read(name, value, states) for name, value in query.items()}


def window_query(query: Mapping[str, str]) -> dict[str, Any]:
    """A query of windows. Raises Refused."""
    return understand(query, WINDOW_QUERY, WINDOW_STATES)


def settlement_query(query: Mapping[str, str]) -> dict[str, Any]:
    """A query of settlements. Raises Refused."""
    return understand(query, SETTLEMENT_QUERY, tuple(Settlement))


def no_windows(query: Mapping[str, str]) -> Refused:
    """The answer to a query of windows that finds none: an error, not an empty list."""
    filters = json.dumps(query, separators=(",", ":")).replace('"', "")
    return invalid(f"settlementWindow by filters: {filters} not found")


def no_settlements(query: Mapping[str, str]) -> Refused:
    """The answer to a query of settlements that finds none: an error, in words unlike those for windows."""
    filters = json.dumps(query, separators=(",", ":"))
    return invalid(f"No settlements found matching the provided parameters: {filters}")


def number_in_path(text: str, name: str = "id") -> int:
    """A number in a path. Raises Refused."""
    if not text.isdecimal():
        raise invalid(f"'{name}' URI path parameter")
    return int(text)


def _read(name: str, value: str, states: tuple[str, ...]) -> Any:
    if name == "state" and value not in states:
        raise malformed(f'"state" must be one of [{", ".join(states)}]')
    if name.endswith("DateTime"):
        return _moment(name, value)
    if name in NUMBERS:
        if not value.isdecimal():
            raise malformed(f'"{name}" must be a number')
        return int(value)
    return value


def _moment(name: str, value: str) -> datetime:
    """An ISO 8601 date or date and time; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise malformed(f'"{name}" must be in ISO 8601 date format') from None
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
