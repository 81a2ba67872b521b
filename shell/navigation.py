"""Decides what a person sees in the menu: the platform's own pages, then each app's, also of one that is away."""

from collections.abc import Sequence
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bff.identity.principal import Identity
from bff.texts import in_language
from bff.web.formats import clock
from bff.web.layout import MenuGroup, MenuItem
from bff.web.locale import time_zone
from shell.chains import chains_for
from shell.permissions import P
from shell.registry import MicroFrontend, Registry
from shell.registry.manifests import Entry
from static.sprite import NAMES as ICONS

PLAIN_ICON = "dot"  # for an entry that names none, or one that the portal does not have
APPROVALS: Final = ("/approvals", _l("Approvals"), "list-checks")
AUDIT: Final = ("/audit", _l("Audit"), "scroll-text")
MICROFRONTENDS: Final = ("/microfrontends", _l("Micro-frontends"), "blocks")


def menu(registry: Registry, identity: Identity, language: str, path: str) -> list[MenuGroup]:
    """The groups of the menu in the order of registration; `path` is where the person is now."""
    apps = registry.seen_by(identity)
    here = _current(apps, path)
    audit = [AUDIT] if chains_for(registry, identity) else []
    platform = [MICROFRONTENDS] if identity.sees_all and identity.may(P.VIEW_MICROFRONTENDS) else []
    own = [_own(*page, here) for page in (APPROVALS, *audit, *platform)]
    groups = [MenuGroup("shell", _("Oversight"), own)]
    for app in apps:
        entries = app.manifest.navigation if app.manifest else ()
        items = [
            _item(app, entry, in_language(entry.label, language), here, _badge(app, entry, identity))
            for entry in entries
            if may_see(identity, entry.permission)
        ]
        if items:
            since = clock(app.unavailable_since, time_zone()) if app.unavailable_since else ""
            groups.append(MenuGroup(app.name, app.title_in(language), items, since))
    return groups


def may_see(identity: Identity, permission: str) -> bool:
    """An offer without a permission is for everyone who is signed in."""
    return not permission or identity.may(permission)


def _own(href: str, label: Any, icon: str, here: str) -> MenuItem:
    return MenuItem(str(label), href, icon, href == here)


def _badge(app: MicroFrontend, entry: Entry, identity: Identity) -> str:
    """The place of what stands beside an entry; empty where this person is to see nothing there."""
    offer = app.manifest.badge(entry) if app.manifest else None
    return f"{app.name}-{entry.badge}" if offer and may_see(identity, offer.permission) else ""


def _item(app: MicroFrontend, entry: Entry, label: str, here: str, badge: str) -> MenuItem:
    href = app.mount + entry.href
    icon = entry.icon if entry.icon in ICONS else PLAIN_ICON
    return MenuItem(label, href, icon, href == here, badge, entry.ahead)


def _current(apps: Sequence[MicroFrontend], path: str) -> str:
    """The entry under which a page lies: the longest that its path continues."""
    hrefs = [APPROVALS[0], AUDIT[0], MICROFRONTENDS[0]]
    hrefs += [app.mount + entry.href for app in apps if app.manifest for entry in app.manifest.navigation]
    fitting = [href for href in hrefs if path == href or path.startswith(href.rstrip("/") + "/")]
    return max(fitting, key=len, default="")
