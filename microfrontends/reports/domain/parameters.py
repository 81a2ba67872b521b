"""What a reader typed, read by each parameter's type: values to bind, or what is wrong with them, all at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from microfrontends.reports.domain.definition import Param, ParamType

LARGEST = 2**63 - 1  # what a BIGINT column can be compared with
LONGEST = 256


class Fault(StrEnum):
    """Why a value cannot be used."""

    MISSING = "missing"
    NOT_A_NUMBER = "not a number"
    NOT_A_DATE = "not a date"
    TOO_LONG = "too long"


@dataclass(frozen=True)
class Problem:
    """One parameter's value that cannot be used."""

    param: Param
    value: str
    fault: Fault


Values = dict[str, object]  # by parameter; None where an optional one was left out


def read(params: tuple[Param, ...], given: Mapping[str, str]) -> tuple[Values, tuple[Problem, ...]]:
    """The values of the declared parameters, and the problems. What is given beyond them is not looked at."""
    values: Values = {}
    problems: list[Problem] = []
    for param in params:
        text = given.get(param.name, "").strip()
        outcome = _value(param, text)
        if isinstance(outcome, Fault):
            problems.append(Problem(param, text, outcome))
        else:
            values[param.name] = outcome
    return values, tuple(problems)


def _value(param: Param, text: str) -> object:
    if not text:
        return Fault.MISSING if param.required else None
    if param.type in (ParamType.INTEGER, ParamType.WINDOW):
        return _number(text)
    if param.type is ParamType.DATE:
        return _date(text)
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
