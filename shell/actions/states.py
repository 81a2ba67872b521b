"""Putting a micro-frontend out of sight, and back."""

from dataclasses import replace

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bff.change.actions import Command, Told
from bff.errors import RuleBroken
from shell.actions.of_app import OfApp, known
from shell.registry.records import Record, State


class Disable(OfApp):
    """Lead nobody to an app any more."""

    name = "disable_microfrontend"
    title = _l("Disable a micro-frontend")
    rule = "/microfrontends/<name>/disable"
    danger = True
    consequence = _l(
        "Within two seconds its pages answer nobody and its menu entries are gone. It keeps running, with its data."
    )

    def sentence(self, command: Command, told: Told) -> str:
        """What."""
        return _("Disable the micro-frontend %(name)s.", name=command["name"])

    def verb(self, command: Command, told: Told) -> str:
        """What."""
        return _("Disable %(name)s", name=command["name"])

    def after(self, command: Command, before: Record | None) -> Record:
        """The same, disabled. Raises RuleBroken when it is."""
        record = known(before, command["name"])
        if not record.enabled:
            raise RuleBroken(_("%(name)s is disabled already.", name=record.name))
        return replace(record, state=State.DISABLED)


class Enable(OfApp):
    """Lead people to it again."""

    name = "enable_microfrontend"
    title = _l("Enable a micro-frontend")
    rule = "/microfrontends/<name>/enable"

    def sentence(self, command: Command, told: Told) -> str:
        """What."""
        return _("Enable the micro-frontend %(name)s.", name=command["name"])

    def verb(self, command: Command, told: Told) -> str:
        """What."""
        return _("Enable %(name)s", name=command["name"])

    def after(self, command: Command, before: Record | None) -> Record:
        """The same, enabled. Raises RuleBroken when it is."""
        record = known(before, command["name"])
        if record.enabled:
            raise RuleBroken(_("%(name)s is enabled already.", name=record.name))
        return replace(record, state=State.ENABLED)
