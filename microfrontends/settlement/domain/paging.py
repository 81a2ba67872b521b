"""Which page of a list is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

PAGE_SIZE = 50
Item = TypeVar("Item")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page of a list. `first` and `last` count from one; both are 0 when the list is empty."""

    items: Sequence[Item]
    number: int
    first: int
    last: int
    total: int

    @property
    def previous(self) -> int | None:
        """The number of the page before, None on the first."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """The number of the page after, None on the last."""
        return self.number + 1 if self.last < self.total else None


def page_of(items: Sequence[Item], number: int, size: int = PAGE_SIZE) -> Page[Item]:
    """The page of that number; beyond the end the last one, before the beginning the first."""
    final = max(1, -(-len(items) // size))
    number = min(max(number, 1), final)
    start = (number - 1) * size
    shown = items[start : start + size]
    return Page(shown, number, start + 1 if shown else 0, start + len(shown), len(items))
