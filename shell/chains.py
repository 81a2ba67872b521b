"""Decides whose audit a person may read: that of each app, the shell among them, whose permission they hold."""

from typing import Final

from bff.identity.principal import Identity
from shell.asking import those_with
from shell.manifests import Interface
from shell.registry import MicroFrontend, Registry

INTERFACE: Final = "audit"
OWN: Final = "shell"  # the shell's own chain, which is read without asking anybody
OWN_PERMISSION: Final = f"{OWN}:{INTERFACE}:view"


def others(registry: Registry, identity: Identity) -> list[tuple[MicroFrontend, Interface]]:
    """The micro-frontends whose audit this person may read, as the manifests and the person's roles say."""
    return [
        (app, found)
        for app, found in those_with(registry, INTERFACE)
        if identity.may(found.permission or f"{app.name}:{INTERFACE}:view")
    ]


def readable(registry: Registry, identity: Identity) -> bool:
    """Whether there is any audit that this person may read."""
    return identity.may(OWN_PERMISSION) or bool(others(registry, identity))
