"""A directory that speaks SCIM 2.0 (RFC 7644), opened with a token of this app's own client."""

import base64
import json
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import structlog
import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from bff.identity.metadata import Metadata, ProviderUnavailable
from microfrontends.users.directory import DirectoryUnavailable, Page, Person, Wanted

SCOPE = "scim"
DEADLINE_S = 5.0
EARLY_S = 30.0  # a token is renewed this long before it ends
SEARCHED = ("userName", "displayName", "emails.value")
AT_ONCE = 40  # subjects looked up in one filter
log = structlog.get_logger()


@dataclass(frozen=True)
class Client:
    """This app at its OpenID provider."""

    issuer: str
    client_id: str
    client_secret: str


class ScimDirectory:
    """The directory at a SCIM base URL."""

    def __init__(self, base_url: str, client: Client) -> None:
        self._base = base_url.rstrip("/")
        self._pool = urllib3.PoolManager(num_pools=2, maxsize=8, retries=False)
        self._token = _Token(client, self._pool)

    def page(self, wanted: Wanted, first: int, count: int) -> Page:
        """At most `count` people from the `first`, by user name."""
        query = {"startIndex": str(first), "count": str(count), "sortBy": "userName"}
        said = self._list(query, _filter(wanted))
        return Page([_person(each) for each in said.get("Resources") or ()], int(said.get("totalResults") or 0))

    def person(self, subject: str) -> Person | None:
        """One person."""
        said = self._get(f"/Users/{quote(subject, safe='')}", {})
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

    def _list(self, query: Mapping[str, str], condition: str) -> dict[str, Any]:
        said = self._get("/Users", {**query, **({"filter": condition} if condition else {})})
        if said is None:
            raise DirectoryUnavailable("the directory has no /Users")
        return said

    def _get(self, path: str, query: Mapping[str, str]) -> dict[str, Any] | None:
        status, said = self._ask(path, query, self._token.current())
        if status == 401:  # revoked, or made by a provider that has begun anew
            status, said = self._ask(path, query, self._token.renewed())
        if status == 404:
            return None
        if status != 200 or not isinstance(said, dict):
            log.warning("directory_refused", status=status)
            raise DirectoryUnavailable(f"the directory answered {status}")
        return said

    def _ask(self, path: str, query: Mapping[str, str], token: str) -> tuple[int, Any]:
        # Neither query nor answer is logged: both hold names and addresses.
        url = f"{self._base}{path}{'?' if query else ''}{urlencode(query)}"
        headers = {"Accept": "application/scim+json", "Authorization": f"Bearer {token}"}
        return _asked(lambda: self._pool.request("GET", url, headers=headers, timeout=Timeout(total=DEADLINE_S)))


class _Token:
    """The app's own access token, fetched when needed and kept until shortly before it ends. Threads share it."""

    def __init__(self, client: Client, pool: urllib3.PoolManager) -> None:
        self._client, self._pool = client, pool
        self._metadata = Metadata(client.issuer)
        self._lock = threading.Lock()
        self._value, self._until = "", 0.0

    def current(self) -> str:
        """A token that is still good."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._fetch()
            return self._value

    def renewed(self) -> str:
        """A new token, for when the directory does not take the one at hand."""
        with self._lock:
            self._fetch()
            return self._value

    def _fetch(self) -> None:
        try:
            endpoint = self._metadata.current()["token_endpoint"]
        except ProviderUnavailable as problem:
            raise DirectoryUnavailable("the identity provider cannot be reached") from problem
        pair = f"{quote_plus(self._client.client_id)}:{quote_plus(self._client.client_secret)}"
        headers = {
            "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = urlencode({"grant_type": "client_credentials", "scope": SCOPE}).encode()
        timeout = Timeout(total=DEADLINE_S)
        status, said = _asked(
            lambda: self._pool.request("POST", endpoint, body=body, headers=headers, timeout=timeout, redirect=False)
        )
        if status != 200 or not isinstance(said, dict) or not isinstance(said.get("access_token"), str):
            code = said.get("error") if isinstance(said, dict) else None
            log.error("directory_token_refused", status=status, code=str(code)[:80])
            raise DirectoryUnavailable(f"the identity provider gave no token for the directory ({status})")
        self._value = said["access_token"]
        self._until = time.monotonic() + max(0.0, float(said.get("expires_in") or 60) - EARLY_S)


def _asked(send: Any) -> tuple[int, Any]:
    try:
        answer = send()
    except HTTPError as problem:
        log.warning("directory_unreachable", problem=type(problem).__name__)
        raise DirectoryUnavailable("no answer in time") from problem
    try:
        return answer.status, json.loads(answer.data)
    except ValueError:
        return answer.status, None  # of a refusal, the status says enough


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
        names = said.get("name") or {}
        whole = (
            said.get("displayName")
            or names.get("formatted")
            or " ".join(part for part in (names.get("givenName"), names.get("familyName")) if part)
        )
        emails = said.get("emails") or []
        main = next((each for each in emails if each.get("primary")), emails[0] if emails else {})
        username = str(said["userName"])
        return Person(str(said["id"]), username, whole or username, main.get("value") or "", said.get("active", True))
    except (AttributeError, KeyError, TypeError) as problem:
        raise DirectoryUnavailable("the answer is not a SCIM user") from problem
