"""What can be seen of an app from outside: structured logs with request and trace ids, health, metrics."""

import hmac
import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import structlog
from flask import Flask, Response, g, jsonify, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bff.access.permissions import public
from bff.errors import Note
from bff.settings import LOOPBACK, Settings

Check = Callable[[], str]  # what is missing, in a sentence; empty when nothing is
_TRACE = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$")
_REQUEST_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Trail:
    """What tells one request from all others, and when it began."""

    started: float
    request_id: str
    trace_id: str

    @classmethod
    def begun(cls, traceparent: str, request_id: str = "") -> Self:
        """Of a request that begins now; what it was given is taken over where it has the form for that."""
        trace = _TRACE.match(traceparent)
        named = request_id if _REQUEST_ID.match(request_id) else secrets.token_hex(8)
        return cls(time.monotonic(), named, trace[1] if trace else secrets.token_hex(16))

    @property
    def spent(self) -> float:
        """Seconds since then."""
        return time.monotonic() - self.started


class Watch:
    """Counts and logs the requests of one app, also those that Flask never sees."""

    def __init__(self, app: str, registry: CollectorRegistry) -> None:
        self._app = app
        labels = ("app", "endpoint", "method", "status")
        self._requests = Counter("http_requests_total", "Requests answered.", labels, registry=registry)
        self._seconds = Histogram(
            "http_request_seconds", "Seconds until the answer was ready.", labels[:2], registry=registry
        )

    def begin(self, trail: Trail) -> None:
        """From now on whatever is logged bears the request's ids."""
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(app=self._app, request_id=trail.request_id, trace_id=trail.trace_id)

    def finish(self, trail: Trail, endpoint: str, method: str, status: int, path: str) -> None:
        """A request is answered. The path comes without its query: filters may hold account numbers and names."""
        spent = trail.spent
        self._requests.labels(self._app, endpoint, method, status).inc()
        self._seconds.labels(self._app, endpoint).observe(spent)
        if not path.startswith(("/health/", "/metrics")):
            log.info("request", method=method, path=path, status=status, ms=round(spent * 1000))


def configure_logs(level: str) -> None:
    """JSON lines on standard output, one an event."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=False,
    )


def install(app: Flask, name: str, settings: Settings, checks: Mapping[str, Check]) -> None:
    """Request ids and timing on every request, and the three routes that platforms read."""
    registry = CollectorRegistry()
    watch = Watch(name, registry)
    app.extensions.update(metrics=registry, portal_watch=watch)

    @app.before_request
    def begin() -> None:
        # Only the shell may name a request: a browser's own id would let a visitor write into our logs.
        named = request.headers.get("X-Request-Id", "") if request.headers.get("Portal-Identity") else ""
        g.trail = Trail.begun(request.headers.get("traceparent", ""), named)
        g.request_id, g.trace_id = g.trail.request_id, g.trail.trace_id
        watch.begin(g.trail)

    @app.after_request
    def finish(response: Response) -> Response:
        trail = g.get("trail") or Trail.begun("")
        watch.finish(trail, request.endpoint or "none", request.method, response.status_code, request.path)
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


def _metrics(registry: CollectorRegistry, token: str) -> Any:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    local = not token and request.remote_addr in LOOPBACK and not request.headers.get("X-Forwarded-For")
    if not local and not (token and hmac.compare_digest(given.encode(), token.encode())):
        return Response(status=404)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
