"""Decides how the shell's own changes stand among those of the apps: asked for here, without a request to anybody."""

import json
from collections.abc import Sequence
from typing import Any, Final

from flask import current_app
from flask_babel import gettext as _

from bff.change.api import decided, listed
from bff.change.api_schemas import ListingSchema, OutcomesSchema
from bff.change.approvals import Changes
from bff.identity.principal import Identity
from shell.asking import Heard
from shell.connections import Origin
from shell.registry import MicroFrontend

NAME: Final = "shell"
PAGES: Final = "/approvals"  # the pages of its requests stand under this path, and not under its name


class Portal(MicroFrontend):
    """The shell as one of those who hold requests."""

    __slots__ = ()

    @property
    def mount(self) -> str:
        return PAGES

    def title_in(self, language: str) -> str:
        """What people call it."""
        return str(_("Portal"))


PORTAL: Final = Portal(NAME, Origin("http", "localhost", 80))


def mount_of(name: str) -> str:
    """The path under which the requests of an app have their pages."""
    return PAGES if name == NAME else f"/{name}"


def requests(identity: Identity, show: str, most: int, after: str = "") -> list[Heard]:
    """The shell's own requests as an app would tell of them; nothing for whoever has nothing to do with them."""
    if not any(permission.startswith(f"{NAME}:") for permission in identity.permissions):
        return []
    return [Heard(PORTAL, 200, _as_json(ListingSchema(), listed(_changes(), show, most, after)))]


def decide(wanted: Sequence[dict[str, str]]) -> Heard:
    """Decisions on requests of the shell's own, with an answer for each."""
    answers = {"decisions": [decided(_changes(), each) for each in wanted]}
    return Heard(PORTAL, 200, _as_json(OutcomesSchema(), answers))


def title_of(action: str) -> str:
    """An action of the shell's own in words; empty for any other."""
    found = _changes().actions.get(action)
    return str(found.title) if found else ""


def _changes() -> Changes:
    found: Changes = current_app.extensions["portal_changes"]
    return found


def _as_json(schema: Any, answer: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(schema.dump(answer)))
    return document
