"""What every change of a person has in common: its target, its page, and whose change it must not be."""

from collections.abc import Mapping

from flask import url_for
from flask_babel import gettext as _
from marshmallow import fields

from bff import Action, Command, CommandSchema, Effect, RuleBroken, Told


class OwnRights(RuleBroken):
    """Nobody changes, or lets through, what they may do themselves."""


class LastAdministrator(RuleBroken):
    """Nobody would be left who can give roles."""


class PersonSchema(CommandSchema):
    """Whom it is about: the subject of the identity provider."""

    subject = fields.String(required=True)


class OfPerson(Action):
    """A change of one person. One of them can be open at a time, whatever it changes."""

    schema = PersonSchema

    def target(self, command: Command) -> str:
        """The person."""
        return f"person:{command['subject']}"

    def back(self, command: Command) -> str:
        """The person's page, which shows what they hold now."""
        return url_for("person.show", subject=command["subject"])

    def check(self, command: Command, effect: Effect, maker: str) -> None:
        """Nobody changes their own rights, for better or worse: that takes somebody else."""
        if command["subject"] == maker:
            raise OwnRights(_("Nobody changes their own roles or participants. Ask another user administrator."))

    def refuse_checker(self, command: Command, checker: str) -> None:
        """Nor does anybody let a change of their own rights through."""
        if command["subject"] == checker:
            raise OwnRights(_("This changes what you may do yourself: somebody else has to decide."))


def name_of(command: Command, told: Told) -> str:
    """What the person was called when it was asked for."""
    return told.get("name") or str(command["subject"])


def told_of(name: str, username: str) -> Mapping[str, str]:
    """What the words of a change need of a person."""
    return {"name": name, "username": username}


def last_administrator(name: str) -> str:
    """Why the last who can give roles stays one."""
    return _("%(name)s is the last user administrator. Let somebody else be one first.", name=name)
