"""The JSON interface of the platform: which micro-frontends there are and how they do. Changes stand beside it."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint as PlainBlueprint
from flask_babel import gettext as _
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from bff.access.permissions import requires
from bff.web.api import described as describe
from shell.overview import Overview, Place, overview, overview_of
from shell.pages.microfrontends import whole_hub_only
from shell.permissions import P
from shell.platform import Platform
from shell.registry.store import Change


class PlaceSchema(Schema):
    """One address of a micro-frontend. Figures are those of the process that answers, since it started."""

    url = fields.String()
    health = fields.String(metadata={"description": "available, unavailable, unknown, gone or disabled."})
    unavailable_since = fields.AwareDateTime(allow_none=True)
    versions = fields.List(fields.String(), metadata={"description": "Those that answer, the running one first."})
    contract = fields.String()
    manifest_read_at = fields.AwareDateTime(allow_none=True)
    problem = fields.String()
    requests = fields.Integer()
    errors = fields.Integer()
    p50_ms = fields.Float()
    p99_ms = fields.Float()
    breaker = fields.String(metadata={"description": "closed, open or half_open."})


class SentSchema(Schema):
    """Who is sent to the second address."""

    url = fields.String()
    percent = fields.Integer()
    roles = fields.List(fields.String())
    version = fields.String()


class MicroFrontendSchema(Schema):
    """One registered micro-frontend, its first address first."""

    name = fields.String()
    state = fields.String(metadata={"description": "enabled or disabled."})
    source = fields.String(metadata={"description": "configuration, kubernetes or hand."})
    pinned = fields.String()
    registered_by = fields.String()
    share = fields.Nested(SentSchema, allow_none=True)
    revision = fields.Integer()
    places = fields.List(fields.Nested(PlaceSchema))


class ListSchema(Schema):
    """All of them."""

    microfrontends = fields.List(fields.Nested(MicroFrontendSchema))


class ChangeSchema(Schema):
    """One change of one of them."""

    revision = fields.Integer()
    at = fields.AwareDateTime()
    action = fields.String()
    actor = fields.String()
    reason = fields.String()
    before = fields.Dict(allow_none=True)
    after = fields.Dict(allow_none=True)


class OneSchema(MicroFrontendSchema):
    """One of them with its history, the newest change first."""

    history = fields.List(fields.Nested(ChangeSchema))


def described(platform: Platform) -> PlainBlueprint:
    """/api/microfrontends, and the document that describes it."""
    made = Blueprint("platform_api", __name__, url_prefix="/api", description="What the portal is made of")
    made.before_request(whole_hub_only)

    @made.get("/microfrontends")
    @requires(P.VIEW_MICROFRONTENDS)
    @made.response(200, ListSchema)
    def every() -> dict[str, Any]:
        """List the registered micro-frontends with their health."""
        return {"microfrontends": [_told(each) for each in overview(platform)]}

    @made.get("/microfrontends/<name>")
    @requires(P.VIEW_MICROFRONTENDS)
    @made.response(200, OneSchema)
    def one(name: str) -> dict[str, Any]:
        """Show one micro-frontend with its history."""
        found = overview_of(platform, name, _("No micro-frontend %(name)s is registered.", name=name[:40]))
        return {**_told(found), "history": [_change(each) for each in platform.registry.store.history(name)]}

    return describe(made)


def _told(found: Overview) -> dict[str, Any]:
    record = found.record
    told = {"name": record.name, "state": record.state.value, "source": record.source.value, "pinned": record.version}
    share = asdict(record.share) if record.share else None
    facts = {"registered_by": record.registered_by, "share": share, "revision": record.revision}
    return {**told, **facts, "places": [_place(place) for place in found.places]}


def _place(place: Place) -> dict[str, Any]:
    return {
        "url": place.url,
        "health": place.health.value,
        "unavailable_since": place.since,
        "versions": place.versions,
        "contract": place.contract,
        "manifest_read_at": place.read_at,
        "problem": place.problem,
        **asdict(place.measure),
        "breaker": str(place.breaker.state),
    }


def _change(change: Change) -> dict[str, Any]:
    records = {"before": change.before, "after": change.after}
    told = {"revision": change.revision, "at": change.at, "action": change.told.action}
    told |= {"actor": change.told.actor, "reason": change.told.reason}
    return {**told, **{key: record.as_json() if record else None for key, record in records.items()}}
