"""Custom resources of the cluster: our JSON Schemas as an API server takes them, with what is written back."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final

import yaml

from bff.access import files
from bff.change import policy
from bff.contract.vocabularies import apps
from bff.kubernetes import Objects

GROUP, VERSION = "mojaloop.io", "v1"
PRESERVE: Final = "x-kubernetes-preserve-unknown-fields"
# What may stand in a schema of an API server beside `type`, `properties`, `items` and `additionalProperties`.
_PASSED: Final = frozenset(
    {
        "description",
        "enum",
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "minItems",
        "minProperties",
        "required",
    }
)
_STATUS: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "phase": {"type": "string", "description": "VALIDATED; INVALID; or WAITING, for another object that is unfit."},
        "message": {"type": "string", "description": "What is wrong, with file and line where there is one."},
        "observedGeneration": {"type": "integer", "description": "Which state of the object this is about."},
        "time": {"type": "string", "format": "date-time"},
    },
}


@dataclass(frozen=True)
class Kind:
    """A kind of objects: what they are called, and the JSON Schema of their `spec`."""

    name: str
    plural: str
    short: str
    schema: Mapping[str, Any]
    columns: Mapping[str, str] = field(default_factory=dict)  # of `kubectl get`: title and path
    # Which of all objects are unfit, and why, where each takes effect by itself; None where a set does as a whole.
    problems: Callable[[Objects], Mapping[str, str]] | None = None

    @property
    def singular(self) -> str:
        """As the API server wants it."""
        return self.name.lower()


def kinds() -> Iterator[Kind]:
    """Roles, exclusions and policies; and the kinds that installed apps bring in a module `resources`."""
    access = files.schema()
    yield Kind(
        files.ROLE,
        "mojalooproles",
        "mlr",
        _inlined(access["$defs"][files.ROLE], access["$defs"]),
        {"Role": ".spec.role"},
    )
    exclusions = _inlined(access["$defs"][files.EXCLUSIONS], access["$defs"])
    yield Kind(files.EXCLUSIONS, "mojaloop-permission-exclusions", "mpe", exclusions)
    yield Kind(files.POLICY, "mojaloopapprovalpolicies", "mlap", _inlined(policy.schema(), policy.schema()["$defs"]))
    for _, package in apps():
        try:
            brought = import_module(f"{package}.resources")
        except ModuleNotFoundError as missing:
            if missing.name != f"{package}.resources":
                raise
        else:
            yield from brought.KINDS


def definitions() -> dict[str, str]:
    """Each kind's CustomResourceDefinition, by the name of its file."""
    notice = "# Written by `make docs` from the schemas in the code.\n"
    return {
        f"{kind.singular}.yaml": notice
        + yaml.safe_dump(definition(kind), sort_keys=False, width=110, allow_unicode=True)
        for kind in kinds()
    }


def definition(kind: Kind) -> dict[str, Any]:
    """The CustomResourceDefinition of a kind."""
    columns: list[dict[str, Any]] = [
        {"name": title, "type": "string", "jsonPath": path} for title, path in kind.columns.items()
    ]
    columns += [{"name": "Phase", "type": "string", "jsonPath": ".status.phase"}]
    columns += [{"name": "Message", "type": "string", "jsonPath": ".status.message", "priority": 1}]
    columns += [{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}]
    whole = {
        "type": "object",
        "required": ["spec"],
        "properties": {"spec": structural(kind.schema), "status": dict(_STATUS)},
    }
    version = {"name": VERSION, "served": True, "storage": True, "schema": {"openAPIV3Schema": whole}}
    names = {"kind": kind.name, "listKind": f"{kind.name}List", "plural": kind.plural, "singular": kind.singular}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {**names, "shortNames": [kind.short], "categories": ["mojaloop"]},
            "versions": [{**version, "subresources": {"status": {}}, "additionalPrinterColumns": columns}],
        },
    }


def structural(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a JSON Schema that an API server can take. The operator checks all of it.

    A field that nobody knows is kept rather than dropped: a misspelt `scope` that vanished would widen a role.
    """
    passed = {key: value for key, value in schema.items() if key in _PASSED}
    kind = schema.get("type")
    if not isinstance(kind, str) and "const" in schema:
        return {"type": "string", "enum": [schema["const"]]}
    if not isinstance(kind, str) and "enum" in schema:
        return {**passed, "type": "string", "enum": [str(value) for value in schema["enum"]]}
    if not isinstance(kind, str):
        return {key: value for key, value in passed.items() if key == "description"} | {PRESERVE: True}
    made = {**passed, "type": kind}
    if kind == "array":
        made["items"] = structural(schema["items"])
    if "properties" in schema:
        made["properties"] = {name: structural(part) for name, part in schema["properties"].items()}
        made[PRESERVE] = True
    elif isinstance(schema.get("additionalProperties"), Mapping):
        made["additionalProperties"] = structural(schema["additionalProperties"])
    return made


def _inlined(schema: Any, parts: Mapping[str, Any]) -> Any:
    """The schema with each reference in place of what it refers to."""
    if isinstance(schema, list):
        return [_inlined(each, parts) for each in schema]
    if not isinstance(schema, dict):
        return schema
    own = {key: _inlined(value, parts) for key, value in schema.items() if key not in ("$ref", "$defs", "$schema")}
    if "$ref" in schema:
        return {**_inlined(parts[schema["$ref"].rpartition("/")[2]], parts), **own}
    return own
