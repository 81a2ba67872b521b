"""Decides whose audit a person may read: that of each app, the shell among them, whose permission they hold."""

from dataclasses import dataclass
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bff.identity.principal import Identity
from bff.texts import in_language
from bff.web.locale import language
from shell.asking import those_with
from shell.own import PAGES, title_of
from shell.registry import MicroFrontend, Registry

INTERFACE: Final = "audit"
OWN: Final = "shell"  # the shell's own chain, which is read without asking anybody
KNOWN: Final[dict[str, Any]] = {
    "login": _l("Sign in"),
    "logout": _l("Sign out"),
    "route.refused": _l("Open what is not permitted"),
    "route.forged": _l("Change something from another site"),
    "client.refused": _l("Call with an access token that is not let in"),
    "audit.read": _l("Read the audit"),
    "audit.export": _l("Export the audit"),
    "audit.key": _l("Introduce a key that signs the audit"),
    "audit.contradiction": _l("Find an audit that contradicts what was seen"),
    "shell.microfrontend_found": _l("Found in the cluster"),
    "shell.microfrontend_gone": _l("Gone from the cluster"),
    "approval.policy": _l("Change the approval policy"),
}
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

    @property
    def has_requests(self) -> bool:
        """Whether the app has pages of requests, to which the tasks of entries lead."""
        return self.app is None or bool(self.app.manifest and self.app.manifest.interface("approvals"))

    @property
    def requests(self) -> str:
        """The path under which those pages stand."""
        return PAGES if self.app is None else f"{self.app.mount}{PAGES}"

    def words_of(self, action: str) -> str:
        """An action in words where the platform or the app's manifest has them, else its id."""
        said = self.app.manifest.actions.get(action, "") if self.app and self.app.manifest else ""
        own = title_of(action) if self.app is None else ""
        return str(KNOWN.get(action, "")) or own or (in_language(said, language()) if said else action)


def chains_for(registry: Registry, identity: Identity) -> list[Chain]:
    """The chains that this person may read, the shell's first, as the manifests and the person's roles say.

    None for whoever is confined to some participants: entries tell of every one."""
    if not identity.sees_all:
        return []
    own = [Chain(OWN)] if identity.may(OWN_PERMISSION) else []
    return own + [
        Chain(app.name, app, found.href)
        for app, found in those_with(registry, identity, INTERFACE)
        if identity.may(found.permission or f"{app.name}:{INTERFACE}:view")
    ]
