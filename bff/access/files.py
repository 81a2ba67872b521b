"""Roles and exclusions as files: read whole, checked against their schema, refused with the file and the reason."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from bff import strict_yaml, texts

STANDARD = Path(str(files("roles")))
Signature = frozenset[tuple[str, int, int, int]]
ROLE, EXCLUSIONS, POLICY = "MojaloopRole", "MojaloopPermissionExclusions", "MojaloopApprovalPolicy"


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
    """Role or exclusion files that cannot be used; each line names a file, the place and the remedy."""


def load(folder: Path | None = None) -> RoleBook:
    """All documents of all YAML files in the folder (the standard roles when None). Raises BadRoleFile."""
    book, problems = read(folder or STANDARD)
    if problems:
        raise BadRoleFile("\n".join(problems))
    return book


def read(folder: Path) -> tuple[RoleBook, list[str]]:
    """What the folder's files say, and all that keeps it from being used, a sentence each."""
    roles: dict[str, Role] = {}
    exclusions: list[Exclusion] = []
    problems: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        for told in _documents(path, problems):
            kind, spec = told["kind"], told["spec"]
            if kind == ROLE and spec["role"] in roles:
                # Not a union: split over files, a role would pass every check that looks at one of them.
                problems.append(f"{path.name}: role {spec['role']} is defined twice; keep one definition")
            elif kind == ROLE:
                roles[spec["role"]] = _role(spec)
            elif kind == EXCLUSIONS:
                exclusions.append(_exclusion(spec, str((told.get("metadata") or {}).get("name", path.stem))))
    if not roles and not problems:
        problems.append(f"{folder.name}: there is no role in it; put *.yaml files with kind {ROLE} there")
    return RoleBook(roles, tuple(exclusions)), problems


def signature(folder: Path) -> Signature:
    """What tells one state of a folder's files from another."""
    # A mounted ConfigMap changes by a symbolic link, so what counts is the file at its end.
    stats = ((path.name, path.stat()) for path in folder.glob("*.yaml"))
    return frozenset((name, stat.st_mtime_ns, stat.st_size, stat.st_ino) for name, stat in stats)


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of one document."""
    parsed: dict[str, Any] = json.loads(schema_text())
    return parsed


def schema_text() -> str:
    """The published file as it stands."""
    return files("bff.access").joinpath("schema.json").read_text("utf-8")


def _documents(path: Path, problems: list[str]) -> Iterator[dict[str, Any]]:
    """The documents of one file that are fit for use; of the others, what is wrong with the first thing in them."""
    try:
        parsed = strict_yaml.documents(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as unread:
        problems.append(f"{path.name}: not YAML: {unread}")
        return
    for document in parsed:
        problem = _problem(document)
        if problem:
            problems.append(f"{path.name}: {problem}")
        else:
            yield document


def _problem(document: Any) -> str:
    kind = document.get("kind") if isinstance(document, dict) else None
    kinds = schema()["properties"]["kind"]["enum"]
    if kind not in kinds:
        return f"kind is {kind!r}; use one of {', '.join(kinds)}"
    error = next(iter(_validator().iter_errors(document)), None)
    return f"{'/'.join(str(step) for step in error.absolute_path) or 'the document'}: {error.message}" if error else ""


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def _role(spec: dict[str, Any]) -> Role:
    title = texts.by_language(spec.get("title", spec["role"]))
    return Role(spec["role"], title, spec.get("scope", "hub"), frozenset(spec["permissions"]))


def _exclusion(spec: dict[str, Any], name: str) -> Exclusion:
    sides = (frozenset(spec["permissionsA"]), frozenset(spec["permissionsB"]))
    return Exclusion(name, *sides, texts.by_language(spec.get("reason", name)))
