"""Decides what one app may read of the others in a person's name: two interfaces, for whom the settings name, now."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, g, jsonify, request
from marshmallow import ValidationError

from bff.access.permissions import public
from bff.access.rights import Access
from bff.change.api_schemas import ShowSchema
from bff.errors import InvalidIdentity, Missing
from bff.identity.assertion import InvalidAssertion, Verifier
from bff.identity.principal import Identity
from bff.web.locale import language
from shell import own
from shell.asking import Heard, ask, those_with
from shell.platform import Platform

HEADER: Final = "Portal-On-Behalf"
RELAYED: Final = frozenset({"approvals", "people"})
OWN_PARTS: Final = frozenset({"app"})  # of the query; the rest is for the apps


@dataclass(frozen=True)
class Interfaces:
    """GET /api/interfaces/<name>: what every app that has the interface answers the person of an assertion.

    The asking app presents the assertion that it was just given. What comes of it is asked with assertions of the
    person's own rights at each app, so no app learns more than the person would be shown there.
    """

    platform: Platform

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("interfaces", __name__)
        blueprint.add_url_rule("/api/interfaces/<name>", "relay", public(lambda name: self.relay(name)))
        return blueprint

    def relay(self, name: str) -> Response:
        """The answers, app by app."""
        g.identity = who = self._whose(request.headers.get(HEADER, ""))
        if name not in RELAYED:
            raise Missing(name)
        query = {key: value for key, value in request.args.items() if key not in OWN_PARTS}
        only = request.args.get("app", "")
        wanted = [
            (app, f"{found.href}?{urlencode(query)}")
            for app, found in those_with(self.platform.registry, who, name)
            # Who has never shown a manifest has never had a change asked for through this portal.
            if app.manifest and only in ("", app.name)
        ]
        told: list[dict[str, Any]] = [
            {
                "app": each.app.name,
                "title": each.app.title_in(language()),
                "status": each.status,
                "document": each.document,
            }
            for each in [*self._own(who, name, request.args), *ask(self.platform, who, wanted)]
        ]
        return jsonify(apps=told)

    def _own(self, who: Identity, name: str, query: Mapping[str, str]) -> list[Heard]:
        """What the shell itself would answer, which holds requests too. Raises Missing for a query without sense."""
        if name != "approvals" or query.get("app", "") not in ("", own.NAME):
            return []
        given = {key: query[key] for key in ("show", "limit", "after") if key in query}
        try:
            asked: dict[str, Any] = ShowSchema().load(given)
        except ValidationError:
            raise Missing(name) from None
        return own.requests(who, asked["show"], asked["limit"], asked["after"])

    def _whose(self, assertion: str) -> Identity:
        """Whoever the assertion names, with what they may do now. Raises InvalidIdentity."""
        stated = self._stated(assertion)
        access: Access = current_app.extensions["portal_access"]
        rights = access.rights(stated.subject)
        if (rights.hub, rights.participants) != (stated.hub, stated.participants):
            raise InvalidIdentity("what this person may see has changed since")
        return replace(stated, permissions=rights.permissions, roles=rights.roles)

    def _stated(self, assertion: str) -> Identity:
        issuer, keys = self.platform.settings.base_url, self.platform.keys.jwks
        for audience in self.platform.settings.readers.split():
            try:
                return Verifier(issuer, audience, keys).identity(assertion)
            except InvalidAssertion:
                continue
        raise InvalidIdentity("no assertion for an app that may ask")
