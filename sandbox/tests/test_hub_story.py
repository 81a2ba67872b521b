"""The sandbox hub answers recorded stories of the real services as those did, and leaves the same rows behind."""

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, select

from sandbox.hub import Options, running
from sandbox.hub import tables as t
from sandbox.hub.database import Books, Database
from sandbox.replay import Replay, read_story
from tests.figures import figure

STORIES = Path(__file__).parent / "story"
QUICK = Options(close_s=0.15, funds_s=0.05)


def replay(story: str, url: str) -> Replay:
    """Play a story on a hub."""
    played = Replay({"ledger": url, "settlement": url, "traffic": url}, lag_s=0.4)
    played.play(read_story(STORIES / f"{story}.jsonl"))
    return played


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Replay, Path]]:
    file = tmp_path_factory.mktemp("golden") / "hub.sqlite"
    with running(f"sqlite:///{file}", QUICK) as url:
        yield replay("golden", url), file


def test_the_whole_golden_story_is_answered_as_by_the_real_hub(golden: tuple[Replay, Path]) -> None:
    played, _ = golden
    figure("hub_exchanges_replayed", played.score())
    assert played.differences == []
    assert played.score() == "120/120"


def test_the_golden_story_leaves_the_rows_that_it_left_on_the_real_hub(golden: tuple[Replay, Path]) -> None:
    database = Database(f"sqlite:///{golden[1]}")
    kept = json.loads((STORIES / "golden-rows.json").read_text("utf-8"))
    with database.read() as books:
        names = Names(books)
        for name, table in kept.items():
            here = Counter(names.rows(t.metadata.tables[name], table["columns"]))
            assert here == Counter(map(tuple, table["rows"])), name
    database.close()


@pytest.mark.parametrize(
    ("story", "options", "score"),
    [
        pytest.param("day", QUICK, "156/156", id="set-up, a settlement step by step, refusals, two currencies"),
        pytest.param("abort", Options(0.15, 0.05, abort_works=True), "19/19", id="aborts, on a hub that can"),
    ],
)
def test_recorded_exchanges_are_answered_alike(story: str, options: Options, score: str, tmp_path: Path) -> None:
    with running(f"sqlite:///{tmp_path / 'hub.sqlite'}", options) as url:
        played = replay(story, url)
    assert played.differences == []
    assert played.score() == score


class Names:
    """Rows of this hub as the kept ones are written: transfers by their turn, accounts by their holder."""

    def __init__(self, books: Books) -> None:
        self._books = books
        people = {row.participantId: row.name for row in books.rows(select(t.participant))}
        self._accounts = {
            row.participantCurrencyId: f"{people[row.participantId]}/{row.currencyId}/{row.ledgerAccountTypeId}"
            for row in books.rows(select(t.participant_currency))
        }
        # In the order in which they were written down; an id is made earlier than that by whoever orders funds.
        legs = t.transfer_participant.c
        turns = books.rows(select(legs.transferId).order_by(legs.transferParticipantId))
        known = dict.fromkeys(row.transferId for row in turns)
        self._transfers = {number: f"transfer {n}" for n, number in enumerate(known, 1)}

    def rows(self, table: Table, columns: list[str]) -> Iterator[tuple[Any, ...]]:
        """The table's rows."""
        for row in self._books.rows(select(*(table.c[name] for name in columns))):
            yield tuple(self._plain(name, value) for name, value in zip(columns, row, strict=True))

    def _plain(self, column: str, value: Any) -> str | None:
        if value is None:
            return None
        if column == "participantCurrencyId":
            return self._accounts[value]
        if column in ("transferId", "settlementTransferId"):
            return self._transfers[value]
        return f"{value:f}".rstrip("0").rstrip(".") if isinstance(value, Decimal | float) else str(value)
