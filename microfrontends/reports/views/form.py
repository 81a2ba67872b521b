"""The form of a report: a field for each parameter by its type, and sentences for values that cannot be used."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flask import current_app
from flask_babel import gettext as _

from bff.web.formats import day, when
from bff.web.locale import spoken
from bff.web.states import look_of
from microfrontends.reports.domain.definition import Param, ParamType
from microfrontends.reports.domain.parameters import Fault, Problem
from microfrontends.reports.pickers import Choice, picked
from microfrontends.reports.run import Asked

MANY = 30  # choices; of more, one types what one looks for
KINDS = {
    ParamType.TEXT: "text",
    ParamType.INTEGER: "number",
    ParamType.DATE: "date",
    ParamType.DATE_TIME: "datetime",
}


def fields(
    choices: Mapping[str, Sequence[Choice]], params: Sequence[Param], asked: Asked, *, complain: bool
) -> list[dict[str, Any]]:
    """What the macro `field` takes, for each parameter."""
    wrong = {problem.param.name: sentence(problem) for problem in asked.problems} if complain else {}
    return [
        {
            "name": param.name,
            "label": spoken(param.label),
            "value": _given(param, asked),
            "error": wrong.get(param.name),
            "hint": spoken(param.hint) if param.hint else None,
            "required": param.required,
            **_asked_how(param, choices[param.name], _given(param, asked)),
        }
        for param in params
    ]


def lists(choices: Mapping[str, Sequence[Choice]], params: Sequence[Param]) -> list[tuple[str, list[tuple[str, str]]]]:
    """What is proposed while somebody types, by the id that its field names: (id, (value, words))."""
    return [
        (_list_of(param), [(choice.value, _words(choice)) for choice in choices[param.name]])
        for param in params
        if _typed(param, choices[param.name])
    ]


def given(choices: Mapping[str, Sequence[Choice]], params: Sequence[Param], asked: Asked) -> list[tuple[str, str]]:
    """What the report was run with, in words: (label, value) of each parameter that has one."""
    return [
        (spoken(param.label), _said(asked.values[param.name], choices[param.name]))
        for param in params
        if asked.values.get(param.name) is not None
    ]


def _said(value: object, choices: Sequence[Choice]) -> str:
    if isinstance(value, datetime):
        return when(value, current_app.config["TIME_ZONE"])
    if isinstance(value, date):
        return day(value)
    return next((choice.label or choice.value for choice in choices if choice.value == str(value)), str(value))


def _asked_how(param: Param, choices: Sequence[Choice], given: str) -> dict[str, Any]:
    if _typed(param, choices):
        return {"kind": "search", "more": {"list": _list_of(param), "autocomplete": "off"}}
    if picked(param):
        return {"kind": "select", "options": _options(param, choices, given)}
    return {"kind": KINDS[param.type]}


def _typed(param: Param, choices: Sequence[Choice]) -> bool:
    # A list that nobody can look through is searched by typing. Options of the file itself stay a list: few are known.
    return picked(param) and not param.options and len(choices) > MANY


def _list_of(param: Param) -> str:
    return f"list-{param.name}"


def errors(asked: Asked) -> list[tuple[str, str]]:
    """What the macro `errors` takes."""
    return [(problem.param.name, sentence(problem)) for problem in asked.problems]


def sentence(problem: Problem) -> str:
    """Field, value and remedy in one sentence."""
    said = {
        Fault.MISSING: _("%(field)s is not given. Choose or type a value."),
        Fault.NOT_A_NUMBER: _("%(field)s is “%(value)s”, which is no whole number. Type digits only."),
        Fault.NOT_A_DATE: _("%(field)s is “%(value)s”, which is no date. Write it as 2026-11-22."),
        Fault.NOT_A_MOMENT: _("%(field)s is “%(value)s”, which is no moment. Write it as 2026-11-22T10:30."),
        Fault.NOT_AN_OPTION: _("%(field)s is “%(value)s”, which is not among its values. Choose one of them."),
        Fault.REVERSED: _("%(field)s is “%(value)s”, which is not after the beginning. Choose a later one."),
        Fault.TOO_LONG: _("%(field)s is longer than any name. Shorten it."),
    }[problem.fault]
    return said % {"field": spoken(problem.param.label), "value": problem.value}


def _given(param: Param, asked: Asked) -> str:
    return asked.given.get(param.name, param.default)


def _options(param: Param, choices: Sequence[Choice], given: str) -> list[tuple[str, str]]:
    options = [("", _("Choose…") if param.required else _("All"))]
    options += [(choice.value, _words(choice)) for choice in choices]
    if given not in dict(options):
        options.append((given, given))  # an old window, by its number in the address
    return options


def _words(choice: Choice) -> str:
    if not choice.state:
        return choice.label or choice.value
    zone = current_app.config["TIME_ZONE"]
    return f"{choice.value} · {look_of(choice.state).word} · {when(choice.since, zone)}"
