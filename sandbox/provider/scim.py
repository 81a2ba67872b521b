"""The directory for programs: SCIM 2.0 (RFC 7643, 7644), users to read and to make active or inactive."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, json, request
from werkzeug.exceptions import HTTPException

from sandbox.provider.people import Person
from sandbox.provider.scim_filter import InvalidFilter, Predicate, parse
from sandbox.provider.state import provider
from sandbox.provider.web import bearer_claims

blueprint = Blueprint("scim", __name__, url_prefix="/scim/v2")
SCOPE = "scim"
LARGEST_PAGE = 100
MESSAGES = "urn:ietf:params:scim:api:messages:2.0:"
SCHEMAS = "urn:ietf:params:scim:schemas:core:2.0:"
SORTS = {"username": "userName", "displayname": "displayName", "id": "id"}


class ScimProblem(Exception):
    """A refusal in SCIM's words."""

    def __init__(self, status: int, detail: str, kind: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind


@blueprint.before_request
def authorise() -> None:
    """Only a client that speaks for itself and was given the scope may look at people."""
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
    return _answer(_user(_person(subject)))


@blueprint.patch("/Users/<subject>")
def patch(subject: str) -> Response:
    """Make a user active or inactive. Whoever becomes inactive is signed out everywhere at once."""
    person, active = _person(subject), _wanted_activity(request.get_json(force=True, silent=True))
    provider().people.set_active(person.subject, active)
    if not active:
        for session in provider().sessions.of_subject(person.subject):
            provider().end(session)
    return _answer(_user(_person(subject)))


@blueprint.get("/ServiceProviderConfig")
def service_provider_config() -> Response:
    """What this directory can and cannot do."""
    absent = ("bulk", "changePassword", "etag")
    return _answer(
        {
            "schemas": [f"{SCHEMAS}ServiceProviderConfig"],
            "patch": {"supported": True},
            "filter": {"supported": True, "maxResults": LARGEST_PAGE},
            "sort": {"supported": True},
            **{name: {"supported": False} for name in absent},
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


def _user(person: Person) -> dict[str, Any]:
    given, _, family = person.name.partition(" ")
    return {
        "schemas": [f"{SCHEMAS}User"],
        "id": person.subject,
        "userName": person.username,
        "displayName": person.name,
        "name": {"formatted": person.name, "givenName": given, "familyName": family},
        "emails": [{"value": person.email, "type": "work", "primary": True}],
        "active": person.active,
        "meta": {"resourceType": "User", "location": f"{provider().issuer}/scim/v2/Users/{person.subject}"},
    }


def _person(subject: str) -> Person:
    person = provider().people.get(subject)
    if person is None:
        raise ScimProblem(404, f"There is no user {subject}.")
    return person


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
    """What the last operation on `active` wants. Raises ScimProblem for anything else: the rest is read-only here."""
    operations = body.get("Operations") if isinstance(body, dict) else None
    wanted: Any = None
    for operation in operations if isinstance(operations, list) else []:
        if not isinstance(operation, dict) or str(operation.get("op")).lower() not in ("add", "replace"):
            raise ScimProblem(400, "Only add and replace are offered.", "invalidValue")
        path, value = operation.get("path"), operation.get("value")
        if path is None and isinstance(value, dict) and set(value) == {"active"}:
            path, value = "active", value["active"]
        if path != "active":
            raise ScimProblem(400, "Only active may be changed.", "mutability")
        wanted = value
    if not isinstance(wanted, bool):
        raise ScimProblem(400, "active must be true or false.", "invalidValue")
    return wanted
