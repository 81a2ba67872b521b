"""One question over HTTP: what came back, when it came, and what the other clock said."""

import json
import ssl
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import urllib3

TIMEOUT_S = 5.0
LARGEST_BYTES = 1024 * 1024
_http = urllib3.PoolManager(retries=False, ssl_context=ssl.create_default_context())


class Unanswered(Exception):
    """No answer; the message says why."""


@dataclass(frozen=True)
class Answer:
    """An answer. `ahead`: by how many seconds the other clock is ahead of ours, where it told the time."""

    status: int
    body: bytes
    ahead: float | None

    def document(self) -> dict[str, Any]:
        """The JSON object of the body; empty for anything else."""
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}


def ask(url: str) -> Answer:
    """GET without following redirects. Raises Unanswered."""
    began = time.time()
    try:
        answer = _http.request("GET", url, timeout=TIMEOUT_S, redirect=False, preload_content=False)
        try:
            body = answer.read(LARGEST_BYTES)
        finally:
            answer.close()
    except (urllib3.exceptions.HTTPError, ValueError) as problem:
        raise Unanswered(f"{url}: {why(problem)}") from problem
    return Answer(answer.status, body, _ahead(answer.headers.get("Date", ""), (began + time.time()) / 2))


def why(problem: Exception) -> str:
    """The last word of an error on what is wrong, not the library's objects before it."""
    told = str(problem).rpartition(">: ")[2] or str(problem)
    return told.rpartition("): ")[2] or told


def _ahead(date: str, now: float) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() + 0.5 - now  # the header leaves out parts of a second
    except (TypeError, ValueError):
        return None
