"""The JSON interface: people, roles, who holds what, and changes of it in the shapes of Mojaloop's Roles API."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint as PlainBlueprint
from flask import json
from flask_babel import gettext as _
from flask_smorest import Blueprint
from werkzeug.wrappers import Response as AnyResponse

from bff import Missing, audited_read, requires
from bff.access.files import Role
from bff.access.holding import Holding
from bff.web.api import described as describe
from bff.web.failures import Failure, answer
from microfrontends.users import patching
from microfrontends.users.api_schemas import (
    HeldParticipantsSchema,
    HeldRolesSchema,
    OneRoleSchema,
    OneUserSchema,
    PageSchema,
    ParticipantsSchema,
    PatchedSchema,
    PatchParticipantsSchema,
    PatchRolesSchema,
    RolesSchema,
    UsersQuerySchema,
    UsersSchema,
)
from microfrontends.users.desk import desk
from microfrontends.users.directory import Newcomer, Person
from microfrontends.users.domain.rights import excluding, rights
from microfrontends.users.finding import Asked
from microfrontends.users.patching import Operation
from microfrontends.users.permissions import P
from microfrontends.users.views.scope import whole_hub_only

blueprint = Blueprint("api", __name__, url_prefix="/api", description="People, roles, and who holds what")
blueprint.before_request(whole_hub_only)
STATES = {None: "", True: "active", False: "inactive"}


def described() -> PlainBlueprint:
    """The API's routes and, at /api/openapi.json, its description."""
    return describe(blueprint)


@blueprint.get("/users")
@requires(P.VIEW_PEOPLE)
@blueprint.arguments(UsersQuerySchema, location="query")
@blueprint.response(200, UsersSchema)
def users(query: dict[str, Any]) -> dict[str, Any]:
    """Find people."""
    if query["role"]:
        _role(query["role"])
    asked = Asked(query["search"], STATES[query["active"]], query["role"], query["sort"])
    found = asked.page(query["start"], query["count"])
    audited_read("people.list", detail={"search": query["search"], "people": len(found.people)})
    held = desk().store.roles_of_all(person.subject for person in found.people)
    listed = [_facts(person, held.get(person.subject, ())) for person in found.people]
    return {"users": listed, "start": query["start"], "total": found.total}


@blueprint.get("/users/<subject>")
@requires(P.VIEW_PEOPLE)
@blueprint.response(200, OneUserSchema)
@blueprint.alt_response(404, description="The directory knows no such person")
def user(subject: str) -> dict[str, Any]:
    """Show one person."""
    person, held = desk().person(subject), desk().store.holding(subject)
    audited_read("person.read", f"person:{subject}")
    whole = {
        **_facts(person, sorted(held.role_names)),
        "participants": sorted(held.participant_names),
        "permissions": rights(desk().book, held.role_names),
        "version": held.version,
    }
    return {"user": whole}


@blueprint.get("/users/<subject>/roles")
@requires(P.VIEW_PEOPLE)
@blueprint.response(200, HeldRolesSchema)
@blueprint.alt_response(404, description="The directory knows no such person")
def held_roles(subject: str) -> dict[str, Any]:
    """List the roles of a person."""
    held = _holding(subject)
    return {"roles": sorted(held.role_names), "grants": held.roles, "version": held.version}


@blueprint.patch("/users/<subject>/roles")
@requires(P.ASSIGN_ROLES)
@blueprint.arguments(PatchRolesSchema)
@blueprint.response(200, PatchedSchema)
@blueprint.alt_response(202, schema=PatchedSchema, description="At least one operation waits for approval")
@blueprint.alt_response(404, description="No such person, or no such role")
@blueprint.alt_response(409, description="At least one operation was refused; `operations` answers for each")
def patch_roles(body: dict[str, Any], subject: str) -> Any:
    """Give and take roles, one after the other. Each operation is an action with an answer of its own."""
    operations = [Operation(each["roleId"], each["action"]) for each in body["roleOperations"]]
    return _patched(subject, patching.patch(patching.ROLES, desk().person(subject).subject, operations, body))


@blueprint.get("/users/<subject>/participants")
@requires(P.VIEW_PEOPLE)
@blueprint.response(200, HeldParticipantsSchema)
@blueprint.alt_response(404, description="The directory knows no such person")
def held_participants(subject: str) -> dict[str, Any]:
    """List the participants that a person belongs to."""
    held = _holding(subject)
    names = sorted(held.participant_names)
    return {"participants": names, "grants": held.participants, "version": held.version}


