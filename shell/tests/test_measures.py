"""What the shell knows of the time that its upstreams take."""

import time

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from shell.measures import KEPT, Measure, Measures, Ring


def test_nothing_is_known_of_an_upstream_that_was_never_asked() -> None:
    assert Measures().of("alpha") == Measure()


def test_percentiles_are_those_of_the_last_requests_and_totals_of_all() -> None:
    ring = Ring()
    for _ in range(KEPT):
        ring.add(9.0, ok=False)
    for number in range(KEPT):
        ring.add(number / 1000, ok=True)
    told = ring.measure()
    assert (told.requests, told.errors) == (2 * KEPT, KEPT)
    assert told.p50_ms == pytest.approx(KEPT / 2, abs=1)
    assert told.p99_ms == pytest.approx(KEPT * 0.99, abs=1)


def test_prometheus_is_told_of_each_upstream_and_of_what_stood_in_its_place() -> None:
    measures, registry = Measures(), CollectorRegistry()
    registry.register(measures)
    measures.since("alpha@http://alpha", time.monotonic(), ok=False)
    measures.shown("alpha@http://alpha", "fallback")
    said = generate_latest(registry).decode()
    assert 'upstream_seconds_count{upstream="alpha@http://alpha"} 1.0' in said
    assert 'upstream_errors_total{upstream="alpha@http://alpha"} 1.0' in said
    assert 'fragments_shown_total{outcome="fallback",upstream="alpha@http://alpha"} 1.0' in said
