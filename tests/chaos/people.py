"""Somebody who is signed in and asks one thing after another; what came of each request is kept."""

import json
import time
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from bff.journeys.visitor import Answer, Lost, Visitor
from tests.chaos.answers import Kind, Outcome, kind_of, words_of

PATIENCE_S = 60.0
PASSWORD = "bizops"


class Newcomer(Visitor):
    """A visitor who remembers where they ended."""

    last: Answer | None = None

    def _follow(self, method: str, url: str, form: Mapping[str, str] | None = None) -> Answer:
        self.last = None
        self.last = super()._follow(method, url, form)
        return self.last


class Somebody(Visitor):
    """A visitor who knows what they want, over a connection of its own for each request, as a balancer likes it."""

    def __init__(self, base_url: str, username: str, told: list[Outcome]) -> None:
        super().__init__(base_url, PATIENCE_S)
        self.username, self._told, self._csrf = username, told, ""
        self._address = urlsplit(base_url)

    def enter(self) -> None:
        """Sign in, once and for all that follows. Raises Lost."""
        self.sign_in(self.username, PASSWORD)
        self._csrf = str(json.loads(self.get("/auth/session").text)["csrf"])

    def look(self, path: str) -> Outcome:
        """A page."""
        return self._send("GET", path, path)[0]

    def change(self, label: str, path: str, body: dict[str, Any], key: str) -> tuple[Outcome, dict[str, Any]]:
        """A change, with what the answer says of it."""
        outcome, text = self._send("POST", path, label, json.dumps(body), key)
        return outcome, json.loads(text) if outcome.good or outcome.status in (404, 409, 422) else {}

    def comes_in(self) -> Outcome:
        """Sign in anew, as somebody who begins to work."""
        began, newcomer = time.monotonic(), Newcomer(self._base, PATIENCE_S)
        status, kind, words = 200, Kind.GOOD, ""
        try:
            newcomer.sign_in(self.username, PASSWORD)
        except Lost as lost:
            # What a browser shows when the provider itself does not answer is the browser's; what we show is ours.
            status, kind, words = 0, Kind.CUT, str(lost)
            if (last := newcomer.last) and last.status >= 400:
                html = {"content-type": "text/html"}
                status, kind, words = last.status, kind_of(last.status, html, last.text), words_of(html, last.text)
        return self._note(Outcome("sign in", began, time.monotonic(), status, kind, words))

    def _send(self, method: str, path: str, label: str, body: str | None = None, key: str = "") -> tuple[Outcome, str]:
        began, text = time.monotonic(), ""
        try:
            status, headers, text = self._ask_once(method, path, body, key)
        except (OSError, HTTPException) as cut:
            outcome = Outcome(label, began, time.monotonic(), 0, Kind.CUT, repr(cut))
        else:
            kind = Kind.GOOD if body and status in (404, 409, 422) else kind_of(status, headers, text)
            words = "" if kind is Kind.GOOD else words_of(headers, text)
            outcome = Outcome(label, began, time.monotonic(), status, kind, words)
        return self._note(outcome), text

    def _ask_once(self, method: str, path: str, body: str | None, key: str) -> tuple[int, dict[str, str], str]:
        kept = self._cookies.get(self._address.netloc, {})
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in kept.items()), "Accept": "text/html"}
        if body is not None:
            headers |= {"Accept": "application/json", "Content-Type": "application/json", "Idempotency-Key": key}
            headers |= {"X-CSRF-Token": self._csrf, "Sec-Fetch-Site": "same-origin"}
        where = self._address.hostname or "", self._address.port
        with closing(HTTPConnection(*where, timeout=PATIENCE_S)) as connection:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, said, answer.read().decode("utf-8", "replace")

    def _note(self, outcome: Outcome) -> Outcome:
        self._told.append(outcome)
        return outcome
