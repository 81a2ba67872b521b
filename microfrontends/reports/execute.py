"""How a report's statements run: on one read-only state of the hub's database, some at a time, and never for ever."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from threading import BoundedSemaphore
from typing import Any

import structlog
from flask_babel import gettext as _
from sqlalchemy.engine import URL, make_url

from bff import HubUnavailable, RuleBroken
from microfrontends.reports.domain.definition import Source
from microfrontends.reports.source.line import Away, Batch, Broken, Line, Overdue, Wait
from microfrontends.reports.source.sqlite import SqliteLine
from microfrontends.reports.sql import Statement

log = structlog.get_logger()
Record = Mapping[str, object]
ONE = "SELECT 1 AS one"
PATIENCE = 2.0  # seconds that a run waits for its turn


class Busy(Exception):
    """As many runs as may be are under way; try again later."""


class HubDatabase:
    """The hub's database, for reading. MySQL and MariaDB run statements as they are; SQLite is the sandbox's.

    `seconds`: after which a statement is stopped, unless a run says otherwise. `at_once`: runs at a time.
    """

    def __init__(self, url: str, seconds: float, at_once: int = 12) -> None:
        self._url, self.seconds = make_url(url), seconds
        self._turns, self._files = BoundedSemaphore(at_once), BoundedSemaphore(max(1, at_once // 3))
        self.others: dict[Source, HubDatabase] = {}

    def of(self, source: Source) -> "HubDatabase":
        """The one that reports of a source ask: this one, or what stands beside it. Raises RuleBroken for neither."""
        if source is Source.HUB:
            return self
        if source not in self.others:
            raise RuleBroken(_("Reports of the source %(source)s are read in the portal alone.", source=source))
        return self.others[source]

    def check(self) -> str:
        """What is wrong with the connection, for the readiness page; nothing when it works."""
        with self.snapshot() as snapshot:
            return "" if snapshot.answers() else "the hub's database does not answer"

    @contextmanager
    def snapshot(self, wait: Wait | None = None) -> Iterator["Snapshot"]:
        """One state of the database for all statements of a run.

        Raises Busy, HubUnavailable, RuleBroken when overdue or when the database cannot run the statement, and Left.
        """
        wait = wait or Wait(self.seconds)
        with self._turn(wait), _told(wait):
            line = self._open(wait)
            try:
                yield Snapshot(line)
            finally:
                line.close()

    def _open(self, wait: Wait) -> Line:
        return _line(self._url, wait)

    @contextmanager
    def _turn(self, wait: Wait) -> Iterator[None]:
        with ExitStack() as held:
            for turns in (self._files, self._turns) if wait.long else (self._turns,):
                if not turns.acquire(timeout=PATIENCE):
                    raise Busy
                held.callback(turns.release)
            yield


class Snapshot:
    """A state of the hub's database, as long as the `with` block lasts."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def answers(self) -> bool:
        """Whether the smallest query works."""
        return bool(list(self._line.batches(ONE, {})))

    def within(self, seconds: float) -> None:
        """From now on a statement may take so long."""
        self._line.within(seconds)

    def batches(self, statement: Statement, bound: Mapping[str, object]) -> Iterator[Batch]:
        """The rows of a statement as they are asked for. Of `bound`, what the statement uses is sent."""
        used = {name: bound[name] for name in statement.placeholders}
        return self._line.batches(statement.written_for(self._line.dialect), used)

    def rows(self, statement: Statement, bound: Mapping[str, object]) -> Iterator[Record]:
        """The same, row by row, each by the names of its columns."""
        names = statement.columns
        for batch in self.batches(statement, bound):
            for row in batch:
                yield dict(zip(names, row, strict=True))

    def count(self, statement: Statement, bound: Mapping[str, object], most: int) -> int:
        """How many rows a statement gives; counting ends at `most`."""
        return int(str(next(self.rows(statement.counted(most), bound))["n"]))

    def plan(self, statement: Statement, bound: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """How the database would go about the statement: what EXPLAIN answers."""
        word = "EXPLAIN QUERY PLAN" if self._line.dialect == "sqlite" else "EXPLAIN"
        used = {name: bound[name] for name in statement.placeholders}
        found = self._line.batches(f"{word} {statement.written_for(self._line.dialect)}", used)
        return [tuple(row) for batch in found for row in batch]


@contextmanager
def _told(wait: Wait) -> Iterator[None]:
    try:
        yield
    except (Overdue, Broken, Away) as problem:
        raise _said(problem, wait) from None


def _line(url: URL, wait: Wait) -> Line:
    if url.get_backend_name() == "sqlite":
        return SqliteLine(url, wait)
    # Imported where it is needed: the sandbox runs without the driver.
    from microfrontends.reports.source.mysql import MySqlLine

    return MySqlLine(url, wait)


def _said(problem: Overdue | Broken | Away, wait: Wait) -> Exception:
    log.warning("hub_database", problem=type(problem).__name__, code=str(problem))
    if isinstance(problem, Overdue):
        sentence = _(
            "The report took longer than %(seconds)s seconds and was stopped. "
            "Narrow its parameters, or run it when the hub is quieter.",
            seconds=round(wait.seconds),
        )
        return TooLong(sentence)
    if isinstance(problem, Broken):
        return Unrunnable(
            _(
                "The hub's database cannot run this report. Tell whoever keeps the reports (code %(code)s).",
                code=problem.code,
            ),
            problem.words,
        )
    return HubUnavailable("the hub's database does not answer")


class TooLong(RuleBroken):
    """A statement was stopped at its limit."""


class Unrunnable(RuleBroken):
    """The database refuses a statement; `words` are its own, for the author alone."""

    def __init__(self, sentence: str, words: str) -> None:
        super().__init__(sentence)
        self.words = words
