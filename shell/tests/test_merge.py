"""Pages over several chains hold every entry exactly once, in the order of time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shell.entries import Line
from shell.merge import Batch, Cursor, merge

BEGIN = datetime(2026, 11, 22, tzinfo=UTC)


def line(chain: str, seq: int, second: int) -> Line:
    texts = dict.fromkeys(
        ("subject", "name", "username", "action", "outcome", "target", "participant", "reason", "task", "request_id",
         "trace_id", "version", "previous", "hash"), ""
    )  # fmt: skip
    facts = {"before": {}, "after": {}, "detail": {}, "roles": (), "genuine": True}
    return Line(chain=chain, seq=seq, at=BEGIN + timedelta(seconds=second), **texts, **facts)  # type: ignore[arg-type]


def chain_of(name: str, seconds: list[int]) -> list[Line]:
    """A chain, the newest first; its times never go back, some of its numbers are left out by a filter."""
    return [line(name, index * 2 + 1, second) for index, second in enumerate(sorted(seconds))][::-1]


def told(chain: list[Line], name: str, before: int | None, size: int) -> Batch:
    """What the app of a chain answers."""
    rest = [each for each in chain if before is None or each.seq < before]
    return Batch(name, rest[:size], rest[size - 1].seq if len(rest) > size else None)


@settings(max_examples=150)
@given(
    st.lists(st.lists(st.integers(0, 30), max_size=25), min_size=1, max_size=4),
    st.integers(1, 12),
    st.integers(1, 12),
)
def test_walking_the_pages_meets_every_entry_once_and_in_order(times: list[list[int]], size: int, batch: int) -> None:
    names = ["alpha", "beta", "gamma", "shell"][: len(times)]
    chains = {name: chain_of(name, seconds) for name, seconds in zip(names, times, strict=True)}
    cursor: Cursor | None = Cursor()
    met: list[Line] = []
    for _ in range(1000):
        if cursor is None:
            break
        assert Cursor.of(str(cursor)) == cursor
        assert cursor.shown == len(met)
        here = cursor
        going = [name for name in names if not here.ended(name)]
        merged = merge([told(chains[name], name, here.before(name), batch) for name in going], here, size)
        met += merged.lines
        # Whatever is written meanwhile is newer than anything that is still to come.
        for name in names:
            chains[name].insert(0, line(name, (chains[name][0].seq if chains[name] else 0) + 1, 100))
        cursor = merged.next
    assert cursor is None
    expected = {
        (name, index * 2 + 1) for name, seconds in zip(names, times, strict=True) for index in range(len(seconds))
    }
    assert {(each.chain, each.seq) for each in met} == expected
    assert len(met) == len(expected)
    assert [each.at for each in met] == sorted((each.at for each in met), reverse=True)


def test_a_chain_that_tells_nothing_believable_is_passed_over_at_its_cursor() -> None:
    merged = merge([Batch("alpha", [], 40), Batch("beta", [line("beta", 7, 1)])], Cursor(), 5)
    assert merged.lines == []
    assert merged.next == Cursor({"alpha": 40, "beta": 8}, 0)


def test_a_silent_chain_keeps_its_place_for_the_next_page() -> None:
    merged = merge([Batch("beta", [line("beta", 7, 1), line("beta", 6, 0)])], Cursor({"alpha": 12}, 50), 1)
    assert merged.next == Cursor({"alpha": 12, "beta": 7}, 51)
