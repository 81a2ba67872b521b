"""The library under every app of the portal: identity, permissions, layout, the contract with the shell.

A name is loaded from its home when it is first asked for: a process that watches over a server, or runs one command,
has nothing of the web in memory.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bff.access.permissions import PermissionBase, public, requires, signed_in
    from bff.app import Parts, create_app
    from bff.change.actions import Action, Command, CommandSchema, Effect, Fact, Found, Input, Told
    from bff.change.audit import audit_log, audited_read
    from bff.contract.manifest import Manifest, NavItem, Slot
    from bff.errors import HubRefused, HubUnavailable, Missing, NotPermitted, NotSignedIn, RuleBroken
    from bff.hub import HubClient
    from bff.identity.principal import Identity
    from bff.money import Money
    from bff.run import Run
    from bff.settings import Settings, setting
    from bff.web.badges import badge
    from bff.web.layout import allowed, asker, render, render_part

_HOMES = {
    "bff.access.permissions": ("PermissionBase", "public", "requires", "signed_in"),
    "bff.app": ("Parts", "create_app"),
    "bff.change.actions": ("Action", "Command", "CommandSchema", "Effect", "Fact", "Found", "Input", "Told"),
    "bff.change.audit": ("audit_log", "audited_read"),
    "bff.contract.manifest": ("Manifest", "NavItem", "Slot"),
    "bff.errors": ("HubRefused", "HubUnavailable", "Missing", "NotPermitted", "NotSignedIn", "RuleBroken"),
    "bff.hub": ("HubClient",),
    "bff.identity.principal": ("Identity",),
    "bff.money": ("Money",),
    "bff.run": ("Run",),
    "bff.settings": ("Settings", "setting"),
    "bff.web.badges": ("badge",),
    "bff.web.layout": ("allowed", "asker", "render", "render_part"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Action",
    "Command",
    "CommandSchema",
    "Effect",
    "Fact",
    "Found",
    "HubClient",
    "HubRefused",
    "HubUnavailable",
    "Identity",
    "Input",
    "Manifest",
    "Missing",
    "Money",
    "NavItem",
    "NotPermitted",
    "NotSignedIn",
    "Parts",
    "PermissionBase",
    "RuleBroken",
    "Run",
    "Settings",
    "Slot",
    "Told",
    "allowed",
    "asker",
    "audit_log",
    "audited_read",
    "badge",
    "create_app",
    "public",
    "render",
    "render_part",
    "requires",
    "setting",
    "signed_in",
]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(home), name)
    return found
