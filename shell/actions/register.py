"""Taking a micro-frontend in while the portal runs, and letting it go."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate

from bff.change.actions import Command, Effect, Fact, Input, Told
from bff.errors import RuleBroken
from bff.run import Run
from bff.texts import in_language
from bff.web.locale import language
from shell.actions.of_app import AppSchema, OfApp, known, platform, write
from shell.registry.addresses import allowed
from shell.registry.looking import Look, look
from shell.registry.records import Record, Source, url_of
from shell.registry.upstream import now
from shell.settings import TAKEN


class RegisterSchema(AppSchema):
    """Which app, and where."""

    url = fields.String(required=True, validate=validate.Length(min=8, max=255))


class Register(OfApp):
    """Take an app in, by its name and its address."""

    name = "register_microfrontend"
    title = _l("Register a micro-frontend")
    rule = "/microfrontends/register"
    schema = RegisterSchema
    inputs = (
        Input("name", _l("Name"), hint=_l("As it calls itself; its pages stand under it: /name/…")),
        Input("url", _l("Address"), hint=_l("Scheme, host and port, without a path: http://hello.apps:8000")),
    )

    def sentence(self, command: Command, told: Told) -> str:
        """What and where."""
        return _("Register the micro-frontend %(name)s at %(url)s.", name=command["name"], url=command["url"])

    def verb(self, command: Command, told: Told) -> str:
        """What."""
        return _("Register %(name)s", name=command["name"])

    def after(self, command: Command, before: Record | None) -> Record:
        """A new record. Raises RuleBroken where the name is not free or the address not allowed."""
        name = command["name"]
        if before is not None:
            raise RuleBroken(_("%(name)s is registered already, at %(url)s.", name=name, url=before.url))
        if name in TAKEN:
            raise RuleBroken(_("The name %(name)s belongs to the portal itself. Give the app another.", name=name))
        origin = allowed(command["url"], platform().settings.allowed())
        return Record(name, url_of(origin), registered_at=now().isoformat(timespec="seconds"))

    def more(self, command: Command) -> Effect:
        """What the app says of itself, or why that cannot be known."""
        found = look(platform().client, allowed(command["url"], platform().settings.allowed()), command["name"])
        if found.manifest is None:
            return Effect(shown={"problem": found.problem})
        title = in_language(found.manifest.title, language())
        changes = (Fact("title", "", title), Fact("found", "", found.version))
        return Effect(changes=changes, warnings=unheld(found))

    def execute(self, command: Command, run: Run) -> Mapping[str, Any]:
        """Write it under the name of whoever asked."""
        self.check(command, self.effect(command), run.maker.subject)

        def edit(before: Record | None) -> Record:
            return replace(self.after(command, before), registered_by=run.maker.name)

        return write(self, command, run, edit)

    def back(self, command: Command) -> str:
        """The app's page; before there is one, the list."""
        present = platform().registry.record(command["name"])
        return super().back(command) if present else url_for("microfrontends.index")


class Unregister(OfApp):
    """Forget an app that was registered by hand."""

    name = "unregister_microfrontend"
    title = _l("Unregister a micro-frontend")
    rule = "/microfrontends/<name>/unregister"
    danger = True
    consequence = _l(
        "Its pages and its menu entries are gone within two seconds. Its data stay, and so does its history."
    )

    def sentence(self, command: Command, told: Told) -> str:
        """What."""
        return _("Unregister the micro-frontend %(name)s.", name=command["name"])

    def verb(self, command: Command, told: Told) -> str:
        """What."""
        return _("Unregister %(name)s", name=command["name"])

    def after(self, command: Command, before: Record | None) -> Record | None:
        """None. Raises RuleBroken for what somebody else would only bring back."""
        record = known(before, command["name"])
        if record.source is Source.CONFIGURATION:
            raise RuleBroken(_("The configuration names it. Disable it here, or take it out of BIZOPS_MICROFRONTENDS."))
        if record.source is Source.KUBERNETES and not record.gone_at:
            raise RuleBroken(_("The cluster still has it. Disable it here, or take the label off its service."))
        return None


def unheld(found: Look) -> tuple[str, ...]:
    """A word on menu entries that nobody would see, since no role holds their permission."""
    book = current_app.extensions["portal_access"].book
    entries = found.manifest.navigation if found.manifest else ()
    wanted = dict.fromkeys(entry.permission for entry in entries if entry.permission)
    missing = ", ".join(permission for permission in wanted if not book.holders(permission))
    return (
        (_("No role holds %(permissions)s, so nobody sees that part of it.", permissions=missing),) if missing else ()
    )
