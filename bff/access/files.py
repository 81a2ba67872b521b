"""Roles and exclusions as files: read whole, checked against their schema, refused with the file and the reason."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from bff import texts

STANDARD = Path(str(files("roles")))

_NAMES = {
    "type": "array",
    "items": {"type": "string", "pattern": "^[a-z][a-z-]*:[a-z][a-z-]*:[a-z][a-z-]*$"},
    "uniqueItems": True,
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "MojaloopRole": {
        "type": "object",
        "required": ["role", "permissions"],
        "additionalProperties": False,
        "properties": {
            "role": {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]*$"},
            "title": texts.SCHEMA,
            "scope": {"enum": ["hub", "participant"]},
            "permissions": _NAMES,
        },
    },
    "MojaloopPermissionExclusions": {
        "type": "object",
        "required": ["permissionsA", "permissionsB"],
        "additionalProperties": False,
        "properties": {"permissionsA": _NAMES, "permissionsB": _NAMES, "reason": texts.SCHEMA},
    },
}


@dataclass(frozen=True)
class Role:
    """A named set of permissions. Scope "hub" sees every participant, scope "participant" only its own."""

    name: str
    title: dict[str, str]
    scope: str
    permissions: frozenset[str]


@dataclass(frozen=True)
class Exclusion:
    """No person may hold a permission of one side together with one of the other."""

    name: str
    side_a: frozenset[str]
    side_b: frozenset[str]
    reason: dict[str, str]


@dataclass(frozen=True)
class RoleBook:
    """All roles and exclusions of a portal."""

    roles: dict[str, Role]
    exclusions: tuple[Exclusion, ...]

    def holders(self, permission: str) -> tuple[Role, ...]:
        """The roles that hold a permission, by name."""
        return tuple(role for _, role in sorted(self.roles.items()) if permission in role.permissions)

    def permissions_of(self, roles: set[str] | frozenset[str]) -> frozenset[str]:
        """The union of the named roles' permissions; a role that no file defines gives nothing."""
        return frozenset().union(*(self.roles[name].permissions for name in roles if name in self.roles))

    def conflicts(self, permissions: frozenset[str]) -> tuple[tuple[Exclusion, str, str], ...]:
        """Each exclusion that the set breaks, with one permission of either side, the first by name."""
        return tuple(
            (exclusion, min(permissions & exclusion.side_a), min(permissions & exclusion.side_b))
            for exclusion in self.exclusions
            if permissions & exclusion.side_a and permissions & exclusion.side_b
        )


class BadRoleFile(Exception):
    """A role or exclusion file that cannot be used; the message names the file, the place and the remedy."""


def load(folder: Path | None = None) -> RoleBook:
    """All documents of all YAML files in the folder (the standard roles when None). Raises BadRoleFile."""
    roles: dict[str, Role] = {}
    exclusions: list[Exclusion] = []
    for path in sorted((folder or STANDARD).glob("*.yaml")):
        for kind, name, spec in _documents(path):
            if kind == "MojaloopRole":
                if spec["role"] in roles:
                    raise BadRoleFile(f"{path.name}: role {spec['role']} is defined twice; keep one definition")
                roles[spec["role"]] = _role(spec)
            else:
                sides = (frozenset(spec["permissionsA"]), frozenset(spec["permissionsB"]))
                exclusions.append(Exclusion(name, *sides, texts.by_language(spec.get("reason", name))))
    return RoleBook(roles, tuple(exclusions))


def _documents(path: Path) -> list[tuple[str, str, dict[str, Any]]]:
    try:
        parsed = [document for document in yaml.safe_load_all(path.read_text("utf-8")) if document is not None]
    except yaml.YAMLError as problem:
        raise BadRoleFile(f"{path.name}: not YAML: {problem}") from problem
    return [_checked(path, document) for document in parsed]


def _checked(path: Path, document: Any) -> tuple[str, str, dict[str, Any]]:
    kind = document.get("kind") if isinstance(document, dict) else None
    if kind not in SCHEMAS:
        raise BadRoleFile(f"{path.name}: kind is {kind!r}; use one of {', '.join(SCHEMAS)}")
    spec = document.get("spec")
    problem = next(iter(Draft202012Validator(SCHEMAS[kind]).iter_errors(spec)), None)
    if problem:
        where = "/".join(["spec", *(str(step) for step in problem.absolute_path)])
        raise BadRoleFile(f"{path.name}: {where}: {problem.message}")
    return kind, str((document.get("metadata") or {}).get("name", path.stem)), spec


def _role(spec: dict[str, Any]) -> Role:
    title = texts.by_language(spec.get("title", spec["role"]))
    return Role(spec["role"], title, spec.get("scope", "hub"), frozenset(spec["permissions"]))
