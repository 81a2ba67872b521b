"""Somebody who visits a deployment: signs in through whatever page the identity provider shows, and asks for paths."""

from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from bff.journeys.forms import forms_in

MOST_HOPS: Final = 15
AGAIN: Final = frozenset({301, 302, 303, 307, 308})


class Lost(Exception):
    """The deployment does not let itself be walked; the message says where it ended."""


@dataclass(frozen=True)
class Answer:
    """What came back in the end, and from where."""

    url: str
    status: int
    text: str


class Visitor:
    """One person's browser, as far as it matters: cookies by host, redirects followed."""

    def __init__(self, base_url: str, timeout_s: float = 30) -> None:
        self._base = base_url.rstrip("/")
        self._cookies: dict[str, dict[str, str]] = {}
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

    def _ask(self, method: str, url: str, form: Mapping[str, str] | None) -> urllib3.BaseHTTPResponse:
        host = urlsplit(url).netloc
        parts = urlsplit(url)
        headers = {"Accept": "text/html", "Accept-Language": "en", "User-Agent": "bizops-journeys"}
        if method == "POST":
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"{parts.scheme}://{host}"}
        if kept := self._cookies.get(host):
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in kept.items())
        try:
            body = urlencode(form) if form is not None else None
            answer = self._pool.request(method, url, body=body, headers=headers, redirect=False)
        except HTTPError as problem:
            raise Lost(f"{url} does not answer: {problem}") from problem
        for line in answer.headers.getlist("Set-Cookie"):
            self._keep(host, line)
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
