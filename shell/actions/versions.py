"""Saying which version people see: pinned, or another one for some of them first."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate

from bff.change.actions import Command, Effect, Fact, Input, Told
from bff.errors import RuleBroken
from shell.actions.of_app import AppSchema, OfApp, known, platform, registry
from shell.actions.register import unheld
from shell.registry.addresses import allowed
from shell.registry.looking import look
from shell.registry.records import Record, Share, Source, normal

_LISTED = re.compile(r"[\s,]+")


class PinSchema(AppSchema):
    """Which version; empty lets it be whichever answers."""

    version = fields.String(load_default="", validate=validate.Length(max=64))


class PinVersion(OfApp):
    """Take menu, slots and interfaces from one version's manifest, whichever version answers."""

    name = "pin_version"
    title = _l("Pin a version")
    rule = "/microfrontends/<name>/pin"
    schema = PinSchema
    inputs = (Input("version", _l("Version"), "select", required=False),)
    consequence = _l(
        "Menu, slots and interfaces are those of the pinned version. Pages are served by whatever runs at the address."
    )

    def sentence(self, command: Command, told: Told) -> str:
        """What and which."""
        names = {"name": command["name"], "version": command["version"]}
        if not command["version"]:
            return _("Take the menu of %(name)s from whichever version answers.", **names)
        return _("Pin %(name)s to version %(version)s.", **names)

    def verb(self, command: Command, told: Told) -> str:
        """Which."""
        return _("Pin version %(version)s", version=command["version"]) if command["version"] else _("Unpin")

    def choices(self, raw: Mapping[str, str]) -> Mapping[str, tuple[tuple[str, Any], ...]]:
        """The versions whose manifests are known."""
        any_version = (("", _("Any version")),)
        return {
            "version": (*any_version, *((version, version) for version in registry().versions(raw.get("name", ""))))
        }

    def after(self, command: Command, before: Record | None) -> Record:
        """The same, pinned. Raises RuleBroken for a version that nobody has seen."""
        record, version = known(before, command["name"]), command["version"]
        if version and version not in registry().versions(record.name):
            raise RuleBroken(
                _("Version %(version)s of %(name)s has not answered here.", version=version, name=record.name)
            )
        if version == record.version:
            raise RuleBroken(_("It is so already."))
        return replace(record, version=version)


class ShareSchema(AppSchema):
    """Who is sent where. A share of nothing and no roles ends it."""

    url = fields.String(required=True, validate=validate.Length(min=8, max=255))
    percent = fields.Integer(
        required=True,
        validate=validate.Range(0, 100, error=_l("Use a whole number from 0 to 100.")),  # type: ignore[arg-type]
    )
    roles = fields.String(load_default="", validate=validate.Length(max=400))
    version = fields.String(load_default="", validate=validate.Length(max=64))


class SendShare(OfApp):
    """Send some people to another address, where another version runs: a part of all, or the holders of some roles."""

    name = "send_share"
    title = _l("Send people to another version")
    rule = "/microfrontends/<name>/share"
    schema = ShareSchema
    inputs = (
        Input("url", _l("Address of the other version"), hint=_l("Scheme, host and port, without a path.")),
        Input(
            "percent",
            _l("Share of people, in per cent"),
            "number",
            hint=_l("0 and no roles ends it. The same people stay there while it grows."),
        ),
        Input(
            "roles",
            _l("Roles"),
            required=False,
            hint=_l("Whoever holds one of these is sent there too. Separate names by spaces."),
        ),
        Input("version", _l("Only while it runs version"), required=False, hint=_l("Empty: whichever runs there.")),
    )
    consequence = _l("Everybody keeps to one version. Where the other does not answer, its people get the first one.")

    def sentence(self, command: Command, told: Told) -> str:
        """Who is sent where."""
        words = {"name": command["name"], "url": command["url"], "percent": command["percent"]}
        roles = roles_of(command)
        if not command["percent"] and not roles:
            return _("Send nobody to %(url)s any more: everybody sees the first version of %(name)s.", **words)
        if not roles:
            return _("Send %(percent)s %% of the people who use %(name)s to %(url)s.", **words)
        listed = ", ".join(roles)
        return _(
            "Send %(percent)s %% of the people who use %(name)s, and the roles %(roles)s, to %(url)s.",
            roles=listed,
            **words,
        )

    def verb(self, command: Command, told: Told) -> str:
        """How many."""
        if not command["percent"] and not roles_of(command):
            return _("Send nobody there")
        return _("Send %(percent)s %%", percent=command["percent"])

    def after(self, command: Command, before: Record | None) -> Record:
        """The same with this share. Raises RuleBroken: one trial at a time, at an allowed address."""
        record, url = known(before, command["name"]), normal(command["url"])
        roles = roles_of(command)
        unknown = [name for name in roles if name not in current_app.extensions["portal_access"].book.roles]
        if unknown:
            raise RuleBroken(_("No file defines a role %(name)s.", name=unknown[0]))
        if not command["percent"] and not roles:
            if record.share is None:
                raise RuleBroken(_("Nobody is sent elsewhere."))
            return replace(record, share=None)
        record = _ready_for(record, url)
        allowed(url, platform().settings.allowed())
        if url == record.url:
            raise RuleBroken(_("%(url)s is where everybody is sent already.", url=url))
        share = Share(url, command["percent"], roles, command["version"])
        if share == record.share:
            raise RuleBroken(_("It is so already."))
        return replace(record, share=share)

    def more(self, command: Command) -> Effect:
        """What runs there, unless people only leave."""
        share = registry().record(command["name"])
        fewer = (
            share
            and share.share
            and command["percent"] <= share.share.percent
            and share.share.url == normal(command["url"])
        )
        if fewer or not (command["percent"] or roles_of(command)):
            return Effect()
        found = look(platform().client, allowed(command["url"], platform().settings.allowed()), command["name"])
        if found.manifest is None:
            return Effect(shown={"problem": found.problem})
        other = command["version"] not in ("", found.version)
        waits = (
            _("Version %(version)s runs there: nobody is sent before it is the one you name.", version=found.version),
        )
        return Effect(changes=(Fact("found", "", found.version),), warnings=(*(waits if other else ()), *unheld(found)))


def roles_of(command: Command) -> tuple[str, ...]:
    """The roles that a command names."""
    return tuple(dict.fromkeys(name for name in _LISTED.split(command["roles"]) if name))


def _ready_for(record: Record, url: str) -> Record:
    """The record, on which a trial at this address may begin; what everybody was sent to has become the first."""
    if record.share is None or record.share.url == url:
        return record
    if record.share.percent < 100:
        raise RuleBroken(
            _(
                "Some people are sent to %(url)s. Send everybody or nobody there before you try another.",
                url=record.share.url,
            )
        )
    if record.source is not Source.HAND:
        raise RuleBroken(
            _(
                "Everybody is sent to %(url)s. Make it the app's own address first, where that is kept.",
                url=record.share.url,
            )
        )
    return replace(record, url=record.share.url, version=record.share.version, share=None)
