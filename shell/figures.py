"""Decides what Prometheus is told of upstreams: how many requests took how long, why some failed, whether one is out.

Figures are those of one process. With one worker in a pod, as the charts have it, each pod is a target of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.samples import Exemplar

from shell.breaker import Breakers, State
from shell.measures import BOUNDS, Measures, Tally

_LIMITS: Final = (*(str(bound) for bound in BOUNDS), "+Inf")


@dataclass(frozen=True)
class Figures:
    """A collector: it is asked whenever Prometheus likes."""

    measures: Measures
    breakers: Breakers

    def collect(self) -> Iterator[Metric]:
        """Everything that is known of upstreams."""
        yield self._seconds()
        yield _counted("upstream_errors", "Requests without a usable answer.", "reason", self.measures.errors)
        shown = self.measures.outcomes
        yield _counted("fragments_shown", "What stood in the place of a fragment.", "outcome", shown)
        yield from self._breakers()

    def _seconds(self) -> Metric:
        labels = ["upstream", "lane"]
        seconds = HistogramMetricFamily("upstream_seconds", "Seconds that upstreams took.", labels=labels)
        for key, tally in self.measures.tallies.items():
            seconds.add_metric(list(key), buckets=_buckets(tally), sum_value=tally.seconds)
        return seconds

    def _breakers(self) -> Iterator[Metric]:
        state = GaugeMetricFamily(
            "upstream_breaker_state", "1 in the state that the breaker is in.", labels=["upstream", "state"]
        )
        parts = GaugeMetricFamily(
            "upstream_parts_not_asked", "Fragments that are not asked for: they fail.", labels=["upstream"]
        )
        for upstream in dict.fromkeys(upstream for upstream, _ in self.measures.tallies):
            now = self.breakers.of(upstream).state
            for each in State:
                state.add_metric([upstream, each], int(each is now))
            parts.add_metric([upstream], sum(key != upstream for key in self.breakers.not_closed(upstream)))
        yield from (state, parts)


def _counted(name: str, sentence: str, label: str, counts: Mapping[tuple[str, str], int]) -> Metric:
    family = CounterMetricFamily(name, sentence, labels=["upstream", label])
    for key, times in counts.items():
        family.add_metric(list(key), times)
    return family


def _buckets(tally: Tally) -> list[tuple[str, float] | tuple[str, float, Exemplar]]:
    buckets: list[tuple[str, float] | tuple[str, float, Exemplar]] = []
    for limit, count, example in zip(_LIMITS, accumulate(tally.counts), tally.examples, strict=True):
        if example is None:
            buckets.append((limit, count))
        else:
            trace_id, seconds, when = example
            buckets.append((limit, count, Exemplar({"trace_id": trace_id}, seconds, when)))
    return buckets
