"""The directory for programs: SCIM 2.0 (RFC 7643, 7644), users to read, to add, to change and to make inactive."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, json, request
from werkzeug.exceptions import HTTPException

from sandbox.provider.people import Moved, Person, Taken
from sandbox.provider.scim_filter import InvalidFilter, Predicate, parse
from sandbox.provider.scim_user import MESSAGES, ScimProblem, etag, said, truth
from sandbox.provider.scim_user import user as described
from sandbox.provider.state import provider
from sandbox.provider.web import bearer_claims

blueprint = Blueprint("scim", __name__, url_prefix="/scim/v2")
SCOPE = "scim"
LARGEST_PAGE = 100
CONFIG = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
SORTS = {"username": "userName", "displayname": "displayName", "id": "id"}


@blueprint.before_request
def authorise() -> None:
    """Only a client that speaks for itself and was given the scope may look at people, or change them."""
    base = provider().issuer
    claims = bearer_claims(frozenset({base, f"{base}/scim/v2"}))
    if claims is None:
        raise ScimProblem(401, "A valid access token is required.")
    if SCOPE not in claims["scope"].split():
        raise ScimProblem(403, f"The access token lacks the scope {SCOPE}.")


@blueprint.get("/Users")
def users() -> Response:
    """A page of users, by user name unless sorted otherwise."""
    start, count = max(1, _number("startIndex", 1)), min(max(0, _number("count", LARGEST_PAGE)), LARGEST_PAGE)
    found = _sorted(list(filter(_filter(), map(_user, provider().people))))
    page = found[start - 1 : start - 1 + count]
    listing = {"totalResults": len(found), "startIndex": start, "itemsPerPage": len(page), "Resources": page}
    return _answer({"schemas": [f"{MESSAGES}ListResponse"], **listing})


@blueprint.get("/Users/<subject>")
def user(subject: str) -> Response:
    """One user."""
    return _one(_person(subject))


@blueprint.post("/Users")
def add() -> Response:
    """Take a user in. They sign in with the sandbox's password and one-time code."""
    fields = said(request.get_json(force=True, silent=True))
    anyone = provider().people.any_password()
    try:
        added = provider().people.add(Person(subject="", password=anyone.password, code=anyone.code, **fields))
    except Taken:
        raise ScimProblem(409, f"The user name {fields['username']} is taken.", "uniqueness") from None
    response = _one(added, 201)
    response.headers["Location"] = _user(added)["meta"]["location"]
    return response


@blueprint.put("/Users/<subject>")
def replace(subject: str) -> Response:
    """Say anew what is known of a user, all but the user name."""
    person, fields = _person(subject), said(request.get_json(force=True, silent=True))
    if fields.pop("username") != person.username:
        raise ScimProblem(400, "The user name stays as it is.", "mutability")
    return _changed(person, fields)


@blueprint.patch("/Users/<subject>")
def patch(subject: str) -> Response:
    """Make a user active or inactive."""
    return _changed(_person(subject), {"active": _wanted_activity(request.get_json(force=True, silent=True))})


@blueprint.get("/ServiceProviderConfig")
def service_provider_config() -> Response:
    """What this directory can and cannot do."""
    return _answer(
        {
            "schemas": [CONFIG],
            "patch": {"supported": True},
            "filter": {"supported": True, "maxResults": LARGEST_PAGE},
            "sort": {"supported": True},
            "etag": {"supported": True},
            **{name: {"supported": False} for name in ("bulk", "changePassword")},
            "authenticationSchemes": [
                {"type": "oauthbearertoken", "name": "OAuth 2.0", "description": "Access token of this provider."}
            ],
        }
    )


@blueprint.errorhandler(ScimProblem)
def problem(refusal: ScimProblem) -> Response:
    """The error in SCIM's form."""
    body = {"schemas": [f"{MESSAGES}Error"], "status": str(refusal.status), "detail": str(refusal)}
    response = _answer({**body, **({"scimType": refusal.kind} if refusal.kind else {})}, refusal.status)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="sandbox"'
    return response


@blueprint.errorhandler(HTTPException)
def http_problem(error: HTTPException) -> Response:
    """Anything else that HTTP refuses, in SCIM's form too."""
    return problem(ScimProblem(error.code or 500, error.description or error.name))


def _answer(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body), status, mimetype="application/scim+json")


def _one(person: Person, status: int = 200) -> Response:
    response = _answer(_user(person), status)
    response.headers["ETag"] = etag(person)
    return response


def _user(person: Person) -> dict[str, Any]:
    return described(person, f"{provider().issuer}/scim/v2")


def _person(subject: str) -> Person:
    person = provider().people.get(subject)
    if person is None:
        raise ScimProblem(404, f"There is no user {subject}.")
    return person


def _changed(person: Person, fields: dict[str, Any]) -> Response:
    # A version is compared weakly, as RFC 7644 section 3.14 has its examples: ours are all weak.
    if request.if_match and not request.if_match.contains_weak(etag(person)[3:-1]):
        raise ScimProblem(412, "The user has changed since it was read.")
    try:
        changed = provider().people.change(person, **fields)
    except Moved:
        raise ScimProblem(412, "The user is being changed by somebody else.") from None
    if not changed.active:  # whoever becomes inactive is signed out everywhere at once
        for session in provider().sessions.of_subject(changed.subject):
            provider().end(session)
    return _one(changed)


def _number(name: str, default: int) -> int:
    text = request.args.get(name, "")
    if text and not text.lstrip("-").isdecimal():
        raise ScimProblem(400, f"{name} must be a whole number.", "invalidValue")
    return int(text) if text else default


def _filter() -> Predicate:
    text = request.args.get("filter", "")
    try:
        return parse(text) if text else lambda _user: True
    except InvalidFilter as reason:
        raise ScimProblem(400, f"The filter cannot be used: {reason}.", "invalidFilter") from None


def _sorted(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    field = SORTS.get(request.args.get("sortBy", "userName").lower())
    if field is None:
        raise ScimProblem(400, f"Sort by one of {', '.join(SORTS.values())}.", "invalidPath")
    backwards = request.args.get("sortOrder", "ascending").lower() == "descending"
    return sorted(found, key=lambda item: str(item[field]).casefold(), reverse=backwards)


def _wanted_activity(body: Any) -> bool:
    """What the last operation on `active` wants. Raises ScimProblem for anything else: PUT changes the rest."""
    operations = body.get("Operations") if isinstance(body, dict) else None
    wanted: Any = None
    for operation in operations if isinstance(operations, list) else []:
        if not isinstance(operation, dict) or str(operation.get("op")).lower() not in ("add", "replace"):
            raise ScimProblem(400, "Only add and replace are offered.", "invalidValue")
        path, value = operation.get("path"), operation.get("value")
        if path is None and isinstance(value, dict) and set(value) == {"active"}:
            path, value = "active", value["active"]
        if path != "active":
            raise ScimProblem(400, "Only active may be changed by a patch.", "mutability")
        wanted = value
    return truth(wanted)
