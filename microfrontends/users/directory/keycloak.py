"""A directory that is a realm of Keycloak, by its admin API (checked against Keycloak 26)."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import structlog

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
from microfrontends.users.directory.line import AT_ONCE, Answer, Client, Line

ORGANISATION = "organisation"  # a user attribute; the realm's user profile must declare it, else Keycloak drops it
SERVICE_ACCOUNT = "service-account-"  # begins the user name of what stands for a client; no search finds it
CHUNK = 500
MANY = 4  # people, from whom on their logins are looked for together
FIRST_STEPS = ["UPDATE_PASSWORD"]
OURS = ("enabled", "firstName", "lastName", "email", "attributes")  # what a version is made of
log = structlog.get_logger()
Asked = TypeVar("Asked")
Told = TypeVar("Told")


class KeycloakDirectory:
    """The realm whose admin URL is given: `https://keycloak.example/admin/realms/hub-operators`.

    Its client needs a service account with the roles view-users, query-users, manage-users and view-events of the
    client realm-management.
    """

    def __init__(self, realm_url: str, client: Client) -> None:
        self._line = Line(realm_url, client)

    def page(self, wanted: Wanted, first: int, count: int) -> Page:
        """At most `count` people from the `first`.

        Keycloak sorts by user name alone, and of a search it counts also those whom it does not list (service
        accounts, and people of the other state): for both, everybody who fits is read, and counted here.
        """
        if "*" in wanted.search:
            return Page((), 0)  # a wildcard there; no name, user name or address holds one
        condition = _condition(wanted)
        if wanted.search or wanted.order is not Order.USERNAME:
            everybody = sorted(self._everybody(condition), key=lambda said: _sort_key(said, wanted.order))
            return Page(self._with_logins(everybody[first - 1 : first - 1 + count]), len(everybody))
        some = self._users({**condition, "first": str(first - 1), "max": str(count)}) if count else []
        return Page(self._with_logins(some), int(self._line.get("/users/count", condition) or 0))

    def person(self, subject: str) -> Person | None:
        """One person."""
        said = self._line.get(_path(subject))
        return None if said is None else self._with_logins([said])[0]

    def named(self, subjects: Iterable[str]) -> dict[str, Person]:
        """Those of the subjects that the realm knows: Keycloak has no way to ask for several at once."""
        found = _together(lambda subject: self._line.get(_path(subject)), sorted(set(subjects)))
        return {person.subject: person for person in self._with_logins([said for said in found if said])}

    def with_username(self, username: str) -> Person | None:
        """The person of exactly this user name."""
        found = self._users({"username": username, "exact": "true", "max": "1"})
        return next(iter(self._with_logins(found)), None)

    def create(self, newcomer: Newcomer) -> Person:
        """Take somebody in, and have Keycloak write to them to set a password, where the realm can send mail."""
        given, family = newcomer.names
        body: dict[str, Any] = {
            "username": newcomer.username,
            "firstName": given,
            "lastName": family,
            "email": newcomer.email,
            "enabled": True,
            "requiredActions": FIRST_STEPS,
            **({"attributes": {ORGANISATION: [newcomer.organisation]}} if newcomer.organisation else {}),
        }
        answer = self._line.send("POST", "/users", body)
        if answer.status != 201:
            raise _refusal(answer)
        subject = urlsplit(answer.headers.get("Location", "")).path.rpartition("/")[2]
        self._invite(subject)
        return self._read(subject)

    def set_active(self, subject: str, active: bool, version: str = "") -> Person:
        """Let a person sign in, or not, and end their sessions in the latter case.

        Keycloak keeps no version: what was read is compared just before the write, which leaves a gap of one exchange.
        The whole person is sent, since Keycloak forgets the attributes that an update leaves out.
        """
        said = self._line.get(_path(subject))
        if said is None:
            raise NotAccepted("User not found")
        if version and version != _version(said):
            raise Moved("the user has changed")
        answer = self._line.send("PUT", _path(subject), {**said, "enabled": active})
        if answer.status != 204:
            raise _refusal(answer)
        if not active:
            self._line.send("POST", f"{_path(subject)}/logout", {})
        return self._read(subject)

    def _invite(self, subject: str) -> None:
        try:
            answer = self._line.send("PUT", f"{_path(subject)}/execute-actions-email", FIRST_STEPS)
            invited = answer.status == 204
        except DirectoryUnavailable:
            invited = False
        if not invited:
            log.warning("not_invited", subject=subject, remedy="set up the realm's e-mail, or write from Keycloak")

    def _read(self, subject: str) -> Person:
        person = self.person(subject)
        if person is None:
            raise DirectoryUnavailable("the person cannot be read back", sent=True)
        return person

    def _everybody(self, condition: Mapping[str, str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            some = self._users({**condition, "first": str(len(found)), "max": str(CHUNK)})
            found += some
            if len(some) < CHUNK:
                return found

    def _users(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        said = self._line.get("/users", query)
        if not isinstance(said, list):
            raise DirectoryUnavailable("the answer is not a list of users")
        return said

    def _with_logins(self, users: list[dict[str, Any]]) -> list[Person]:
        since = self._remembers_since() if users else None
        logins = self._logins([str(said.get("id")) for said in users]) if since else {}
        return [_person(said, logins.get(str(said.get("id"))), since) for said in users]

    def _logins(self, subjects: list[str]) -> dict[str, datetime | None]:
        """When each came last. Keycloak tells it of one person at a time; most of many stand in the newest events."""
        found: dict[str, datetime | None] = {}
        if len(subjects) >= MANY:
            newest = self._line.get("/events", {"type": "LOGIN", "max": str(CHUNK)}) or []
            for event in newest:
                found.setdefault(str(event.get("userId")), _moment(event.get("time")))
            if len(newest) < CHUNK:
                return found  # that was all of them
        missing = [subject for subject in subjects if subject not in found]
        return found | dict(zip(missing, _together(self._last_login, missing), strict=True))

    def _last_login(self, subject: str) -> datetime | None:
        events = self._line.get("/events", {"type": "LOGIN", "user": subject, "max": "1"}) or [{}]
        return _moment(events[0].get("time"))

    def _remembers_since(self) -> datetime | None:
        """From when on the realm keeps login events: its oldest one, none where it keeps none or keeps them from us."""
        try:
            events = self._line.get("/events", {"type": "LOGIN", "max": "1", "direction": "asc"})
        except DirectoryUnavailable:
            return None  # without the role view-events people can still be looked up
        return _moment(events[0].get("time")) if events else None


def _together(ask: Callable[[Asked], Told], each: list[Asked]) -> list[Told]:
    """The answers to several questions, asked a few at a time."""
    if len(each) < 2:
        return [ask(one) for one in each]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(ask, each))


def _path(subject: str) -> str:
    return f"/users/{quote(subject, safe='')}"


def _condition(wanted: Wanted) -> dict[str, str]:
    # Keycloak looks for each word by its beginning, unless asterisks open both ends.
    search = {"search": " ".join(f"*{word}*" for word in wanted.search.split())} if wanted.search.strip() else {}
    return search | ({} if wanted.active is None else {"enabled": str(wanted.active).lower()})


def _refusal(answer: Answer) -> NotAccepted:
    said = answer.body if isinstance(answer.body, dict) else {}
    problems = said.get("errors") or [said]
    words = "; ".join(
        " ".join(str(each[key]) for key in ("field", "errorMessage", "error") if each.get(key)) for each in problems
    )
    return (Taken if answer.status == 409 else NotAccepted)(words or f"HTTP {answer.status}")


def _name(said: Mapping[str, Any]) -> str:
    return " ".join(part for part in (said.get("firstName"), said.get("lastName")) if part) or str(said["username"])


def _sort_key(said: Mapping[str, Any], order: Order) -> str:
    return (_name(said) if order is Order.NAME else str(said["username"])).casefold()


def _version(said: Mapping[str, Any]) -> str:
    facts = json.dumps([said.get(name) for name in OURS], sort_keys=True)
    return hashlib.sha256(facts.encode()).hexdigest()[:20]


def _moment(milliseconds: Any) -> datetime | None:
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds) if milliseconds else None


def _person(said: Mapping[str, Any], login: datetime | None, since: datetime | None) -> Person:
    try:
        organisation = (said.get("attributes") or {}).get(ORGANISATION) or [""]
        created, machine = _moment(said.get("createdTimestamp")), str(said["username"]).startswith(SERVICE_ACCOUNT)
        if machine:
            since = None  # a client's logins are events of another type
        return Person(
            subject=str(said["id"]),
            username=str(said["username"]),
            name=_name(said),
            email=said.get("email") or "",
            active=bool(said["enabled"]),
            organisation=organisation[0],
            last_login=login,
            logins_since=max(since, created) if since and created else since,
            version=_version(said),
            machine=machine,
        )
    except (AttributeError, KeyError, TypeError) as problem:
        raise DirectoryUnavailable("the answer is not a user of Keycloak") from problem
