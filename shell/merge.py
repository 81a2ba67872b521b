"""Decides the order of entries of several chains, and where each chain goes on: no entry is shown twice or left out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from shell.entries import Line

ENDED: Final = 0  # a chain has nothing older
_PLACE: Final = re.compile(r"([a-z][a-z0-9-]{0,31})\.([0-9]{1,18})")


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: in each chain before an entry, and after so many that were shown.

    A chain that is not named begins at its newest entry."""

    places: Mapping[str, int] = field(default_factory=dict)
    shown: int = 0

    @classmethod
    def of(cls, text: str) -> "Cursor":
        """The cursor of an address; the beginning for what is none."""
        first, *rest = text.split("~")
        found = [_PLACE.fullmatch(part) for part in rest]
        if not first.isascii() or not first.isdigit() or len(first) > 9 or len(found) > 100 or not all(found):
            return cls()
        return cls({match[1]: int(match[2]) for match in found if match}, int(first))

    def __str__(self) -> str:
        return "~".join([str(self.shown), *(f"{name}.{place}" for name, place in self.places.items())])

    def before(self, chain: str) -> int | None:
        """The number that the next entries of a chain stay below; None for its newest."""
        return self.places.get(chain)

    def ended(self, chain: str) -> bool:
        """Whether the chain has nothing older."""
        return self.places.get(chain) == ENDED


@dataclass(frozen=True)
class Batch:
    """What one chain told: its next entries, the newest first, and before which it goes on (None: nowhere)."""

    chain: str
    lines: Sequence[Line]
    goes_on: int | None = None


@dataclass(frozen=True)
class Merged:
    """One page over all chains, and the cursor of the next; None when this is the last."""

    lines: Sequence[Line]
    next: Cursor | None


def merge(batches: Sequence[Batch], cursor: Cursor, size: int) -> Merged:
    """The `size` newest of what the chains told, or fewer where a chain has more to tell that might be newer."""
    taken: list[Line] = []
    used = dict.fromkeys((batch.chain for batch in batches), 0)
    while len(taken) < size:
        heads = [batch.lines[used[batch.chain]] for batch in batches if used[batch.chain] < len(batch.lines)]
        drained = any(batch.goes_on is not None and used[batch.chain] == len(batch.lines) for batch in batches)
        if drained or not heads:
            break
        newest = max(heads, key=lambda line: line.at)  # of equals the first: the order of the chains
        used[newest.chain] += 1
        taken.append(newest)
    places = {**cursor.places, **{batch.chain: _place(batch, used[batch.chain]) for batch in batches}}
    ended = all(places[batch.chain] == ENDED for batch in batches)
    return Merged(taken, None if ended else Cursor(places, cursor.shown + len(taken)))


def _place(batch: Batch, used: int) -> int:
    """Where a chain goes on once so many of its entries were used."""
    if used < len(batch.lines):
        # Pinned even where nothing was used: what is written meanwhile belongs before this page, not after it.
        return batch.lines[used].seq + 1
    return ENDED if batch.goes_on is None else batch.goes_on
