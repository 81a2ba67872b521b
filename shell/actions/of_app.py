"""What every change of a registered app has in common: its record before and after, and how it is written."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate

from bff.change.actions import Action, Command, CommandSchema, Effect, Fact, Found
from bff.errors import Missing, RuleBroken
from bff.run import Run
from shell.permissions import P
from shell.registry import Registry
from shell.registry.records import Record
from shell.registry.store import Edit
from shell.registry.store import Told as ToldOf
from shell.settings import NAME

if TYPE_CHECKING:
    from shell.platform import Platform


class AppSchema(CommandSchema):
    """Which app."""

    name = fields.String(
        required=True,
        validate=validate.Regexp(
            NAME.pattern + r"\Z",
            error=_l("Use small letters, digits and hyphens, at most 32, a letter first."),  # type: ignore[arg-type]
        ),
    )


LABELS: Mapping[str, Any] = {
    "url": _l("Address"),
    "state": _l("State"),
    "version": _l("Pinned version"),
    "share_url": _l("Other address"),
    "share_percent": _l("Share of people"),
    "share_roles": _l("Roles sent there"),
    "share_version": _l("Only while it runs version"),
    "found": _l("Version that answers"),
    "title": _l("Title"),
}


def platform() -> "Platform":
    """The present shell's."""
    found: Platform = current_app.extensions["shell"]
    return found


def registry() -> Registry:
    """Who is here."""
    return platform().registry


class OfApp(Action):
    """A change of one record. What it makes of it depends on the record alone, so that it can be done again."""

    permission = P.CHANGE_MICROFRONTENDS
    schema = AppSchema
    labels = LABELS
    repeatable = True
    consequence = _l("Every part of the portal follows within two seconds. Nothing is restarted.")

    @abstractmethod
    def after(self, command: Command, before: Record | None) -> Record | None:
        """The record as it would be. Raises Missing, RuleBroken."""

    def more(self, command: Command) -> Effect:
        """What else there is to show: facts, warnings; its basis counts too."""
        return Effect()

    def target(self, command: Command) -> str:
        """The app."""
        return f"microfrontend:{command['name']}"

    def effect(self, command: Command) -> Effect:
        """The record before and after, as it is kept at this moment. Raises Missing."""
        registry().reload()
        before, problem = registry().record(command["name"]), ""
        try:
            after = self.after(command, before)
        except RuleBroken as broken:
            after, problem = before, str(broken)
        more = self.more(command) if not problem else Effect()
        shown = {"problem": problem, **more.shown}
        changes = (*differences(before, after), *more.changes)
        return Effect(changes=changes, basis={**basis_of(before), **more.basis}, warnings=more.warnings, shown=shown)

    def check(self, command: Command, effect: Effect, maker: str) -> None:
        """Whatever speaks against it now."""
        if effect.shown["problem"]:
            raise RuleBroken(effect.shown["problem"])

    def execute(self, command: Command, run: Run) -> Mapping[str, Any]:
        """Write it, once for each request, and follow it here at once. Raises RuleBroken."""
        return write(self, command, run, lambda before: self.after(command, before))

    def read_back(self, command: Command, run: Run) -> Found:
        """Whether it was written."""
        return Found.DONE if registry().store.done(run.task) else Found.ABSENT

    def back(self, command: Command) -> str:
        """The app's page."""
        return url_for("microfrontends.show", name=command["name"])


def write(action: OfApp, command: Command, run: Run, edit: Edit) -> Mapping[str, Any]:
    """Make an edit of a record in the name of whoever asked."""
    told = ToldOf(f"shell.{action.name}", run.maker.subject, run.maker.name, run.reason, run.task)
    changed = registry().change(command["name"], edit, told)
    after = registry().record(command["name"])
    return {"changed": changed, "revision": after.revision if after else None}


def known(before: Record | None, name: str) -> Record:
    """The record. Raises Missing."""
    if before is None:
        raise Missing(_("No micro-frontend %(name)s is registered.", name=name))
    return before


def basis_of(record: Record | None) -> dict[str, str]:
    """What a decision on a record rests on."""
    return {"revision": str(record.revision), "url": record.url} if record else {"revision": "", "url": ""}


def facts(record: Record | None) -> dict[str, tuple[str, str]]:
    """A record as facts, each with its kind."""
    if record is None:
        return {}
    share = record.share
    return {
        "url": (record.url, "text"),
        "state": (record.state.upper(), "state"),
        "version": (record.version, "text"),
        "share_url": (share.url if share else "", "text"),
        "share_percent": (f"{share.percent} %" if share else "", "text"),
        "share_roles": (", ".join(share.roles) if share else "", "text"),
        "share_version": (share.version if share else "", "text"),
    }


def differences(before: Record | None, after: Record | None) -> tuple[Fact, ...]:
    """What would be otherwise."""
    old, new = facts(before), facts(after)
    kinds = {key: kind for key, (_value, kind) in (old | new).items()}
    found = (Fact(key, old.get(key, ("", ""))[0], new.get(key, ("", ""))[0], kinds[key]) for key in kinds)
    return tuple(fact for fact in found if fact.before != fact.after)
