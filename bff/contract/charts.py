"""What the charts' values may be: written from the settings classes, so that a setting is spelt alike everywhere."""

import copy
import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import import_module
from inspect import getmembers, isclass
from pathlib import Path
from typing import Any, Final, get_type_hints

from bff.contract import chart_values, resources
from bff.contract.reference import NOTICE
from bff.contract.vocabularies import apps
from bff.settings import PREFIX, Settings

Schema = dict[str, Any]
GENERIC: Final = Path("microfrontend/values.schema.json")
# Said by the charts themselves: from the portal's host, from the volumes that they mount.
THE_CHARTS: Final = frozenset({"state_dir", "worker_beat"})
ONE_APPS: Final = frozenset({"base_url", "shell_url", "oidc_client_id", "oidc_client_secret", "database_url"})
SANDBOX: Final = ("sandboxHub", "sandboxProvider")
_KINDS: Final[Mapping[Any, list[str]]] = {bool: ["boolean"], int: ["integer"], float: ["number"]}


def schemas(charts: Path) -> dict[Path, str]:
    """The files below the folder of the charts that are written, and their texts."""
    generic = json.loads((charts / GENERIC).read_text("utf-8"))
    # A stranger's settings have any names; those that we know as secrets are refused in the open there too.
    generic["definitions"]["settings"]["properties"] = dict.fromkeys(_secret_names(), False)
    written = {GENERIC: generic, Path("shell/values.schema.json"): shell(generic)}
    written[Path("portal/values.schema.json")] = portal(generic)
    texts = {path: json.dumps(schema, indent=2) + "\n" for path, schema in written.items()}
    return texts | {Path("portal/crds") / name: text for name, text in resources.definitions().items()}


def _secret_names() -> list[str]:
    kinds = [settings_of(package) for _, package in apps()]
    return sorted({PREFIX + item.name.upper() for item, _ in _fields(kinds) if item.metadata["secret"]})


def settings_of(package: str) -> type[Settings]:
    """The settings class of an app."""
    kinds = (kind for _, kind in getmembers(import_module(f"{package}.settings"), isclass))
    return next(kind for kind in kinds if issubclass(kind, Settings) and kind is not Settings)


def shell(generic: Schema) -> Schema:
    """The shell's chart: the generic one, with the door to the outside and exactly the shell's settings."""
    schema = copy.deepcopy(generic)
    schema["title"] = "Values of the shell"
    own = schema["properties"]
    del own["enabled"], own["network"]["properties"]["to"]
    own["worker"] = _object(enabled={"const": False})
    own["ingress"] = _object(
        enabled={"type": "boolean"},
        className={"type": "string"},
        tlsSecret={"type": "string"},
        annotations={"type": "object", "additionalProperties": {"type": "string"}},
    )
    own["gateway"] = _object(enabled={"type": "boolean"}, parents={"type": "array", "items": {"type": "object"}})
    kind = settings_of(dict(apps())["shell"])
    own["settings"], own["secrets"] = _plain([kind], THE_CHARTS), _references([kind])
    return schema


def portal(generic: Schema) -> Schema:
    """The portal's chart: each app with exactly its settings; what all share; the operator, the sandbox, the tests."""
    kinds = {name: settings_of(package) for name, package in apps()}
    everywhere = [*kinds.values()]
    shared = copy.deepcopy(generic["properties"]["global"])
    said_once = THE_CHARTS | ONE_APPS | _of_one_app(everywhere)
    shared["additionalProperties"] = False
    shared["properties"] |= {"settings": _plain(everywhere, said_once), "secrets": _references(everywhere, said_once)}
    parts = {name: _part(name, [kind]) for name, kind in kinds.items()}
    return {
        "$schema": generic["$schema"],
        "title": "Values of the portal",
        "definitions": generic["definitions"],
        **_object(
            **{"global": shared},
            **parts,
            **{name: {"type": "object"} for name in SANDBOX},  # their own chart says what they may hold
            operator=_operator(generic),
            test=_test(),
        ),
    }


def _operator(generic: Schema) -> Schema:
    pod = {name: generic["properties"][name] for name in ("image", "resources")}
    return _object(enabled={"type": "boolean"}, **pod)


def _test() -> Schema:
    people = _object(secret={"type": "string"}, key={"type": "string"})
    return _object(enabled={"type": "boolean"}, writes={"type": "boolean"}, people=people)


def _part(name: str, kinds: list[type[Settings]]) -> Schema:
    """One app's part. All else in it is looked at by the chart that it is a copy of."""
    told = {"name": {"const": name}, "settings": _plain(kinds, THE_CHARTS), "secrets": _references(kinds)}
    return {"type": "object", "properties": told}


def _object(**properties: Any) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _fields(kinds: list[type[Settings]]) -> Iterator[tuple[dataclasses.Field[Any], Any]]:
    found = {item.name: (item, get_type_hints(kind)[item.name]) for kind in kinds for item in dataclasses.fields(kind)}
    yield from found.values()


def _of_one_app(kinds: list[type[Settings]]) -> frozenset[str]:
    names = Counter(item.name for kind in kinds for item in dataclasses.fields(kind))
    return frozenset(name for name, count in names.items() if count == 1)


def _plain(kinds: list[type[Settings]], left_out: frozenset[str]) -> Schema:
    """Settings that may stand in a file of values. One that is a secret is refused there."""
    named = {
        PREFIX + item.name.upper(): {
            "type": [*_KINDS.get(hint, []), "string"],
            "description": item.metadata["sentence"],
        }
        for item, hint in _fields(kinds)
        if item.name not in left_out and not item.metadata["secret"]
    }
    return _object(**named)


def _references(kinds: list[type[Settings]], left_out: frozenset[str] = frozenset()) -> Schema:
    """Settings that may come from a Secret: those that are secrets, by its name and the key in it."""
    where = {**_object(name={"type": "string"}, key={"type": "string"}), "required": ["name", "key"]}
    named = {
        PREFIX + item.name.upper(): {**where, "description": item.metadata["sentence"]}
        for item, _ in _fields(kinds)
        if item.metadata["secret"] and item.name not in left_out
    }
    return _object(**named)


def page(charts: Path) -> str:
    """The reference page of the values."""
    return chart_values.page(charts, NOTICE)
