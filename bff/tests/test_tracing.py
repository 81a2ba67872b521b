"""What a trace is told of: it goes on where it came from, and costs nothing where nobody collects it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

import bff
from bff import tracing
from bff.app import create_app
from bff.settings import Settings
from bff.testing import captured_logs, settings_for, user_with
from bff.tests.conftest import MANIFEST, Permission, blueprint
from bff.tracing import Heard, Span
from bff.web.observe import Trail
from bff.web.slow import EVERY_SECONDS, Slow

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def spans() -> Iterator[list[Span]]:
    """What is told meanwhile."""
    told: list[Span] = []
    tracing.tell_to(told.append)
    yield told
    tracing.tell_to(None)


@pytest.mark.parametrize(
    "said",
    ["", f"01-{TRACE}-{PARENT}-01", f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE}-{PARENT}"],
)
def test_a_trace_that_is_none_is_begun_anew(said: str) -> None:
    trail = Trail.begun(said)
    assert Heard.of(said) is None
    assert trail.trace_id != TRACE
    assert (trail.parent_id, trail.sampled) == ("", True)


def test_an_app_goes_on_with_the_trace_it_is_given_and_its_logs_name_its_own_span(app: Flask) -> None:
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "X-Request-Id": "a1b2c3d4e5f60718"}
    with captured_logs() as logs:
        assert user_with(app, "garden:gate:view").get("/gates", headers=headers).status_code == 200
    line = next(each for each in logs if each["event"] == "request")
    assert (line["trace_id"], line["request_id"]) == (TRACE, "a1b2c3d4e5f60718")
    assert re.fullmatch("[0-9a-f]{16}", line["span_id"])
    assert line["span_id"] not in (PARENT, "a1b2c3d4e5f60718")


def test_a_request_is_a_span_below_the_one_that_asked(app: Flask, spans: list[Span]) -> None:
    asked = user_with(app, "garden:gate:view").get("/gates", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
    asked.close()
    (span,) = spans
    assert (span.app, span.name, span.server, span.failed) == ("garden", "GET gates.index", True, "")
    assert (span.step.trace_id, span.step.parent_id) == (TRACE, PARENT)
    assert span.facts["http.response.status_code"] == 200


def test_what_whoever_asks_does_not_sample_is_told_to_nobody(app: Flask, spans: list[Span]) -> None:
    user_with(app, "garden:gate:view").get("/gates", headers={"traceparent": f"00-{TRACE}-{PARENT}-00"}).close()
    assert spans == []


def test_only_whoever_is_signed_in_is_told_how_long_it_took(app: Flask) -> None:
    said = user_with(app, "garden:gate:view").get("/gates").headers["Server-Timing"]
    assert re.fullmatch(r"total;dur=\d+\.\d", said)
    assert "Server-Timing" not in app.test_client().get("/manifest.json").headers


def test_figures_come_with_exemplars_for_whoever_asks_for_openmetrics(app: Flask) -> None:
    user_with(app, "garden:gate:view").get("/gates", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
    browser = app.test_client()
    plain = browser.get("/metrics")
    open_metrics = browser.get("/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"})
    assert plain.content_type.startswith("text/plain")
    assert "trace_id" not in plain.text
    assert open_metrics.content_type.startswith("application/openmetrics-text")
    assert open_metrics.text.endswith("# EOF\n")
    assert re.search(
        rf'http_request_seconds_bucket{{[^}}]*gates.index[^}}]*}} 1.0 # {{trace_id="{TRACE}"}}', open_metrics.text
    )


def test_without_a_collector_nothing_of_opentelemetry_is_loaded(tmp_path: Path) -> None:
    # redis-py loads OpenTelemetry's core for itself where it finds it; ours begins with the exporter.
    code = "import sys, bff, shell.app; sys.exit(bool({'bff.otlp', 'opentelemetry.exporter'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=tmp_path).returncode == 0


def test_a_page_that_takes_longer_than_it_should_is_logged(tmp_path: Path) -> None:
    app = create_app("bff", settings_for(Settings, tmp_path, slow_ms=0), MANIFEST, bff.Parts([blueprint()], Permission))
    with captured_logs() as logs:
        user_with(app, "garden:gate:view").get("/gates")
    line = next(each for each in logs if each["event"] == "slow_page")
    assert (line["endpoint"], line["path"]) == ("gates.index", "/gates")


def test_slow_things_do_not_flood_the_log() -> None:
    now = 0.0
    slow = Slow(10, lambda: now)
    with captured_logs() as logs:
        for _ in range(500):
            slow.note("slow_fragment", "alpha home", 0.7, slot="home")
        slow.note("slow_fragment", "beta home", 0.7, slot="home")
        now = EVERY_SECONDS
        slow.note("slow_fragment", "alpha home", 0.9, slot="home")
    assert [(each["ms"], each.get("left_out", 0)) for each in logs] == [(700, 0), (700, 0), (900, 499)]