@blueprint.patch("/users/<subject>/participants")
@requires(P.ASSIGN_PARTICIPANTS)
@blueprint.arguments(PatchParticipantsSchema)
@blueprint.response(200, PatchedSchema)
@blueprint.alt_response(202, schema=PatchedSchema, description="At least one operation waits for approval")
@blueprint.alt_response(404, description="No such person, or no such participant")
@blueprint.alt_response(409, description="At least one operation was refused; `operations` answers for each")
def patch_participants(body: dict[str, Any], subject: str) -> Any:
    """Add and remove participants, one after the other. Each operation is an action with an answer of its own."""
    operations = [Operation(each["participantId"], each["action"]) for each in body["participantOperations"]]
    return _patched(subject, patching.patch(patching.PARTICIPANTS, desk().person(subject).subject, operations, body))


@blueprint.get("/participants")
@requires(P.VIEW_PEOPLE)
@blueprint.response(200, ParticipantsSchema)
def participants() -> dict[str, Any]:
    """List the participants that somebody may belong to."""
    return {"participants": desk().hub.participants()}


@blueprint.get("/roles")
@requires(P.VIEW_ROLES)
@blueprint.response(200, RolesSchema)
def roles() -> dict[str, Any]:
    """List the roles that can be assigned."""
    names = sorted(desk().book.roles)
    holders = desk().store.holders(names).values()
    details = [_told(desk().book.roles[name], sum(name in held for held in holders)) for name in names]
    return {"roles": names, "details": details}


@blueprint.get("/roles/<name>")
@requires(P.VIEW_ROLES)
@blueprint.arguments(PageSchema, location="query")
@blueprint.response(200, OneRoleSchema)
@blueprint.alt_response(404, description="No file defines such a role")
def role(query: dict[str, int], name: str) -> dict[str, Any]:
    """Show one role, what it excludes and who holds it."""
    known, subjects = _role(name), sorted(desk().store.holders([name]))
    some = subjects[query["start"] - 1 : query["start"] - 1 + query["count"]]
    held, people = desk().store.holdings(some), desk().named(some)
    holders = [
        {**vars(grant), "id": subject, "username": people[subject].username if subject in people else ""}
        for subject in some
        for grant in held[subject].roles
        if grant.value == name
    ]
    excludes = [
        {"role": other, "permissions": [clash.first, clash.second]}
        for other, clashing in excluding(desk().book, name).items()
        for clash in clashing
    ]
    told = _told(known, len(subjects))
    return {"role": told, "excludes": excludes, "holders": holders, "start": query["start"], "total": len(subjects)}


def _facts(person: Person, roles: Iterable[str]) -> dict[str, Any]:
    given, family = Newcomer(person.username, person.name, person.email).names
    return {
        "id": person.subject,
        "username": person.username,
        "name": {"givenName": given, "familyName": family},
        "displayName": person.name,
        "emails": [person.email] if person.email else [],
        "active": person.active,
        "kind": "client" if person.machine else "person",
        "organisation": person.organisation,
        "lastLogin": person.last_login,
        "roles": roles,
    }


def _told(role: Role, holders: int) -> dict[str, Any]:
    return {**vars(role), "permissions": sorted(role.permissions), "holders": holders}


def _holding(subject: str) -> Holding:
    held = desk().store.holding(desk().person(subject).subject)
    audited_read("person.read", f"person:{subject}")
    return held


def _role(name: str) -> Role:
    role = desk().book.roles.get(name)
    if role is None:
        raise Missing(_("No file defines a role %(name)s.", name=name[:64]))
    return role


def _patched(subject: str, outcomes: dict[str, Any]) -> Any:
    """200 when all is done, 202 when something waits; a refusal as a problem that answers for each operation."""
    refused = [each for each in outcomes["operations"] if not each["ok"]]
    if not refused:
        return outcomes, 202 if any(each["status"] == 202 for each in outcomes["operations"]) else 200
    first = refused[0]
    problem: AnyResponse = answer(Failure(first["status"], _("Not every change was made"), first["problem"]))
    problem.set_data(json.dumps({**json.loads(problem.get_data()), **outcomes}))
    return problem
