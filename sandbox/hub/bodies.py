"""What the settlement API asks of a body, and the words in which it finds it wanting."""

from typing import Any

from sandbox.hub.enums import Settlement
from sandbox.hub.refusals import Refused, invalid, malformed
from sandbox.hub.settlement import Wanted

ACCOUNT_STATES = (
    Settlement.PENDING,
    Settlement.RECORDED,
    Settlement.RESERVED,
    Settlement.COMMITTED,
    Settlement.SETTLED,
)
ABORT_STATES = ("ABORTED", "INVALID")


def closing(body: Any) -> str:
    """Why a window is closed. Raises Refused."""
    fields = _fields(body)
    state, reason = _text(fields, "state"), _text(fields, "reason")
    if state != "CLOSED":
        raise malformed('"state" must be [CLOSED]')
    return reason


def creating(body: Any) -> tuple[str, str, list[int]]:
    """The model, the reason and the windows of a new settlement. Raises Refused."""
    fields = _fields(body)
    model, reason = _text(fields, "settlementModel"), _text(fields, "reason")
    windows = _list(fields, "settlementWindows")
    if not windows:
        raise invalid('"settlementWindows" must contain at least 1 items')
    numbers = [
        _number(_fields(entry, f"settlementWindows[{n}]"), "id", f"settlementWindows[{n}].")
        for n, entry in enumerate(windows)
    ]
    for n, number in enumerate(numbers):
        if number in numbers[:n]:
            raise invalid(f'"settlementWindows[{n}]" contains a duplicate payload')
    return model, reason, numbers


def changing(body: Any) -> list[list[Wanted]] | tuple[str, str | None]:
    """The accounts' wanted states by participant; or, for an abort, its reason and reference. Raises Refused."""
    fields = _fields(body)
    if "state" in fields and fields["state"] not in ABORT_STATES:
        raise malformed(f'"state" must be one of [{", ".join(ABORT_STATES)}]')
    if "participants" in fields:
        people = [_participant(entry, n) for n, entry in enumerate(_list(fields, "participants"))]
        if len(fields) > 1:
            raise invalid("No other properties are allowed when participants is provided")
        return people
    if not fields:
        raise invalid("Invalid request payload input")
    if "state" not in fields or "reason" not in fields:
        raise Refused("3102", "State and reason are mandatory")
    if fields["state"] == "INVALID":
        raise invalid("Invalid request payload input")
    return _text(fields, "reason"), _optional(fields, "externalReference")


def accounts_wanted(body: Any, participant: int) -> list[Wanted]:
    """The wanted states of one participant's accounts. Raises Refused."""
    return [_account(entry, participant, f"accounts[{n}]") for n, entry in enumerate(_list(_fields(body), "accounts"))]


def account_wanted(body: Any, participant: int, account: int) -> Wanted:
    """The wanted state of one account. Raises Refused."""
    fields = _fields(body)
    state, reason = _state(fields, ""), _text(fields, "reason")
    return Wanted(participant, account, state, reason, _optional(fields, "externalReference"))


def _participant(entry: Any, index: int) -> list[Wanted]:
    within = f"participants[{index}]"
    fields = _fields(entry, within)
    participant = _number(fields, "id", f"{within}.")
    accounts = _list(fields, "accounts", f"{within}.")
    return [_account(account, participant, f"{within}.accounts[{n}]") for n, account in enumerate(accounts)]


def _account(entry: Any, participant: int, within: str) -> Wanted:
    fields = _fields(entry, within)
    number, state = _number(fields, "id", f"{within}."), _state(fields, f"{within}.")
    return Wanted(
        participant, number, state, _text(fields, "reason", f"{within}."), _optional(fields, "externalReference")
    )


def _state(fields: dict[str, Any], within: str) -> str:
    state = _text(fields, "state", within)
    if state not in ACCOUNT_STATES:
        raise malformed(f'"{within}state" must be one of [{", ".join(ACCOUNT_STATES)}]')
    return state


def _fields(value: Any, name: str = "value") -> dict[str, Any]:
    if not isinstance(value, dict):
        raise malformed(f'"{name}" must be of type object')
    return value


def _required(fields: dict[str, Any], name: str, within: str) -> Any:
    if name not in fields:
        raise Refused("3102", f'"{within}{name}" is required')
    return fields[name]


def _text(fields: dict[str, Any], name: str, within: str = "") -> str:
    value = _required(fields, name, within)
    if not isinstance(value, str):
        raise malformed(f'"{within}{name}" must be a string')
    return value


def _optional(fields: dict[str, Any], name: str) -> str | None:
    return _text(fields, name) if name in fields else None


def _number(fields: dict[str, Any], name: str, within: str) -> int:
    value = _required(fields, name, within)
    if isinstance(value, bool) or not isinstance(value, int):
        raise malformed(f'"{within}{name}" must be a number')
    return value


def _list(fields: dict[str, Any], name: str, within: str = "") -> list[Any]:
    value = _required(fields, name, within)
    if not isinstance(value, list):
        raise malformed(f'"{within}{name}" must be an array')
    return value
