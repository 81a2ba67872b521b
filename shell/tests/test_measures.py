"""What the shell knows of the time that its upstreams take."""

import re

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import choose_encoder

from shell.breaker import Breakers
from shell.figures import Figures
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


UPSTREAM = "alpha@http://alpha"


def test_prometheus_is_told_of_each_upstream_and_of_what_stood_in_its_place() -> None:
    measures, breakers, registry = Measures(), Breakers(), CollectorRegistry()
    registry.register(Figures(measures, breakers))
    measures.asked(UPSTREAM, "pages", 0.02)
    measures.asked(UPSTREAM, "fragments", 0.3, failed="late", trace_id="4bf92f3577b34da6a3ce929d0e0e4736")
    measures.refused(UPSTREAM, "open")
    measures.shown(UPSTREAM, "fallback")
    while not breakers.of(UPSTREAM).failed():
        pass
    said = generate_latest(registry).decode()
    assert f'upstream_seconds_count{{lane="pages",upstream="{UPSTREAM}"}} 1.0' in said
    assert f'upstream_seconds_bucket{{lane="pages",le="0.01",upstream="{UPSTREAM}"}} 0.0' in said
    assert f'upstream_seconds_bucket{{lane="pages",le="0.025",upstream="{UPSTREAM}"}} 1.0' in said
    assert f'upstream_errors_total{{reason="late",upstream="{UPSTREAM}"}} 1.0' in said
    assert f'upstream_errors_total{{reason="open",upstream="{UPSTREAM}"}} 1.0' in said
    assert f'fragments_shown_total{{outcome="fallback",upstream="{UPSTREAM}"}} 1.0' in said
    assert f'upstream_breaker_state{{state="open",upstream="{UPSTREAM}"}} 1.0' in said
    assert f'upstream_breaker_state{{state="closed",upstream="{UPSTREAM}"}} 0.0' in said
    encode, _ = choose_encoder("application/openmetrics-text;version=1.0.0")
    example = r'lane="fragments",le="0.5",[^}]*} 1.0 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"} 0.3'
    assert re.search(example, encode(registry).decode())


def test_what_is_never_asked_any_more_is_forgotten_before_memory_runs_out() -> None:
    measures = Measures(largest=2)
    for name in ("a", "b", "c"):
        measures.asked(name, "pages", 0.1)
    assert measures.of("a") == Measure()
    assert {upstream for upstream, _ in measures.tallies} == {"b", "c"}
