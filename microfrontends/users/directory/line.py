"""The line to a directory: JSON over HTTP with a token of this app's own client, which is renewed when it ends."""

import base64
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

import structlog
import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.util import Timeout

from bff.identity.metadata import Metadata, ProviderUnavailable
from bff.run import present_run
from microfrontends.users.directory import DirectoryUnavailable

DEADLINE_S = 5.0
EARLY_S = 30.0  # a token is renewed this long before it ends
AT_ONCE = 8  # connections
log = structlog.get_logger()


@dataclass(frozen=True)
class Client:
    """This app at its OpenID provider, and the scope that its token needs for the directory."""

    issuer: str
    client_id: str
    client_secret: str
    scope: str = ""


@dataclass(frozen=True)
class Answer:
    """What the directory said; `body` is None where it was not JSON."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Line:
    """A base URL, asked with the token."""

    def __init__(self, base_url: str, client: Client, media_type: str = "application/json") -> None:
        self._base, self._media_type = base_url.rstrip("/"), media_type
        self._pool = urllib3.PoolManager(num_pools=2, maxsize=AT_ONCE, retries=False)
        self._token = _Token(client, self._pool)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """The body of a 200; None for a 404. Raises DirectoryUnavailable for anything else."""
        answer = self._answer("GET", f"{path}?{urlencode(query)}" if query else path)
        if answer.status == 404:
            return None
        if answer.status != 200 or answer.body is None:
            log.warning("directory_refused", status=answer.status)
            raise DirectoryUnavailable(f"the directory answered {answer.status}")
        return answer.body

    def send(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a change, once, whatever the answer below 500. Raises DirectoryUnavailable, and OutsideAction."""
        run = present_run()
        answer = self._answer(method, path, body, headers or {})
        if answer.status >= 500 or answer.status in (401, 403):
            log.warning("directory_refused", method=method, status=answer.status)
            raise DirectoryUnavailable(f"the directory answered {answer.status}", sent=answer.status >= 500)
        if answer.status < 300:
            run.done.append(f"{method} {path}")
        return answer

    def _answer(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        answer = self._ask(method, path, body, {**(headers or {}), **_bearer(self._token.current())})
        if answer.status == 401:  # revoked, or made by a provider that has begun anew; refused before anything was done
            answer = self._ask(method, path, body, {**(headers or {}), **_bearer(self._token.renewed())})
        return answer

    def _ask(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Answer:
        # Neither question nor answer is logged: both hold names and addresses.
        said = {"Accept": self._media_type, **({} if body is None else {"Content-Type": self._media_type}), **headers}
        data = None if body is None else json.dumps(body).encode()
        timeout = Timeout(total=DEADLINE_S)
        return _asked(
            lambda: self._pool.request(
                method, self._base + path, body=data, headers=said, timeout=timeout, redirect=False
            ),
            writes=method != "GET",
        )


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
        form = {"grant_type": "client_credentials", **({"scope": self._client.scope} if self._client.scope else {})}
        body, timeout = urlencode(form).encode(), Timeout(total=DEADLINE_S)
        answer = _asked(
            lambda: self._pool.request("POST", endpoint, body=body, headers=headers, timeout=timeout, redirect=False)
        )
        said = answer.body if isinstance(answer.body, dict) else {}
        if answer.status != 200 or not isinstance(said.get("access_token"), str):
            log.error("directory_token_refused", status=answer.status, code=str(said.get("error"))[:80])
            raise DirectoryUnavailable(f"the identity provider gave no token for the directory ({answer.status})")
        self._value = said["access_token"]
        self._until = time.monotonic() + max(0.0, float(said.get("expires_in") or 60) - EARLY_S)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _asked(send: Callable[[], urllib3.BaseHTTPResponse], *, writes: bool = False) -> Answer:
    try:
        answer = send()
    except HTTPError as problem:
        log.warning("directory_unreachable", problem=type(problem).__name__)
        sent = writes and not isinstance(problem, NewConnectionError)
        raise DirectoryUnavailable("no answer in time", sent=sent) from problem
    try:
        return Answer(answer.status, json.loads(answer.data), answer.headers)
    except ValueError:
        return Answer(answer.status, None, answer.headers)  # of a refusal, the status says enough
