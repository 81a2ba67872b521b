"""What composing a page costs beside Podium: the same fragments, in one run, in turn, so that noise meets both."""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress

from benchmarks.compose_faults import faults
from benchmarks.compose_scene import Burst, Composer, Fragments, NoPeer, fragments, marks, podium, shell, version_of
from tests.figures import figure

AT_ONCE, SECONDS, ROUNDS = 16, 1.5, 9  # short ones in turn: what else the machine does meets both alike
WARM = 4_000  # pages
COUNTS = (1, 3, 6, 12)
BROWSERS_CODING = {"Accept-Encoding": "br, gzip"}


def measure() -> None:
    """Print the figures; those beside Podium only where npm can install it."""
    with fragments(max(COUNTS)) as served:
        try:
            with podium(served, 3) as peer, shell(served, 3) as ours:
                _say(f"beside Podium: @podium/layout {version_of('@podium/layout')}, express {version_of('express')}")
                _beside(served, ours, peer)
                faults(served, ours, peer)
        except NoPeer as reason:
            _say(f"figures beside Podium: none. {reason}")
            with shell(served, 3) as ours:
                _say(_line("three fragments", _warm(ours)))
                faults(served, ours, None)
        _growth(served)


def _beside(served: Fragments, ours: Composer, peer: Composer) -> None:
    plain = _rounds(ours, peer)
    held = [statistics.median(burst.memory_mb for burst in bursts) for bursts in zip(*plain, strict=True)]
    figure("compose_cpu_ratio", f"{_ratio(plain, lambda burst: burst.cpu_ms):.2f}")
    figure("compose_p99_ratio", f"{_ratio(plain, lambda burst: burst.p99):.2f}")
    figure("compose_rss_ratio", f"{held[0] / held[1]:.2f}")
    _say(f"memory after each round, the median: ours {held[0]:.0f} MB, Podium's {held[1]:.0f} MB")
    served.order(cache="private")
    figure("compose_cached_cpu_ratio", f"{_ratio(_rounds(ours, peer, 7), lambda burst: burst.cpu_ms):.2f}")
    served.order()
    _say(_line("ours, as a browser asks (brotli)", ours.load(AT_ONCE, SECONDS, headers=BROWSERS_CODING)))
    for composer in (ours, peer):
        _say(_line(f"{composer.name}, one at a time", composer.load(1, SECONDS)))


def _rounds(ours: Composer, peer: Composer, rounds: int = ROUNDS) -> list[tuple[Burst, Burst]]:
    """Bursts in turn, after one to warm up. Raises RuntimeError for a page that was not whole."""
    for composer in (ours, peer):
        _warm(composer)
    done = [(_whole(ours), _whole(peer)) for _ in range(rounds)]
    for name, bursts in (("ours", [ours for ours, _ in done]), ("podium", [peer for _, peer in done])):
        _say(_line(f"{name}, {AT_ONCE} at once", sorted(bursts, key=lambda burst: burst.cpu_ms)[len(bursts) // 2]))
    return done


def _whole(composer: Composer) -> Burst:
    burst = composer.load(AT_ONCE, SECONDS, marks=marks(3))
    if burst.failed or set(burst.statuses) != {"200"} or set(burst.complete.values()) != {burst.pages}:
        raise RuntimeError(f"{composer.name} answered otherwise than it should: {burst}")
    return burst


def _ratio(rounds: Sequence[tuple[Burst, Burst]], of: Callable[[Burst], float]) -> float:
    """Ours over theirs, the median of the ratios of each round."""
    return statistics.median(of(ours) / of(peer) for ours, peer in rounds)


def _growth(served: Fragments) -> None:
    """How cost grows with the number of fragments: a row for each, ours beside Podium's where that is here."""
    served.order()
    _say(f"{'fragments':>9}  {'composer':8} {'CPU a page':>12} {'pages/s':>8} {'p50':>9} {'p99':>9} {'page':>9}")
    for count in COUNTS:
        with ExitStack() as stack:
            composers = [stack.enter_context(shell(served, count))]
            with suppress(NoPeer):  # said above
                composers.append(stack.enter_context(podium(served, count)))
            for composer in composers:
                _warm(composer)
            for composer in composers:
                _say(_row(count, composer.name, composer.load(AT_ONCE, SECONDS)))


def _row(count: int, name: str, burst: Burst) -> str:
    times = f"{burst.cpu_ms:9.3f} ms {burst.rate:8.0f} {burst.p50:6.1f} ms {burst.p99:6.1f} ms"
    return f"{count:9}  {name:8} {times} {burst.bytes / max(burst.pages, 1) / 1000:6.1f} kB"


def _warm(composer: Composer) -> Burst:
    """So many pages that Node has compiled what it will, however busy the machine is."""
    return composer.load(AT_ONCE, 60, most=WARM)


def _line(what: str, burst: Burst) -> str:
    return (
        f"{what:34} {burst.rate:6.0f} pages/s, {burst.cpu_ms:.3f} ms CPU each,"
        f" p50 {burst.p50:5.1f} ms, p99 {burst.p99:6.1f} ms, {burst.bytes / max(burst.pages, 1) / 1000:.1f} kB"
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    begun = time.perf_counter()
    measure()
    _say(f"measured in {time.perf_counter() - begun:.0f} s")
