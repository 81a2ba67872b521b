"""Letting people in and keeping them out: the directory's accounts, created, disabled and enabled again."""

import re
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields, post_load, validate

from bff import Action, Command, CommandSchema, Effect, Fact, Found, Input, RuleBroken, Run, Told
from microfrontends.users.actions.person import (
    LastAdministrator,
    OfPerson,
    PersonSchema,
    last_administrator,
    name_of,
    told_of,
)
from microfrontends.users.desk import desk
from microfrontends.users.directory import DirectoryUnavailable, Moved, Newcomer, NotAccepted, Person, Taken
from microfrontends.users.domain.rights import administrators
from microfrontends.users.permissions import P

USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._@-]{1,62}[a-z0-9])")


def _one_line(text: str) -> None:
    if not text.isprintable() or not text.strip():
        raise ValidationError(_("Write it in one line."))


class NewPersonSchema(CommandSchema):
    """Who is to be let in."""

    username = fields.String(
        required=True,
        validate=validate.Regexp(
            re.compile(USERNAME.pattern + r"\Z"),
            error=_l("Use 3 to 64 small letters, digits, dots, hyphens, underscores or @."),  # type: ignore[arg-type]
        ),
    )
    name = fields.String(required=True, validate=[validate.Length(min=1, max=120), _one_line])
    email = fields.Email(required=True)
    organisation = fields.String(load_default="", validate=validate.Length(max=120))

    @post_load
    def tidy(self, command: dict[str, Any], **_more: Any) -> dict[str, Any]:
        """Without the spaces that a pasted text brings along."""
        return command | {key: " ".join(command[key].split()) for key in ("name", "organisation")}


class CreatePerson(Action):
    """Take somebody into the directory, without any right."""

    name = "create_person"
    title = _l("New person")
    permission = P.CREATE_PEOPLE
    rule = "/people/create"
    schema = NewPersonSchema
    labels = {
        "username": _l("User name"),
        "name": _l("Name"),
        "email": _l("E-mail"),
        "organisation": _l("Organisation"),
    }
    inputs = (
        Input("name", _l("Name"), hint=_l("Given name, then family name, as in their papers.")),
        Input("username", _l("User name"), hint=_l("Small letters, digits, dots and hyphens. It never changes.")),
        Input("email", _l("E-mail"), "email"),
        Input(
            "organisation", _l("Organisation"), required=False, hint=_l("The hub, or the institution they work for.")
        ),
    )
    consequence = _l("They can sign in, and do nothing until somebody assigns them a role.")

    def target(self, command: Command) -> str:
        """The user name: it is asked for once at a time."""
        return f"username:{command['username']}"

    def sentence(self, command: Command, told: Told) -> str:
        """Who."""
        return _("Create an account for %(name)s, user name %(user)s.", name=command["name"], user=command["username"])

    def verb(self, command: Command, told: Told) -> str:
        """Who."""
        return _("Create %(user)s", user=command["username"])

    def effect(self, command: Command) -> Effect:
        """What the directory will hold. Raises DirectoryUnavailable."""
        holder = desk().directory.with_username(command["username"])
        return Effect(
            changes=tuple(Fact(key, "", command[key]) for key in self.labels if command[key]),
            basis={"username": holder.subject if holder else ""},
            shown={"holder": holder},
        )

    def check(self, command: Command, effect: Effect, maker: str) -> None:
        """A user name belongs to one person."""
        holder = effect.shown["holder"]
        if holder:
            raise RuleBroken(_("The user name %(user)s is taken by %(name)s.", user=holder.username, name=holder.name))

    def execute(self, command: Command, run: Run) -> Mapping[str, Any]:
        """Have the directory make the account, once. Raises RuleBroken with its words, or DirectoryUnavailable."""
        newcomer = Newcomer(*(command[key] for key in ("username", "name", "email", "organisation")))
        try:
            return {"subject": desk().directory.create(newcomer).subject}
        except Taken as refused:
            sentence = _("The directory knows this user name or address already: %(words)s", words=refused)
            raise RuleBroken(sentence) from refused
        except NotAccepted as refused:
            raise RuleBroken(not_taken(refused)) from refused

    def read_back(self, command: Command, run: Run) -> Found:
        """Whether there is such a person now."""
        known = desk().directory.with_username(command["username"])
        if known is None:
            return Found.ABSENT
        return Found.DONE if (known.name, known.email) == (command["name"], command["email"]) else Found.UNKNOWN

    def back(self, command: Command) -> str:
        """The new person's page; the list while there is none."""
        try:
            known = desk().directory.with_username(command["username"])
        except DirectoryUnavailable:
            known = None
        return url_for("person.show", subject=known.subject) if known else url_for("people.index")


