"""What can be seen of an app from outside: structured logs with request and trace ids, health, metrics."""

import hmac
import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import structlog
from flask import Flask, Response, g, jsonify, request
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import choose_encoder

from bff import tracing
from bff.access.permissions import public
from bff.errors import Note
from bff.identity.principal import Identity
from bff.logs import speaks
from bff.settings import LOOPBACK, Settings
from bff.web.slow import Slow

Check = Callable[[], str]  # what is missing, in a sentence; empty when nothing is
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUEST_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Trail:
    """What tells one request from all others, where in its trace it stands, and when it began."""

    started: float
    request_id: str
    trace_id: str
    span_id: str
    parent_id: str = ""
    sampled: bool = True

    @classmethod
    def begun(cls, traceparent: str, request_id: str = "") -> Self:
        """Of a request that begins now; what it was given is taken over where it has the form for that."""
        span = secrets.token_hex(8)
        named = request_id if request_id and _REQUEST_ID.match(request_id) else span
        heard = tracing.Heard.of(traceparent)
        if heard is None:
            return cls(time.monotonic(), named, secrets.token_hex(16), span)
        return cls(time.monotonic(), named, heard.trace_id, span, heard.span_id, heard.sampled)

    @property
    def spent(self) -> float:
        """Seconds since then."""
        return time.monotonic() - self.started


class Watch:
    """Counts and logs the requests of one app, also those that Flask never sees."""

    def __init__(self, app: str, registry: CollectorRegistry, slow: Slow) -> None:
        self.app, self.slow = app, slow
        labels = ("app", "endpoint", "method", "status")
        self._requests = Counter("http_requests_total", "Requests answered.", labels, registry=registry)
        self._seconds = Histogram(
            "http_request_seconds", "Seconds until the answer was ready.", labels[:2], registry=registry
        )
        # To find a series by its labels costs more than to count in it.
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def begin(self, trail: Trail, who: Identity | None = None) -> None:
        """From now on whatever is logged bears the request's ids, and the name of the session where it is known."""
        structlog.contextvars.clear_contextvars()
        ids: dict[str, Any] = {"request_id": trail.request_id, "trace_id": trail.trace_id, "span_id": trail.span_id}
        if not trail.sampled:
            ids["sampled"] = False
        structlog.contextvars.bind_contextvars(app=self.app, **ids, **session_of(who))
        tracing.begin()

    def finish(self, trail: Trail, endpoint: str, method: str, status: int, path: str) -> None:
        """A request is answered. The path comes without its query: filters may hold account numbers and names."""
        spent = trail.spent
        requests, seconds = self._series.get((endpoint, method, status)) or self._counting(endpoint, method, status)
        requests.inc()
        seconds.observe(spent, {"trace_id": trail.trace_id})
        if not path.startswith(("/health/", "/metrics")):
            if speaks(logging.INFO):
                log.info("request", method=method, path=path, status=status, ms=round(spent * 1000))
            if spent > self.slow.seconds:
                which = "/".join([endpoint, *path.split("/", 2)[1:2]])  # behind the shell's gateway are many apps
                self.slow.note("slow_page", which, spent, endpoint=endpoint, path=path)

    def over(self, trail: Trail, endpoint: str, method: str, status: int) -> None:
        """The last byte of an answer is on its way."""
        if tracing.wanted():
            step = tracing.Step(trail.trace_id, trail.parent_id, trail.span_id, trail.sampled)
            facts: tracing.Facts = {
                "http.request.method": method,
                "http.route": endpoint,
                "http.response.status_code": status,
                "bizops.request_id": trail.request_id,
            }
            failed = f"it answered {status}" if status >= 500 else ""
            name = f"{method} {endpoint}"
            tracing.tell(tracing.Span(self.app, name, step, trail.spent, facts, server=True, failed=failed))

    def _counting(self, endpoint: str, method: str, status: int) -> tuple[Counter, Histogram]:
        counted = self._requests.labels(self.app, endpoint, method, status), self._seconds.labels(self.app, endpoint)
        return self._series.setdefault((endpoint, method, status), counted)


def tell_whose(who: Identity | None) -> None:
    """Have the lines of this request name the session that it belongs to: what `signed_in` says whose it is."""
    structlog.contextvars.bind_contextvars(**session_of(who))


def session_of(who: Identity | None) -> dict[str, str]:
    """The part of a line that names a session."""
    return {"session": who.session[:12]} if who else {}


def timing(trail: Trail, *entries: str) -> str:
    """The value of `Server-Timing` for whoever is signed in: how long it took until now, and what it waited for."""
    waited, calls = tracing.spent()
    hub = f', hub;dur={waited * 1000:.1f};desc="{calls}"' if calls else ""
    return ", ".join([f"total;dur={trail.spent * 1000:.1f}{hub}", *entries])


def install(app: Flask, name: str, settings: Settings, checks: Mapping[str, Check]) -> None:
    """Request ids and timing on every request, and the three routes that platforms read."""
    registry = CollectorRegistry()
    watch = Watch(name, registry, Slow(settings.slow_ms))
    app.extensions.update(metrics=registry, portal_watch=watch)

    @app.before_request
    def begin() -> None:
        # Only the shell may name a request: a browser's own id would let a visitor write into our logs.
        named = request.headers.get("X-Request-Id", "") if request.headers.get("Portal-Identity") else ""
        g.trail = Trail.begun(request.headers.get("traceparent", ""), named)
        g.request_id, g.trace_id, g.timing = g.trail.request_id, g.trail.trace_id, []
        watch.begin(g.trail)

    @app.after_request
    def finish(response: Response) -> Response:
        trail = g.get("trail") or Trail.begun("")
        method = request.method if request.method in METHODS else "other"  # a client may write anything there
        about = request.endpoint or "none", method, response.status_code
        watch.finish(trail, *about, request.path)
        if tracing.wanted():
            response.call_on_close(partial(watch.over, trail, *about))
        if g.get("identity"):  # nobody else may measure what goes on in here
            entries = [entry for known in g.get("timing", ()) for entry in known()]
            response.headers["Server-Timing"] = timing(trail, *entries)
        response.headers.setdefault("X-Request-Id", g.get("request_id", ""))
        return response

    app.add_url_rule("/health/live", "health_live", public(lambda: jsonify(status="alive")))
    app.add_url_rule("/health/ready", "health_ready", public(lambda: _readiness(checks)))
    app.add_url_rule("/metrics", "metrics", public(lambda: _metrics(registry, settings.metrics_token)))


def _readiness(checks: Mapping[str, Check]) -> tuple[Response, int]:
    said = {name: problem for name, check in checks.items() if (problem := _outcome(check))}
    missing = {name: problem for name, problem in said.items() if not isinstance(problem, Note)}
    notes = {name: problem for name, problem in said.items() if isinstance(problem, Note)}
    body = {"status": "not ready" if missing else "ready", "missing": missing, **({"notes": notes} if notes else {})}
    return jsonify(body), 503 if missing else 200


def _outcome(check: Check) -> str:
    try:
        return check()
    except Exception as problem:  # a broken dependency must show as "not ready", whatever it raises
        return type(problem).__name__


def _metrics(registry: CollectorRegistry, tokens: str) -> Any:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    local = not tokens and request.remote_addr in LOOPBACK and not request.headers.get("X-Forwarded-For")
    known = [hmac.compare_digest(given, token.encode()) for token in tokens.split()]
    if not local and not any(known):
        return Response(status=404)
    # Exemplars, which lead from a slow request to its trace, are for those who ask for OpenMetrics.
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(registry), content_type=content_type)
