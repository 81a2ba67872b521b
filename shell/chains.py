"""Decides whose audit a person may read: that of each app, the shell among them, whose permission they hold."""

from dataclasses import dataclass
from typing import Final

from flask_babel import gettext as _

from bff.identity.principal import Identity
from bff.web.locale import language
from shell.asking import those_with
from shell.registry import MicroFrontend, Registry

INTERFACE: Final = "audit"
OWN: Final = "shell"  # the shell's own chain, which is read without asking anybody
OWN_PERMISSION: Final = f"{OWN}:{INTERFACE}:view"


@dataclass(frozen=True, slots=True)
class Chain:
    """The audit of one app: a micro-frontend's at `href` under its own root, or the shell's."""

    name: str
    app: MicroFrontend | None = None
    href: str = ""

    @property
    def title(self) -> str:
        """What people call it."""
        return self.app.title_in(language()) if self.app else str(_("Portal"))


def chains_for(registry: Registry, identity: Identity) -> list[Chain]:
    """The chains that this person may read, the shell's first, as the manifests and the person's roles say.

    None for whoever is confined to some participants: entries tell of every one."""
    if not identity.sees_all:
        return []
    own = [Chain(OWN)] if identity.may(OWN_PERMISSION) else []
    return own + [
        Chain(app.name, app, found.href)
        for app, found in those_with(registry, INTERFACE)
        if identity.may(found.permission or f"{app.name}:{INTERFACE}:view")
    ]
