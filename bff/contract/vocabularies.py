"""What the installed apps know: their permissions and their actions, read off their modules without starting them."""

from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points
from inspect import getmembers, isclass, isfunction
from types import ModuleType

from bff.access.check import Vocabulary
from bff.access.permissions import PermissionBase
from bff.change.actions import Action
from bff.change.vocabulary import audit_permission
from bff.serve import GROUP


def apps() -> Iterator[tuple[str, str]]:
    """Each installed app's name and package, by name."""
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        yield point.name, point.module.rpartition(".")[0]


def permissions_of(package: str) -> type[PermissionBase] | None:
    """The package's own permissions; None for an app that has no module `permissions`."""
    module = _module(package, "permissions")
    kinds = (kind for _, kind in getmembers(module, isclass) if issubclass(kind, PermissionBase))
    return next((kind for kind in kinds if kind is not PermissionBase), None)


def vocabularies() -> dict[str, Vocabulary]:
    """What every installed app knows, by its name."""
    return {name: _vocabulary(name, package) for name, package in apps()}


def _vocabulary(name: str, package: str) -> Vocabulary:
    own = frozenset(str(permission) for permission in permissions_of(package) or ())
    classes = (kind for _, kind in getmembers(_module(package, "actions"), isclass))
    actions = frozenset(
        f"{name}.{kind.name}" for kind in classes if issubclass(kind, Action) and getattr(kind, "name", None)
    )
    # An app whose permissions are made from content has a function `vocabulary` that makes them.
    makes = any(each == "vocabulary" for each, _ in getmembers(_module(package, "permissions"), isfunction))
    return Vocabulary(own | {str(audit_permission(name))}, actions, makes)


def _module(package: str, name: str) -> ModuleType | None:
    wanted = f"{package}.{name}"
    try:
        return import_module(wanted)
    except ModuleNotFoundError as missing:
        if missing.name != wanted:
            raise
        return None