class OfAccount(OfPerson):
    """Whether one person may sign in."""

    permission = P.DISABLE_PEOPLE
    schema = PersonSchema
    labels = {"state": _l("Account")}
    active: bool

    @abstractmethod
    def already(self, person: Person) -> str:
        """Why there is nothing to do, in a sentence."""

    def effect(self, command: Command) -> Effect:
        """The account's state before and after. Raises Missing, DirectoryUnavailable."""
        person, held = desk().person(command["subject"]), desk().store.holding(command["subject"])
        words = {True: "ACTIVE", False: "INACTIVE"}
        keeps = () if self.active or not held.items else (_("Their roles and participants stay. Take them away too."),)
        return Effect(
            changes=(Fact("state", words[person.active], words[self.active], kind="state"),),
            basis={"state": words[person.active]},
            warnings=keeps,
            told=told_of(person.name, person.username),
            shown={"person": person, "held": held},
        )

    def check(self, command: Command, effect: Effect, maker: str) -> None:
        """Not one's own account, and not that of the last who can give roles."""
        super().check(command, effect, maker)
        person, held = effect.shown["person"], effect.shown["held"]
        if person.active == self.active:
            raise RuleBroken(self.already(person))
        able = administrators(desk().book, {person.subject: held}, str(P.ASSIGN_ROLES))
        if not self.active and able and not desk().other_administrators(person.subject):
            raise LastAdministrator(last_administrator(person.name))

    def execute(self, command: Command, run: Run) -> Mapping[str, Any]:
        """Have the directory change the account. Raises RuleBroken, or DirectoryUnavailable."""
        person = desk().person(command["subject"])
        try:
            changed = desk().directory.set_active(person.subject, self.active, person.version)
        except Moved as moved:
            raise RuleBroken(_("Somebody else has changed this account meanwhile. Look again.")) from moved
        except NotAccepted as refused:
            raise RuleBroken(not_taken(refused)) from refused
        return {"active": changed.active}

    def read_back(self, command: Command, run: Run) -> Found:
        """What the directory says now."""
        return Found.DONE if desk().person(command["subject"]).active == self.active else Found.ABSENT


class EnablePerson(OfAccount):
    """Let somebody sign in again."""

    name = "enable_person"
    title = _l("Enable an account")
    rule = "/people/<subject>/enable"
    consequence = _l("They can sign in again, and do what their roles let them do.")
    active = True

    def sentence(self, command: Command, told: Told) -> str:
        """Whose."""
        return _("Enable the account of %(name)s.", name=name_of(command, told))

    def verb(self, command: Command, told: Told) -> str:
        """Whose."""
        return _("Enable %(name)s", name=name_of(command, told))

    def already(self, person: Person) -> str:
        """It is."""
        return _("The account of %(name)s is active already.", name=person.name)


class DisablePerson(OfAccount):
    """Keep somebody from signing in."""

    name = "disable_person"
    title = _l("Disable an account")
    rule = "/people/<subject>/disable"
    danger = True
    consequence = _l("They cannot sign in any more, and are signed out where they are. What they did stays on record.")
    active = False

    def sentence(self, command: Command, told: Told) -> str:
        """Whose."""
        return _("Disable the account of %(name)s.", name=name_of(command, told))

    def verb(self, command: Command, told: Told) -> str:
        """Whose."""
        return _("Disable %(name)s", name=name_of(command, told))

    def already(self, person: Person) -> str:
        """It is."""
        return _("The account of %(name)s is inactive already.", name=person.name)


def not_taken(refused: NotAccepted) -> str:
    """The directory's no, with its own words."""
    return _("The directory does not accept this: %(words)s", words=refused)
