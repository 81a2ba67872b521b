"""The JSON interface: people, what they hold, and changes of it."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint as PlainBlueprint
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from bff import asker, requires
from bff.access.assignments import Grant
from bff.web.api import described as describe
from microfrontends.users.actions import desk
from microfrontends.users.directory import Person, Wanted
from microfrontends.users.domain import Change, Kind, rights
from microfrontends.users.permissions import P

blueprint = Blueprint("api", __name__, url_prefix="/api/people", description="People and what they hold")
MOST = 100


def described() -> PlainBlueprint:
    """The API's routes and, at /api/openapi.json, its description."""
    return describe(blueprint)


class QuerySchema(Schema):
    """Which people, and how many of them."""

    search = fields.String(load_default="", validate=validate.Length(max=100))
    active = fields.Boolean(load_default=None, allow_none=True)
    start = fields.Integer(load_default=1, validate=validate.Range(min=1))
    count = fields.Integer(load_default=50, validate=validate.Range(min=1, max=MOST))


class PersonSchema(Schema):
    """A person as the directory knows them, with the names of their roles."""

    id = fields.String(attribute="subject")
    username = fields.String()
    name = fields.String()
    email = fields.String()
    active = fields.Boolean()
    roles = fields.List(fields.String())


class PeopleSchema(Schema):
    """Some people, and how many match in all."""

    people = fields.List(fields.Nested(PersonSchema))
    start = fields.Integer()
    total = fields.Integer()


class GrantSchema(Schema):
    """Something that a person holds, who gave it (a person's id) and when."""

    name = fields.String(attribute="value")
    granted_by = fields.String()
    granted_at = fields.AwareDateTime()


class RightSchema(Schema):
    """A permission, the roles that it comes from, and whether a broken exclusion suspends it."""

    permission = fields.String()
    roles = fields.List(fields.String())
    suspended = fields.Boolean()


class RolesSchema(Schema):
    """The roles of a person."""

    roles = fields.List(fields.Nested(GrantSchema))


class ParticipantsSchema(Schema):
    """The participants that a person belongs to."""

    participants = fields.List(fields.Nested(GrantSchema))


class DetailSchema(PersonSchema):
    """A person, what they hold and what they may do by it."""

    roles = fields.List(fields.Nested(GrantSchema))
    participants = fields.List(fields.Nested(GrantSchema))
    permissions = fields.List(fields.Nested(RightSchema))


@blueprint.get("")
@requires(P.VIEW_PEOPLE)
@blueprint.arguments(QuerySchema, location="query")
@blueprint.response(200, PeopleSchema)
def people(query: dict[str, Any]) -> dict[str, Any]:
    """Find people."""
    found = desk().directory.page(Wanted(query["search"], query["active"]), query["start"], query["count"])
    held = desk().access.store.roles_of_all(person.subject for person in found.people)
    listed = [{**_facts(person), "roles": held.get(person.subject, ())} for person in found.people]
    return {"people": listed, "start": query["start"], "total": found.total}


@blueprint.get("/<subject>")
@requires(P.VIEW_PEOPLE)
@blueprint.response(200, DetailSchema)
@blueprint.alt_response(404, description="The directory knows no such person")
def person(subject: str) -> dict[str, Any]:
    """Show one person."""
    known, store = desk().person(subject), desk().access.store
    roles = store.roles_of(subject)
    held = {"roles": roles, "participants": store.participants_of(subject)}
    return {**_facts(known), **held, "permissions": rights(desk().access.book, _values(roles))}


@blueprint.get("/<subject>/roles")
@requires(P.VIEW_PEOPLE)
@blueprint.response(200, RolesSchema)
def roles(subject: str) -> dict[str, Any]:
    """List the roles of a person."""
    return {"roles": desk().access.store.roles_of(desk().person(subject).subject)}


@blueprint.put("/<subject>/roles/<name>")
@requires(P.ASSIGN_ROLES)
@blueprint.response(204)
@blueprint.alt_response(404, description="No such person or role")
@blueprint.alt_response(409, description="Own rights, or two permissions that may not be held together")
def assign_role(subject: str, name: str) -> None:
    """Assign a role; one that is held already stays."""
    desk().make(Change(subject, Kind.ROLE, name, given=True), asker())


@blueprint.delete("/<subject>/roles/<name>")
@requires(P.ASSIGN_ROLES)
@blueprint.response(204)
@blueprint.alt_response(404, description="No such person, or they do not have the role")
@blueprint.alt_response(409, description="Own rights")
def remove_role(subject: str, name: str) -> None:
    """Remove a role."""
    desk().make(Change(subject, Kind.ROLE, name, given=False), asker())


@blueprint.get("/<subject>/participants")
@requires(P.VIEW_PEOPLE)
@blueprint.response(200, ParticipantsSchema)
def participants(subject: str) -> dict[str, Any]:
    """List the participants that a person belongs to."""
    return {"participants": desk().access.store.participants_of(desk().person(subject).subject)}


@blueprint.put("/<subject>/participants/<name>")
@requires(P.ASSIGN_PARTICIPANTS)
@blueprint.response(204)
@blueprint.alt_response(404, description="No such person or participant")
@blueprint.alt_response(409, description="Own participants")
def add_participant(subject: str, name: str) -> None:
    """Make a person a member of a participant."""
    desk().make(Change(subject, Kind.PARTICIPANT, name, given=True), asker())


@blueprint.delete("/<subject>/participants/<name>")
@requires(P.ASSIGN_PARTICIPANTS)
@blueprint.response(204)
@blueprint.alt_response(404, description="No such person, or they do not belong to the participant")
@blueprint.alt_response(409, description="Own participants")
def remove_participant(subject: str, name: str) -> None:
    """End a person's membership of a participant."""
    desk().make(Change(subject, Kind.PARTICIPANT, name, given=False), asker())


def _facts(person: Person) -> dict[str, Any]:
    return {name: getattr(person, name) for name in ("subject", "username", "name", "email", "active")}


def _values(grants: Iterable[Grant]) -> list[str]:
    return [grant.value for grant in grants]
