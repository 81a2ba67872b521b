"""Taking changes of a micro-frontend back: everything is as it was before one of them."""

from dataclasses import replace

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate

from bff.change.actions import Command, Told
from bff.errors import Missing, RuleBroken
from shell.actions.of_app import AppSchema, OfApp, platform, registry
from shell.registry.addresses import allowed
from shell.registry.records import Record, Source


class RollBackSchema(AppSchema):
    """To before which change, by its revision."""

    revision = fields.Integer(required=True, validate=validate.Range(min=1))


class RollBack(OfApp):
    """Put an app back to what it was before a change."""

    name = "roll_back"
    title = _l("Roll back")
    rule = "/microfrontends/<name>/back/<int:revision>"
    schema = RollBackSchema

    def sentence(self, command: Command, told: Told) -> str:
        """What, and how far."""
        return _(
            "Put %(name)s back to what it was before change %(revision)s.",
            name=command["name"],
            revision=command["revision"],
        )

    def verb(self, command: Command, told: Told) -> str:
        """What."""
        return _("Roll back %(name)s", name=command["name"])

    def after(self, command: Command, before: Record | None) -> Record:
        """The earlier record; where the app is remains as its source says. Raises Missing, RuleBroken."""
        name = command["name"]
        change = registry().store.at(name, command["revision"])
        if change is None:
            raise Missing(_("There is no change %(revision)s of %(name)s.", name=name, revision=command["revision"]))
        if change.before is None:
            raise RuleBroken(_("Before that it was not registered. Unregister it instead."))
        earlier = change.before
        if before is not None and before.source is not Source.HAND:
            earlier = replace(earlier, source=before.source, url=before.url, gone_at=before.gone_at)
        if before is not None and replace(earlier, revision=0) == replace(before, revision=0):
            raise RuleBroken(_("It is so already."))
        if earlier.source is Source.HAND:
            allowed(earlier.url, platform().settings.allowed())
        if earlier.share:
            allowed(earlier.share.url, platform().settings.allowed())
        return earlier
