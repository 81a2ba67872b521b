"""What an app says of itself: one frozen object; hrefs, permissions and languages are derived, never typed twice."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

from flask import Flask, Response, g, request
from jsonschema import Draft202012Validator

from bff.access.permissions import ANY_LOGIN, PermissionBase, access_of
from bff.web.locale import in_every_language

CONTRACT = "1"
_TAKEN: Final = re.compile(r"<(?:[^<>:]+:)?([^<>:]+)>")  # by a route: `<int:id>`
BADGE_SECONDS: Final = 15  # for which a badge may be shown again, where its view does not say
# What the library supplies, or one app for all others, where an app has it.
INTERFACES = {"approvals": "/api/approvals", "audit": "/api/audit", "people": "/api/users"}


@dataclass(frozen=True)
class NavItem:
    """A menu entry: its words, the endpoint that it opens, an icon's name.

    `badge` is the endpoint of what stands beside it, which answers `bff.badge(3, _("3 new packs"))`. `ahead`: its page
    may be asked for while somebody only thinks of it, since reading it is no event.
    """

    label: Any
    endpoint: str
    icon: str = "circle"
    badge: str = ""
    ahead: bool = False

    def serialise(self, app: Flask) -> dict[str, Any]:
        """The entry as JSON says it."""
        said: dict[str, Any] = {"label": in_every_language(app, self.label), "icon": self.icon}
        said |= _route(app, self.endpoint)
        if self.badge:
            said["badge"] = {"max_age": BADGE_SECONDS, **_route(app, self.badge)}
        return said | ({"ahead": True} if self.ahead else {})


@dataclass(frozen=True)
class Slot:
    """A fragment for pages of others: the slot's name, the endpoint that serves it, seconds it may be shown again.

    What its route takes (`/slots/gate/<int:id>`), a page with such a slot says: `ui.slot("gate", id=12)`.
    `asks` is what it takes in its query: `Slot("search", "search.found", asks=("q",))`; such a fragment is never kept.
    """

    name: str
    endpoint: str
    max_age: int = 0
    asks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """An app's name, version, words and offers.

    `audited` are the words of what its audit names besides its actions: `{"report.read": _l("Read a report")}`.
    """

    name: str
    version: str
    title: Any
    navigation: tuple[NavItem, ...] = ()
    slots: tuple[Slot, ...] = ()
    fallback: Any = None
    audited: Mapping[str, Any] = field(default_factory=dict)

    def serialise(self, app: Flask, permissions: Iterable[PermissionBase]) -> dict[str, Any]:
        """The manifest as JSON says it: hrefs and permissions are read off the app's routes."""
        document: dict[str, Any] = {
            "contract": CONTRACT,
            "name": self.name,
            "version": self.version,
            "title": in_every_language(app, self.title),
            "navigation": [item.serialise(app) for item in self.navigation],
            "slots": [
                {"name": slot.name, "max_age": slot.max_age, **_route(app, slot.endpoint, slot.asks)}
                for slot in self.slots
            ],
            "permissions": [
                {"id": str(permission), "sentence": in_every_language(app, permission.sentence)}
                for permission in permissions
            ],
            "interfaces": [
                {"name": name, **_route(app, rule.endpoint)}
                for name, path in INTERFACES.items()
                for rule in app.url_map.iter_rules()
                if rule.rule == path and "GET" in (rule.methods or ())
            ],
            "actions": [
                {"id": name, "title": in_every_language(app, title)} for name, title in self._actions(app).items()
            ],
        }
        if self.fallback:
            document["fallback"] = in_every_language(app, self.fallback)
        return document

    def _actions(self, app: Flask) -> dict[str, Any]:
        changes = app.extensions.get("portal_changes")
        own = {name: action.title for name, action in changes.actions.items()} if changes else {}
        return {**own, **self.audited}


def _route(app: Flask, endpoint: str, asks: Iterable[str] = ()) -> dict[str, str]:
    rule = next(iter(app.url_map.iter_rules(endpoint)))
    access = access_of(app, endpoint)
    query = "&".join(f"{name}={{{name}}}" for name in asks)
    href = _TAKEN.sub(r"{\1}", rule.rule) + (f"?{query}" if query else "")
    return {"href": href, **({} if access in (None, ANY_LOGIN) else {"permission": str(access)})}


def keep_fragments(app: Flask, manifest: Manifest) -> None:
    """Let the shell keep the fragments that the manifest offers, for one person each; a view may say otherwise."""
    said = {slot.endpoint: "no-store" if slot.asks else f"private, max-age={slot.max_age}" for slot in manifest.slots}
    said |= {item.badge: f"private, max-age={BADGE_SECONDS}" for item in manifest.navigation if item.badge}

    @app.after_request
    def private(response: Response) -> Response:
        how_long = said.get(request.endpoint or "")
        if how_long is not None and g.get("composed") and response.status_code in (200, 204):
            response.headers.setdefault("Cache-Control", how_long)
        return response


@cache
def schema() -> dict[str, Any]:
    """The contract's JSON Schema."""
    parsed: dict[str, Any] = json.loads(files("bff.contract").joinpath("schema.json").read_text("utf-8"))
    return parsed


def problems(document: object) -> list[str]:
    """Each clause of the schema that a manifest breaks, as a sentence that names the place."""
    errors = Draft202012Validator(schema()).iter_errors(document)
    return sorted(
        f"{'/'.join(str(step) for step in error.absolute_path) or 'the manifest'}: {error.message}" for error in errors
    )
