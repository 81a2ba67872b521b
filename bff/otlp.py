"""Decides how spans reach a collector: OpenTelemetry's own exporter, in pieces, behind everybody's back.

Nothing imports this module unless an endpoint is configured.
"""

import atexit
import threading
import time
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from bff import tracing
from bff.tracing import Span

PATH: Final = "/v1/traces"
EVERY_MS: Final = 2_000
SECONDS: Final = 3  # that one delivery may take
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_lock = threading.Lock()
_known: dict[str, "Collector"] = {}


class Collector:
    """One endpoint. What it does not take in time is dropped: no request ever waits for it."""

    def __init__(self, endpoint: str) -> None:
        exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + PATH, timeout=SECONDS)
        self._processor = BatchSpanProcessor(exporter, schedule_delay_millis=EVERY_MS)
        self._resources: dict[str, Resource] = {}
        self._scope = InstrumentationScope("bizops-portal")

    def know(self, app: str, version: str, environment: str) -> None:
        """Spans of this app come from a service of its name."""
        said = {"service.name": app, "service.version": version, "deployment.environment.name": environment}
        self._resources[app] = Resource.create({"service.namespace": "bizops-portal", **said})

    def take(self, span: Span) -> None:
        """Keep a span until the next delivery."""
        step, ended = span.step, time.time_ns()
        self._processor.on_end(
            ReadableSpan(
                name=span.name,
                context=_context(step.trace_id, step.span_id, remote=False),
                parent=_context(step.trace_id, step.parent_id, remote=span.server) if step.parent_id else None,
                resource=self._resources.get(span.app) or next(iter(self._resources.values())),
                attributes=dict(span.facts),
                kind=SpanKind.SERVER if span.server else SpanKind.CLIENT,
                status=Status(StatusCode.ERROR, span.failed) if span.failed else Status(StatusCode.UNSET),
                start_time=ended - int(span.seconds * 1e9),
                end_time=ended,
                instrumentation_scope=self._scope,
            )
        )

    def flush(self) -> None:
        """Deliver what there is."""
        self._processor.force_flush()

    def close(self) -> None:
        """Deliver what there is, for the last time."""
        self._processor.shutdown()  # type: ignore[no-untyped-call]


def start(endpoint: str, app: str, version: str, environment: str) -> Collector:
    """Have the spans of this process, of all apps in it, delivered to the endpoint."""
    with _lock:
        collector = _known.get(endpoint)
        if collector is None:
            collector = _known[endpoint] = Collector(endpoint)
            atexit.register(collector.close)
        collector.know(app, version, environment)
    tracing.tell_to(collector.take)
    return collector


def stop(endpoint: str) -> None:
    """Deliver what there is, and nothing from now on."""
    with _lock:
        collector = _known.pop(endpoint)
        tracing.tell_to(None)
    atexit.unregister(collector.close)
    collector.close()


def _context(trace_id: str, span_id: str, *, remote: bool) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), remote, _SAMPLED)
