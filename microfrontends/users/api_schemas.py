"""What the JSON interface takes and tells: the shapes of Mojaloop's role assignment API, made whole."""

from typing import Any

from marshmallow import Schema, fields, validate

from bff.change.actions import LONGEST_REASON

MOST = 100
MOST_OPERATIONS = 50


class PageSchema(Schema):
    """Which part of a list."""

    start = fields.Integer(load_default=1, validate=validate.Range(min=1))
    count = fields.Integer(load_default=50, validate=validate.Range(min=1, max=MOST))


class UsersQuerySchema(PageSchema):
    """Which people, and how many of them."""

    search = fields.String(load_default="", validate=validate.Length(max=100))
    active = fields.Boolean(load_default=None, allow_none=True)
    role = fields.String(load_default="")
    sort = fields.String(load_default="name", validate=validate.OneOf(["name", "username"]))


class NameSchema(Schema):
    """A name in two parts, as the first space parts it."""

    givenName = fields.String()  # noqa: N815 - as the Roles API has it
    familyName = fields.String()  # noqa: N815


class UserSchema(Schema):
    """A person as the directory knows them, with their roles. `lastLogin` is null when none is known."""

    id = fields.String()
    username = fields.String()
    name = fields.Nested(NameSchema)
    displayName = fields.String()  # noqa: N815
    emails = fields.List(fields.String())
    active = fields.Boolean()
    kind = fields.String(metadata={"enum": ["person", "client"]})
    organisation = fields.String()
    lastLogin = fields.AwareDateTime(allow_none=True)  # noqa: N815
    roles = fields.List(fields.String())


class UsersSchema(Schema):
    """Some people, and how many match in all."""

    users = fields.List(fields.Nested(UserSchema))
    start = fields.Integer()
    total = fields.Integer()


class RightSchema(Schema):
    """A permission, the roles that it comes from, and whether a broken exclusion suspends it."""

    permission = fields.String()
    roles = fields.List(fields.String())
    suspended = fields.Boolean()


class WholeUserSchema(UserSchema):
    """A person, what they hold and what they may do by it. `version` may be given back with a change."""

    participants = fields.List(fields.String())
    permissions = fields.List(fields.Nested(RightSchema))
    version = fields.String()


class OneUserSchema(Schema):
    """One person."""

    user = fields.Nested(WholeUserSchema)


class GrantSchema(Schema):
    """Something that a person holds, who gave it (a person's id) and when; both empty where the store keeps neither."""

    name = fields.String(attribute="value")
    grantedBy = fields.String(attribute="granted_by")  # noqa: N815
    grantedAt = fields.AwareDateTime(attribute="granted_at", allow_none=True)  # noqa: N815


class HeldRolesSchema(Schema):
    """The roles of a person."""

    roles = fields.List(fields.String())
    grants = fields.List(fields.Nested(GrantSchema))
    version = fields.String()


class HeldParticipantsSchema(Schema):
    """The participants that a person belongs to."""

    participants = fields.List(fields.String())
    grants = fields.List(fields.Nested(GrantSchema))
    version = fields.String()


class ParticipantsSchema(Schema):
    """The participants of the hub."""

    participants = fields.List(fields.String())


class KnownRoleSchema(Schema):
    """A role as its file has it, and how many hold it."""

    name = fields.String()
    title = fields.Dict(keys=fields.String(), values=fields.String())
    scope = fields.String()
    permissions = fields.List(fields.String())
    holders = fields.Integer()


class RolesSchema(Schema):
    """The roles that can be assigned, by name; `details` has them whole."""

    roles = fields.List(fields.String())
    details = fields.List(fields.Nested(KnownRoleSchema))


class ExcludedSchema(Schema):
    """A role that nobody may hold beside this one, and the two permissions that clash."""

    role = fields.String()
    permissions = fields.List(fields.String())


class HolderSchema(GrantSchema):
    """A person who holds a role."""

    id = fields.String()
    username = fields.String()


class OneRoleSchema(Schema):
    """One role, what it excludes, and some of those who hold it."""

    role = fields.Nested(KnownRoleSchema)
    excludes = fields.List(fields.Nested(ExcludedSchema))
    holders = fields.List(fields.Nested(HolderSchema))
    start = fields.Integer()
    total = fields.Integer()


class PatchSchema(Schema):
    """Why, and what the writer has seen: with another version nothing is changed."""

    reason = fields.String(load_default="", validate=validate.Length(max=LONGEST_REASON))
    version = fields.String(load_default="", validate=validate.Length(max=64))


ACTION = validate.OneOf(["insert", "delete"])


class RoleOperationSchema(Schema):
    """A role to give or to take."""

    roleId = fields.String(required=True, validate=validate.Length(min=1))  # noqa: N815
    action = fields.String(required=True, validate=ACTION)


class ParticipantOperationSchema(Schema):
    """A participant to add or to remove."""

    participantId = fields.String(required=True, validate=validate.Length(min=1))  # noqa: N815
    action = fields.String(required=True, validate=ACTION)


def _operations(kind: type[Schema]) -> Any:
    return fields.List(fields.Nested(kind), required=True, validate=validate.Length(min=1, max=MOST_OPERATIONS))


class PatchRolesSchema(PatchSchema):
    """Roles to give and to take, one after the other."""

    roleOperations = _operations(RoleOperationSchema)  # noqa: N815


class PatchParticipantsSchema(PatchSchema):
    """Participants to add and to remove, one after the other."""

    participantOperations = _operations(ParticipantOperationSchema)  # noqa: N815


class PatchOutcomeSchema(Schema):
    """What became of one operation. `state` is that of its request; empty where there was nothing to do or to ask."""

    id = fields.String()
    action = fields.String()
    ok = fields.Boolean()
    status = fields.Integer()
    state = fields.String()
    request = fields.String()
    problem = fields.String()


class PatchedSchema(Schema):
    """An answer for each operation, in order, and what the person holds now."""

    operations = fields.List(fields.Nested(PatchOutcomeSchema))
    holds = fields.List(fields.String())
    version = fields.String()
