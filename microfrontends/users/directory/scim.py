"""A directory that speaks SCIM 2.0 (RFC 7644), whoever keeps it."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from microfrontends.users.directory import (
    DirectoryUnavailable,
    Moved,
    Newcomer,
    NotAccepted,
    Order,
    Page,
    Person,
    Taken,
    Wanted,
)
from microfrontends.users.directory.line import Answer, Client, Line

SCOPE = "scim"
MEDIA_TYPE = "application/scim+json"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SIGN_IN = "urn:bizops:params:scim:schemas:extension:sign-in:2.0:User"  # whoever has it knows every login
LAST_LOGIN = "lastLogin"  # taken from whatever extension has it: no standard schema does
SEARCHED = ("userName", "displayName", "emails.value")
SORTED = {Order.NAME: "displayName", Order.USERNAME: "userName"}
CLIENT = "client"  # the userType of whoever is no person
AT_ONCE = 40  # subjects looked up in one filter


class ScimDirectory:
    """The directory at a SCIM base URL."""

    def __init__(self, base_url: str, client: Client) -> None:
        self._line = Line(base_url, client, MEDIA_TYPE)

    def page(self, wanted: Wanted, first: int, count: int) -> Page:
        """At most `count` people from the `first`."""
        query = {"startIndex": str(first), "count": str(count), "sortBy": SORTED[wanted.order]}
        said = self._list(query, _filter(wanted))
        return Page([_person(each) for each in said.get("Resources") or ()], int(said.get("totalResults") or 0))

    def person(self, subject: str) -> Person | None:
        """One person."""
        said = self._line.get(_path(subject))
        return None if said is None else _person(said)

    def named(self, subjects: Iterable[str]) -> dict[str, Person]:
        """Those of the subjects that the directory knows, in few questions."""
        wanted = sorted(set(subjects))
        known: dict[str, Person] = {}
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            condition = " or ".join(f"id eq {_quoted(subject)}" for subject in some)
            said = self._list({"count": str(len(some))}, condition)
            known |= {person.subject: person for person in map(_person, said.get("Resources") or ())}
        return known

    def with_username(self, username: str) -> Person | None:
        """The person of exactly this user name."""
        found = self._list({"count": "1"}, f"userName eq {_quoted(username)}").get("Resources") or ()
        return next(map(_person, found), None)

    def create(self, newcomer: Newcomer) -> Person:
        """Take somebody in. An invitation, if any, is the directory's own affair."""
        given, family = newcomer.names
        body = {
            "schemas": [CORE, *([ENTERPRISE] if newcomer.organisation else [])],
            "userName": newcomer.username,
            "displayName": newcomer.name,
            "name": {"formatted": newcomer.name, "givenName": given, "familyName": family},
            "emails": [{"value": newcomer.email, "type": "work", "primary": True}],
            "active": True,
            **({ENTERPRISE: {"organization": newcomer.organisation}} if newcomer.organisation else {}),
        }
        return _written(self._line.send("POST", "/Users", body))

    def set_active(self, subject: str, active: bool, version: str = "") -> Person:
        """Let a person sign in, or not; the directory compares the version, where it has one."""
        operation = {"op": "replace", "path": "active", "value": active}
        body = {"schemas": [PATCH], "Operations": [operation]}
        answer = self._line.send("PATCH", _path(subject), body, {"If-Match": version} if version else None)
        return self._read(subject) if answer.status == 204 else _written(answer)

    def _read(self, subject: str) -> Person:
        person = self.person(subject)
        if person is None:
            raise DirectoryUnavailable("the person cannot be read back", sent=True)
        return person

    def _list(self, query: Mapping[str, str], condition: str) -> dict[str, Any]:
        said = self._line.get("/Users", {**query, **({"filter": condition} if condition else {})})
        if not isinstance(said, dict):
            raise DirectoryUnavailable("the directory has no /Users")
        return said


def _path(subject: str) -> str:
    return f"/Users/{quote(subject, safe='')}"


def _written(answer: Answer) -> Person:
    if answer.status in (200, 201):
        return _person(answer.body)
    said = answer.body if isinstance(answer.body, dict) else {}
    words = str(said.get("detail") or f"HTTP {answer.status}")
    raise {409: Taken, 412: Moved}.get(answer.status, NotAccepted)(words)


def _filter(wanted: Wanted) -> str:
    active = "" if wanted.active is None else f"active eq {str(wanted.active).lower()}"
    if not wanted.search:
        return active
    # `and` binds more than `or`, so the state is said with each alternative: not every directory knows brackets.
    named = [f"{attribute} co {_quoted(wanted.search)}" for attribute in SEARCHED]
    return " or ".join(f"{condition} and {active}" if active else condition for condition in named)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _person(said: Any) -> Person:
    try:
        names, meta = said.get("name") or {}, said.get("meta") or {}
        whole = (
            said.get("displayName")
            or names.get("formatted")
            or " ".join(part for part in (names.get("givenName"), names.get("familyName")) if part)
        )
        emails = said.get("emails") or []
        main = next((each for each in emails if each.get("primary")), emails[0] if emails else {})
        username = str(said["userName"])
        login, since = _logins(said)
        return Person(
            subject=str(said["id"]),
            username=username,
            name=whole or username,
            email=main.get("value") or "",
            active=said.get("active", True),
            organisation=(said.get(ENTERPRISE) or {}).get("organization") or "",
            last_login=login,
            logins_since=since,
            version=meta.get("version") or "",
            machine=str(said.get("userType") or "").lower() == CLIENT,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise DirectoryUnavailable("the answer is not a SCIM user") from problem


def _logins(said: dict[str, Any]) -> tuple[datetime | None, datetime | None]:
    """The last login, and from when on the directory would know of one: since the account was made, where it says."""
    extensions = [value for name, value in said.items() if name.startswith("urn:") and isinstance(value, dict)]
    login = next((extension[LAST_LOGIN] for extension in extensions if extension.get(LAST_LOGIN)), None)
    at, created = _moment(login), _moment((said.get("meta") or {}).get("created"))
    told = at is not None or SIGN_IN in (said.get("schemas") or ())
    return at, (created or at) if told else None


def _moment(text: Any) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
