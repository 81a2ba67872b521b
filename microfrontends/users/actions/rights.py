"""Giving and taking roles and participants."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate

from bff import Command, Input, Told
from bff.access.holding import Edit
from microfrontends.users.actions.holding import OfRights
from microfrontends.users.actions.person import PersonSchema, name_of
from microfrontends.users.desk import desk
from microfrontends.users.permissions import P


class AssignRoleSchema(PersonSchema):
    """Which role; `version` is that of what the maker saw the person hold, and is checked where it is given."""

    role = fields.String(required=True, validate=validate.Length(min=1))
    version = fields.String(load_default="", validate=validate.Length(max=64))


class AddParticipantSchema(PersonSchema):
    """Which participant; `version` as with roles."""

    participant = fields.String(required=True, validate=validate.Length(min=1))
    version = fields.String(load_default="", validate=validate.Length(max=64))


class RemoveRoleSchema(AssignRoleSchema):
    """The same, where the address names the role."""


class RemoveParticipantSchema(AddParticipantSchema):
    """The same, where the address names the participant."""


class AssignRole(OfRights):
    """Give a role."""

    name = "assign_role"
    title = _l("Assign a role")
    permission = P.ASSIGN_ROLES
    rule = "/people/<subject>/roles/assign"
    schema = AssignRoleSchema
    inputs = (Input("role", _l("Role"), "select"),)
    gives = True

    def sentence(self, command: Command, told: Told) -> str:
        """Which role to whom."""
        return _("Assign the role %(role)s to %(name)s.", role=self.what(command), name=name_of(command, told))

    def verb(self, command: Command, told: Told) -> str:
        """Which role."""
        return _("Assign %(role)s", role=self.what(command))

    def edit(self, command: Command) -> Edit:
        """The role."""
        return Edit(subject=command["subject"], give_roles=frozenset({command["role"]}))

    def unknown(self, command: Command) -> str:
        """A role that no file defines."""
        known = command["role"] in desk().book.roles
        return "" if known else _("There is no role %(what)s to assign.", what=command["role"])

    def choices(self, raw: Mapping[str, str]) -> Mapping[str, tuple[tuple[str, Any], ...]]:
        """The roles that the person does not hold."""
        held = desk().store.holding(raw.get("subject", "")).role_names
        return {"role": tuple((name, desk().role(name)) for name in sorted(desk().book.roles) if name not in held)}


class RemoveRole(OfRights):
    """Take a role away."""

    name = "remove_role"
    title = _l("Remove a role")
    permission = P.ASSIGN_ROLES
    rule = "/people/<subject>/roles/<role>/remove"
    schema = RemoveRoleSchema
    danger = True
    gives = False

    def sentence(self, command: Command, told: Told) -> str:
        """Which role from whom."""
        return _("Remove the role %(role)s from %(name)s.", role=self.what(command), name=name_of(command, told))

    def verb(self, command: Command, told: Told) -> str:
        """Which role."""
        return _("Remove %(role)s", role=self.what(command))

    def edit(self, command: Command) -> Edit:
        """The role."""
        return Edit(subject=command["subject"], take_roles=frozenset({command["role"]}))

    def unknown(self, command: Command) -> str:
        """Any role can be taken away, also one that no file defines any more."""
        return ""


class AddParticipant(OfRights):
    """Make somebody a member of a participant."""

    name = "add_participant"
    title = _l("Add a participant")
    permission = P.ASSIGN_PARTICIPANTS
    rule = "/people/<subject>/participants/add"
    schema = AddParticipantSchema
    inputs = (Input("participant", _l("Participant"), "select"),)
    gives = True

    def sentence(self, command: Command, told: Told) -> str:
        """Whom and where."""
        words = {"name": name_of(command, told), "participant": command["participant"]}
        return _("Make %(name)s a member of the participant %(participant)s.", **words)

    def verb(self, command: Command, told: Told) -> str:
        """Which participant."""
        return _("Add %(participant)s", participant=command["participant"])

    def participants(self, command: Command) -> tuple[str, ...]:
        """The participant."""
        return (command["participant"],)

    def edit(self, command: Command) -> Edit:
        """The participant."""
        return Edit(subject=command["subject"], give_participants=frozenset({command["participant"]}))

    def unknown(self, command: Command) -> str:
        """A participant that the hub does not know."""
        known = command["participant"] in desk().hub.participants()
        return "" if known else _("The hub knows no participant %(what)s.", what=command["participant"])

    def choices(self, raw: Mapping[str, str]) -> Mapping[str, tuple[tuple[str, Any], ...]]:
        """The participants that the person does not belong to."""
        held = desk().store.holding(raw.get("subject", "")).participant_names
        return {"participant": tuple((name, name) for name in desk().hub.participants() if name not in held)}


class RemoveParticipant(OfRights):
    """End somebody's membership of a participant."""

    name = "remove_participant"
    title = _l("Remove a participant")
    permission = P.ASSIGN_PARTICIPANTS
    rule = "/people/<subject>/participants/<participant>/remove"
    schema = RemoveParticipantSchema
    danger = True
    gives = False

    def sentence(self, command: Command, told: Told) -> str:
        """Whose and where."""
        words = {"name": name_of(command, told), "participant": command["participant"]}
        return _("End %(name)s's membership of the participant %(participant)s.", **words)

    def verb(self, command: Command, told: Told) -> str:
        """Which participant."""
        return _("Remove %(participant)s", participant=command["participant"])

    def participants(self, command: Command) -> tuple[str, ...]:
        """The participant."""
        return (command["participant"],)

    def edit(self, command: Command) -> Edit:
        """The participant."""
        return Edit(subject=command["subject"], take_participants=frozenset({command["participant"]}))

    def unknown(self, command: Command) -> str:
        """Any membership can be ended, also of a participant that the hub does not know any more."""
        return ""
