"""Somebody who visits a deployment: signs in through whatever page the identity provider shows, and asks for paths."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from bff.journeys.forms import forms_in

MOST_HOPS: Final = 15
FIELD: Final = "csrf_token"  # in each form, what tells it from one that somebody else made
ONCE_MORE: Final = Retry(3, redirect=False, status=0, other=0, backoff_factor=0.2)
AGAIN: Final = frozenset({301, 302, 303, 307, 308})


class Lost(Exception):
    """The deployment does not let itself be walked; the message says where it ended."""


@dataclass(frozen=True)
class Answer:
    """What came back in the end, and from where."""

    url: str
    status: int
    text: str


@dataclass(frozen=True)
class _Json:
    """A body for an API; None for a question."""

    body: Any


class Visitor:
    """One person's browser, as far as it matters: cookies by host, redirects followed."""

    def __init__(self, base_url: str, timeout_s: float = 30) -> None:
        self._base = base_url.rstrip("/")
        self._cookies: dict[str, dict[str, str]] = {}
        self._token = ""
        self._pool = urllib3.PoolManager(retries=False, timeout=timeout_s)

    def sign_in(self, username: str, password: str) -> None:
        """Raises Lost, with what the provider's page says, when this does not lead back into the portal."""
        page = self._follow("GET", f"{self._base}/auth/login?next=/")
        form = next((form for form in forms_in(page.text) if form.passwords and form.texts), None)
        if form is None:
            raise Lost(f"{page.url} ({page.status}) has no form for a user name and a password")
        filled = {**form.fields, form.texts[0]: username, form.passwords[0]: password}
        ended = self._follow("POST", urljoin(page.url, form.action), filled)
        if ended.status != 200 or not ended.url.startswith(self._base + "/"):
            raise Lost(f"{username} could not sign in: {ended.url.partition('?')[0]} answered {ended.status}")

        self._token = next((form.fields[FIELD] for form in forms_in(self.get("/").text) if FIELD in form.fields), "")

    def status(self, path: str) -> int:
        """What a path answers at once: no redirect is followed, and whatever streams is not waited for."""
        answer = self._ask("GET", self._base + path, None, preload_content=False)
        answer.close()
        return answer.status

    def forged(self, method: str, path: str) -> int:
        """What is answered to something that this person made up, and sends with all that their browser would send."""
        return self._ask(method, self._base + path, _Json({}) if "/api/" in path else {}).status

    def told(self, path: str, body: Any = None) -> Any:
        """What an API answers to a question or, with a body, to a command. Raises Lost when it refuses."""
        return self._read(path, self._ask("POST" if body is not None else "GET", self._base + path, _Json(body)))

    def filled(self, path: str, form: Mapping[str, str]) -> Any:
        """What an API answers to a form. Raises Lost when it refuses."""
        return self._read(path, self._ask("POST", self._base + path, form))

    @staticmethod
    def _read(path: str, answer: urllib3.BaseHTTPResponse) -> Any:
        text = answer.data.decode("utf-8", "replace")
        try:
            told = json.loads(text)
        except ValueError:
            told = None
        if answer.status not in (200, 201, 202) or told is None:
            raise Lost(f"{path} answered {answer.status}: {text[:500]}")
        return told

    def get(self, path: str) -> Answer:
        """A page of the portal. Raises Lost without an answer."""
        return self._follow("GET", self._base + path)

    def _follow(self, method: str, url: str, form: Mapping[str, str] | None = None) -> Answer:
        for _hop in range(MOST_HOPS):
            answer = self._ask(method, url, form)
            where = answer.headers.get("Location", "")
            if answer.status not in AGAIN or not where:
                return Answer(url, answer.status, answer.data.decode("utf-8", "replace"))
            url = urljoin(url, where)
            if answer.status not in (307, 308):
                method, form = "GET", None
        raise Lost(f"{url} goes round in circles")

    def _ask(
        self, method: str, url: str, form: "Mapping[str, str] | _Json | None" = None, **more: Any
    ) -> urllib3.BaseHTTPResponse:
        parts = urlsplit(url)
        headers = {"Accept": "text/html", "Accept-Language": "en", "User-Agent": "bizops-journeys"}
        body = urlencode(form) if isinstance(form, Mapping) else None
        if isinstance(form, _Json):
            headers["Accept"] = "application/json"
            body = None if form.body is None else json.dumps(form.body)
        if method != "GET":
            kind = "application/json" if isinstance(form, _Json) else "application/x-www-form-urlencoded"
            self._pool.clear()  # no command goes out on a connection that may just be closing
            headers |= {"Content-Type": kind, "Origin": f"{parts.scheme}://{parts.netloc}"}
            headers |= {"X-CSRF-Token": self._token} if url.startswith(self._base + "/") else {}
        if kept := self._cookies.get(parts.netloc):
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in kept.items())
        try:
            # A question whose connection was closed meanwhile is asked again, as a browser would; a command never is.
            more["retries"] = ONCE_MORE if method == "GET" else False
            answer = self._pool.request(method, url, body=body, headers=headers, redirect=False, **more)
        except HTTPError as problem:
            raise Lost(f"{url} does not answer: {problem}") from problem
        for line in answer.headers.getlist("Set-Cookie"):
            self._keep(parts.netloc, line)
        return answer

    def _keep(self, host: str, line: str) -> None:
        # Also one that is marked Secure, over plain HTTP: inside a cluster there is no TLS, and nobody to listen.
        kept = self._cookies.setdefault(host, {})
        try:
            told = SimpleCookie(line)
        except CookieError:
            return
        for name, morsel in told.items():
            if morsel.value and morsel["max-age"] != "0":
                kept[name] = morsel.value
            else:
                kept.pop(name, None)
