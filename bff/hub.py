"""The HTTP base towards the hub: deadlines, retried reads, writes sent once, exact numbers, the hub's own errors."""

import json
import random
import time
from decimal import Decimal
from typing import Any

import structlog
import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from bff.errors import HubRefused, HubUnavailable
from bff.run import present_run
from bff.tracing import Calling, Facts

log = structlog.get_logger()


class HubClient:
    """One service of the hub at one base URL. The maker of a change goes with each write as `X-User`."""

    def __init__(self, base_url: str, *, deadline_s: float = 10.0, read_tries: int = 3) -> None:
        self._base = base_url.rstrip("/")
        self._deadline, self._tries = deadline_s, read_tries
        self._pool = urllib3.PoolManager(num_pools=4, maxsize=16, retries=False)

    def get(self, path: str, query: dict[str, str] | None = None) -> Any:
        """The decoded answer; decimals stay exact. A read that failed without an answer is tried again, with jitter."""
        for attempt in range(self._tries):
            try:
                return self._send("GET", path, query=query)
            except HubUnavailable:
                if attempt == self._tries - 1:
                    raise
                time.sleep(random.uniform(0.05, 0.2) * 2**attempt)  # noqa: S311 - jitter, not a secret
        raise AssertionError("at least one try")

    def write(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """Send one change, once. Raises OutsideAction, HubRefused, or HubUnavailable (`sent`: its fate is unknown)."""
        run = present_run()
        answer = self._send(method, path, body=body, actor=run.maker.username)
        run.done.append(f"{method} {path}")
        return answer

    def _send(
        self, method: str, path: str, *, query: dict[str, str] | None = None, body: Any = None, actor: str = ""
    ) -> Any:
        calling = Calling()
        headers = {"Accept": "application/json", **calling.headers, **({"X-User": actor} if actor else {})}
        data, url = None, self._base + path
        if body is not None:
            # Bytes, not text: a length counted in characters truncates a reason written in French.
            data, headers["Content-Type"] = json.dumps(body, default=str).encode(), "application/json"
        try:
            answer = self._pool.request(
                method,
                url,
                fields=query,
                body=data,
                headers=headers,
                timeout=Timeout(total=self._deadline),
            )
        except HTTPError as problem:
            calling.over(f"hub {method}", {"http.request.method": method, "url.path": path}, type(problem).__name__)
            log.warning("hub_unreachable", method=method, path=path, problem=type(problem).__name__)
            sent = body is not None and not isinstance(problem, urllib3.exceptions.NewConnectionError)
            raise HubUnavailable(f"{method} {path}: {type(problem).__name__}", sent=sent) from problem
        facts: Facts = {"http.request.method": method, "url.path": path, "http.response.status_code": answer.status}
        spent = calling.over(f"hub {method}", facts, f"it answered {answer.status}" if answer.status >= 500 else "")
        log.info("hub_call", method=method, path=path, status=answer.status, ms=round(1000 * spent))
        return _decoded(answer.status, answer.data, method)


def _decoded(status: int, data: bytes, method: str) -> Any:
    try:
        said = json.loads(data, parse_float=Decimal) if data else None
    except ValueError as problem:
        raise HubUnavailable(
            f"the hub answered {status} with something that is not JSON", sent=method != "GET"
        ) from problem
    if status < 400:
        return said
    error = said.get("errorInformation") if isinstance(said, dict) else None
    if not isinstance(error, dict):
        raise HubUnavailable(f"the hub answered {status} without saying why", sent=method != "GET")
    raise HubRefused(str(error.get("errorCode", "")), str(error.get("errorDescription", "")), status)
