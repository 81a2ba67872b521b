"""The shape of a report's file: the fields of a `MojaloopReport`, and beside them those that the portal adds."""

from typing import Any

from bff.texts import SCHEMA as TEXT
from microfrontends.reports.domain.definition import ColumnType, ParamType, Scope

_NAME = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]{0,62}$"}


def _object(required: list[str], /, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


_PARAM = _object(
    ["name"], name=_NAME, type={"enum": list(ParamType)}, required={"type": "boolean"}, label=TEXT, hint=TEXT
)
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
    "if": {"required": ["type"], "properties": {"type": {"const": "money"}}},
    "then": {"required": ["currency"]},
}
_QUERY = _object(
    ["name", "query", "columns"],
    name=_NAME,
    title=TEXT,
    query={"type": "string", "minLength": 1},
    columns={"type": "array", "minItems": 1, "items": _COLUMN},
    facts={"type": "boolean"},
    scope={"enum": [Scope.SESSION, Scope.EVERYONE]},
)
_SPEC = _object(
    ["scope", "endpoint", "queries"],
    permission={"type": "string", "pattern": "^[a-z][a-z0-9-]*:[a-z][a-z-]*:[a-z][a-z-]*$"},
    scope={"enum": [Scope.SESSION, Scope.HUB]},
    title=TEXT,
    description=TEXT,
    group=TEXT,
    endpoint=_object(["path"], path={"type": "string", "minLength": 1}, params={"type": "array", "items": _PARAM}),
    queries={"type": "array", "minItems": 1, "items": _QUERY},
)
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["kind", "metadata", "spec"],
    "properties": {
        "kind": {"const": "MojaloopReport"},
        "metadata": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string", "pattern": "^[a-z][a-z-]{0,62}$"}},
        },
        "spec": _SPEC,
    },
}
