"""How what a reader typed becomes values, or problems, all at once."""

from datetime import date

import pytest

from microfrontends.reports.domain.definition import Param, ParamType
from microfrontends.reports.domain.parameters import Fault, read

TEXT = {"en": "x"}


def outcome(kind: ParamType, typed: str, required: bool = False) -> object:
    values, problems = read((Param("x", kind, TEXT, required),), {"x": typed})
    return problems[0].fault if problems else values["x"]


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (ParamType.INTEGER, " 42 ", 42),
        (ParamType.INTEGER, "-1", -1),
        (ParamType.WINDOW, "7", 7),
        (ParamType.WINDOW, "7 OR 1=1", Fault.NOT_A_NUMBER),
        (ParamType.INTEGER, "1.5", Fault.NOT_A_NUMBER),
        (ParamType.INTEGER, "٣", Fault.NOT_A_NUMBER),
        (ParamType.INTEGER, "9" * 19, Fault.NOT_A_NUMBER),
        (ParamType.DATE, "2026-11-22", date(2026, 11, 22)),
        (ParamType.DATE, "22/11/2026", Fault.NOT_A_DATE),
        (ParamType.TEXT, "x" * 257, Fault.TOO_LONG),
        (ParamType.TEXT, "", None),
    ],
)
def test_a_value_is_read_by_its_parameters_type(kind: ParamType, typed: str, value: object) -> None:
    assert outcome(kind, typed) == value


def test_a_required_parameter_may_not_be_blank() -> None:
    assert outcome(ParamType.TEXT, "  ", required=True) is Fault.MISSING


def test_all_problems_are_told_at_once_and_undeclared_values_are_not_looked_at() -> None:
    params = (Param("a", ParamType.INTEGER, TEXT), Param("b", ParamType.DATE, TEXT))
    values, problems = read(params, {"a": "x", "b": "y", "all_participants": "1"})
    assert (values, [problem.param.name for problem in problems]) == ({}, ["a", "b"])
