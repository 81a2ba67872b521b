"""The library under every app of the portal: identity, permissions, layout, the contract with the shell."""

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
from bff.web.layout import allowed, asker, identity, render, render_part

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
    "identity",
    "public",
    "render",
    "render_part",
    "requires",
    "setting",
    "signed_in",
]
