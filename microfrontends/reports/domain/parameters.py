"""What a reader typed, read by each parameter's type: values to bind, or what is wrong with them, all at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum

from microfrontends.reports.domain.definition import Param, ParamType

LARGEST = 2**63 - 1  # what a BIGINT column can be compared with
LONGEST = 256
NUMBERS = (ParamType.INTEGER, ParamType.WINDOW, ParamType.SETTLEMENT)


class Fault(StrEnum):
    """Why a value cannot be used."""

    MISSING = "missing"
    NOT_A_NUMBER = "not a number"
    NOT_A_DATE = "not a date"
    NOT_A_MOMENT = "not a moment"
    NOT_AN_OPTION = "not an option"
    REVERSED = "reversed"
    TOO_LONG = "too long"


@dataclass(frozen=True)
class Problem:
    """One parameter's value that cannot be used."""

    param: Param
    value: str
    fault: Fault


Values = dict[str, object]  # by parameter; None where an optional one was left out


def read(params: tuple[Param, ...], given: Mapping[str, str], zone: tzinfo = UTC) -> tuple[Values, tuple[Problem, ...]]:
    """The values of the declared parameters, and the problems. What is given beyond them is not looked at.

    A moment that is typed without an offset is one of `zone`; its value is in UTC, as the hub keeps its own.
    """
    values: Values = {}
    problems: list[Problem] = []
    for param in params:
        text = given.get(param.name, "").strip() or param.default
        outcome = _value(param, text, zone)
        if not isinstance(outcome, Fault) and _reversed(values.get(param.begins), outcome):
            outcome = Fault.REVERSED
        if isinstance(outcome, Fault):
            problems.append(Problem(param, text, outcome))
        else:
            values[param.name] = outcome
    return values, tuple(problems)


def _value(param: Param, text: str, zone: tzinfo) -> object:
    if not text:
        return Fault.MISSING if param.required else None
    if param.type in NUMBERS:
        return _number(text)
    if param.type is ParamType.DATE:
        return _date(text)
    if param.type is ParamType.DATE_TIME:
        return _moment(text, zone)
    if param.options and text not in {option.value for option in param.options}:
        return Fault.NOT_AN_OPTION
    return text if len(text) <= LONGEST else Fault.TOO_LONG


def _number(text: str) -> int | Fault:
    # isdecimal() also knows other scripts' digits; the database's drivers need not.
    if not text.isascii() or not text.removeprefix("-").isdecimal() or len(text) > 19:
        return Fault.NOT_A_NUMBER
    return int(text) if abs(int(text)) <= LARGEST else Fault.NOT_A_NUMBER


def _date(text: str) -> date | Fault:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return Fault.NOT_A_DATE


def _moment(text: str, zone: tzinfo) -> datetime | Fault:
    try:
        typed = datetime.fromisoformat(text)
        return (typed if typed.tzinfo else typed.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # the second: a moment at the end of the calendar
        return Fault.NOT_A_MOMENT


def _reversed(begin: object, end: object) -> bool:
    return isinstance(begin, datetime) and isinstance(end, datetime) and end <= begin
