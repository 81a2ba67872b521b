"""What a line to the hub's database does, whichever database it is, and why it may break off."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

AT_ONCE = 1000  # rows fetched together: enough to be quick, few enough to stay small
Batch = Sequence[Sequence[object]]
Bound = Mapping[str, object]


class Overdue(Exception):
    """The database stopped a statement that took too long."""


class Away(Exception):
    """The database does not answer, or answers what no report can mean; the message is its own code."""


class Left(Exception):
    """Whoever asked has gone, so the statement was stopped."""


class Broken(Exception):
    """The database refuses the statement; `words` are its own, for the author of the report."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(code)
        self.code, self.words = code, words


@dataclass(frozen=True)
class Wait:
    """How long a run may take, in seconds, and how to see that nobody waits for it any more."""

    seconds: float
    gone: Callable[[], bool] = lambda: False
    long: bool = False  # a file: of those fewer run at a time, so that pages always have room


class Line(Protocol):
    """A read-only transaction on one state of the database. Moments and money come as text, or as their Python type."""

    dialect: str

    def batches(self, sql: str, bound: Bound) -> Iterator[Batch]:
        """The rows of a statement with `:name` placeholders, some at a time, in the order of its columns."""

    def within(self, seconds: float) -> None:
        """From now on a statement may take so long."""

    def close(self) -> None:
        """Let go, whatever is still under way."""
