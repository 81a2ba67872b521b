"""What can be seen of an app from outside: structured logs with request and trace ids, health, metrics."""

import hmac
import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

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
    labels = ("app", "endpoint", "method", "status")
    requests = Counter("http_requests_total", "Requests answered.", labels, registry=registry)
    seconds = Histogram("http_request_seconds", "Seconds until the answer was ready.", labels[:2], registry=registry)
    app.extensions["metrics"] = registry

    @app.before_request
    def begin() -> None:
        g.started = time.monotonic()
        g.request_id = _accepted(_REQUEST_ID, "X-Request-Id") or secrets.token_hex(8)
        trace = _TRACE.match(request.headers.get("traceparent", ""))
        g.trace_id = trace[1] if trace else secrets.token_hex(16)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(app=name, request_id=g.request_id, trace_id=g.trace_id)

    @app.after_request
    def finish(response: Response) -> Response:
        endpoint, spent = request.endpoint or "none", time.monotonic() - g.get("started", time.monotonic())
        requests.labels(name, endpoint, request.method, response.status_code).inc()
        seconds.labels(name, endpoint).observe(spent)
        response.headers.setdefault("X-Request-Id", g.get("request_id", ""))
        if not request.path.startswith(("/health/", "/metrics")):
            # The path without its query: filters may hold account numbers and names.
            log.info(
                "request", method=request.method, path=request.path, status=response.status_code, ms=round(spent * 1000)
            )
        return response

    app.add_url_rule("/health/live", "health_live", public(lambda: jsonify(status="alive")))
    app.add_url_rule("/health/ready", "health_ready", public(lambda: _readiness(checks)))
    app.add_url_rule("/metrics", "metrics", public(lambda: _metrics(registry, settings.metrics_token)))


def _accepted(pattern: re.Pattern[str], header: str) -> str:
    # Only the shell may name a request: a browser's own id would let a visitor write into our logs.
    value = request.headers.get(header, "") if request.headers.get("Portal-Identity") else ""
    return value if pattern.match(value) else ""


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
