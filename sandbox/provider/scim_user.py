"""How a person looks in SCIM (RFC 7643), and what a body that somebody sends says of one."""

from datetime import UTC, datetime
from typing import Any

from sandbox.provider.people import Person

MESSAGES = "urn:ietf:params:scim:api:messages:2.0:"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
SIGN_IN = "urn:bizops:params:scim:schemas:extension:sign-in:2.0:User"  # of our own: no standard one says lastLogin
LONGEST = 200


class ScimProblem(Exception):
    """A refusal in SCIM's words."""

    def __init__(self, status: int, detail: str, kind: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind


def user(person: Person, base: str) -> dict[str, Any]:
    """The person as a SCIM user; `base` is the directory's own address."""
    given, _, family = person.name.partition(" ")
    seen = {"lastLogin": _moment(person.last_login)} if person.last_login else {}
    return {
        "schemas": [CORE, ENTERPRISE, SIGN_IN],
        "id": person.subject,
        "userName": person.username,
        "displayName": person.name,
        "name": {"formatted": person.name, "givenName": given, "familyName": family},
        "emails": [{"value": person.email, "type": "work", "primary": True}] if person.email else [],
        **({"userType": "Client"} if person.machine else {}),
        "active": person.active,
        ENTERPRISE: {"organization": person.organisation} if person.organisation else {},
        SIGN_IN: seen,
        "meta": {
            "resourceType": "User",
            "created": _moment(person.created),
            "location": f"{base}/Users/{person.subject}",
            "version": etag(person),
        },
    }


def etag(person: Person) -> str:
    """The version of a person. Weak: a sign-in changes what is told of them, and not who they are."""
    return f'W/"{person.version}"'


def said(body: Any) -> dict[str, Any]:
    """The fields of a person that a whole user's body gives. Raises ScimProblem; what is read-only is passed over."""
    if not isinstance(body, dict) or CORE not in (body.get("schemas") or ()):
        raise ScimProblem(400, f"The body must be a user of the schema {CORE}.", "invalidSyntax")
    names, mail = _object(body.get("name")), _object((body.get("emails") or [None])[0])
    whole = body.get("displayName") or names.get("formatted") or f"{names.get('givenName')} {names.get('familyName')}"
    username = _text(body.get("userName"), "userName")
    return {
        "username": username,
        "name": _text(whole, "displayName"),
        "email": _text(mail.get("value") or f"{username}@example.com", "emails.value"),
        "organisation": _text(_object(body.get(ENTERPRISE)).get("organization") or "", "organization", least=0),
        "active": truth(body.get("active", True)),
    }


def truth(value: Any) -> bool:
    """A JSON boolean. Raises ScimProblem: "no" is a text, and would count as true."""
    if not isinstance(value, bool):
        raise ScimProblem(400, "active must be true or false.", "invalidValue")
    return value


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any, name: str, least: int = 1) -> str:
    if not isinstance(value, str) or not least <= len(value.strip()) <= LONGEST or not value.isprintable():
        raise ScimProblem(400, f"{name} must be a text of {least} to {LONGEST} characters.", "invalidValue")
    return value.strip()


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
