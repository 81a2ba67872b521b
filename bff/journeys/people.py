"""Who walks: people of a deployment with their passwords and roles, from a file like the sandbox's."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import yaml

SANDBOX: Final = "sandbox"


class BadPeople(Exception):
    """A file of people that cannot be used; the message says why."""


@dataclass(frozen=True)
class Walker:
    """One person."""

    username: str
    password: str
    roles: frozenset[str]


def read_people(where: str) -> list[Walker]:
    """One person for each set of roles. `where`: a file, or "sandbox" for the sandbox's own. Raises BadPeople."""
    path = Path(str(files(SANDBOX).joinpath("users.yaml"))) if where == SANDBOX else Path(where)
    try:
        told: Any = yaml.safe_load(path.read_text("utf-8"))
        people = [_walker(each, told) for each in told["users"] if each.get("active", True)]
    except (OSError, yaml.YAMLError, LookupError, TypeError, AttributeError) as problem:
        raise BadPeople(
            f"{path}: {type(problem).__name__}: {problem}; write users: [{{username, password, roles}}]"
        ) from problem
    first: dict[frozenset[str], Walker] = {}
    for each in people:
        first.setdefault(each.roles, each)
    return list(first.values())


def _walker(each: Mapping[str, Any], told: Mapping[str, Any]) -> Walker:
    password = str(each["password"] if "password" in each else told["password"])
    return Walker(str(each["username"]), password, frozenset(each.get("roles", ())))
