"""The shape of a report's file: the fields of a `MojaloopReport`, and beside them those that the portal adds.

docs/reference/report-file.md says in words what each means.
"""

from typing import Any

from bff.texts import SCHEMA as TEXT
from microfrontends.reports.domain.definition import ChartKind, ColumnType, Format, ParamType, Scope, Section, Source
from microfrontends.reports.domain.distribution import Event, Known, Per

_NAME = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]{0,62}$"}
_SQL = {"type": "string", "minLength": 1}
_SCALAR = {"type": ["string", "number", "boolean"]}
RANGE = "date-time-range"  # two parameters in one: where a period begins, and where it ends


def _object(required: list[str], /, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


def _when(key: str, value: str, *required: str) -> dict[str, Any]:
    needs = {"required": list(required)}
    return {"if": {"required": [key], "properties": {key: {"const": value}}}, "then": needs}


_OPTION = {"if": _SCALAR, "else": _object(["value"], value=_SCALAR, label=TEXT)}
_OPTIONS = {
    "if": {"type": "array"},
    "then": {"minItems": 1, "items": _OPTION},
    "else": _object(["query"], query=_SQL, scope={"enum": [Scope.SESSION, Scope.EVERYONE]}),
}
_PARAM = {
    **_object(
        ["name"],
        name=_NAME,
        type={"enum": [*ParamType, RANGE]},
        required={"type": "boolean"},
        default=_SCALAR,
        label=TEXT,
        hint=TEXT,
        options=_OPTIONS,
        begins=_NAME,
        ends=_NAME,
    ),
    "allOf": [_when("type", ParamType.ENUM, "options"), _when("type", RANGE, "begins", "ends")],
}
_COLUMN = {
    **_object(
        ["key"],
        key=_NAME,
        type={"enum": list(ColumnType)},
        label=TEXT,
        currency=_NAME,
        total={"type": "boolean"},
        owes={"type": "boolean"},
    ),
    **_when("type", ColumnType.MONEY, "currency"),
}
_NAMES = {"if": {"type": "string"}, "then": _NAME, "else": {"type": "array", "minItems": 1, "items": _NAME}}
_CHART = _object(
    ["kind", "over", "show"],
    kind={"enum": list(ChartKind)},
    over=_NAMES,
    show=_NAMES,
    by=_NAME,
)
_QUERY = _object(
    ["name", "query"],
    name=_NAME,
    title=TEXT,
    query=_SQL,
    columns={"type": "array", "minItems": 1, "items": _COLUMN},
    section={"enum": list(Section)},
    chart=_CHART,
    unique={"type": "boolean"},
    scope={"enum": [Scope.SESSION, Scope.EVERYONE]},
)
_DISTRIBUTE = _object(
    ["after", "parameters"],
    after={"enum": list(Event)},
    per={"enum": list(Per)},
    formats={"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": list(Format)}},
    parameters={"type": "object", "minProperties": 1, "additionalProperties": {"enum": list(Known)}},
)
_SPEC = _object(
    ["scope", "endpoint", "queries"],
    permission={"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_.:-]{0,126}$"},
    scope={
        "if": {"type": "string"},
        "then": {"enum": [Scope.SESSION, Scope.HUB]},
        "else": _object(["participant"], participant=_NAME),
    },
    title=TEXT,
    description=TEXT,
    group=TEXT,
    source={"enum": list(Source)},
    endpoint=_object(["path"], path={"type": "string", "minLength": 1}, params={"type": "array", "items": _PARAM}),
    queries={"type": "array", "minItems": 1, "items": _QUERY},
    limits=_object([], rows={"type": "integer", "minimum": 1}, seconds={"type": "integer", "minimum": 1}),
    formats={"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": list(Format)}},
    layout={"type": "string", "minLength": 1},
    distribute=_DISTRIBUTE,
    template={"type": "string"},  # a MojaloopReport's own: EJS, which is code, so it is never run
)
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["kind", "metadata", "spec"],
    "properties": {
        "apiVersion": {"const": "mojaloop.io/v1"},
        "kind": {"const": "MojaloopReport"},
        "metadata": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$"}},
        },
        "spec": _SPEC,
    },
}
