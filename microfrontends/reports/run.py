"""One run of a report for one reader: parameters read, the reader's own rows, one snapshot for all queries."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Protocol

from flask_babel import gettext as _

from bff import Missing, RuleBroken
from bff.texts import in_language
from bff.web.locale import spoken
from microfrontends.reports import paging, sql_page
from microfrontends.reports.catalogue import Entry
from microfrontends.reports.document import Document, NotWritable, Part
from microfrontends.reports.domain import results
from microfrontends.reports.domain.definition import ParamType, Query, Report, Text
from microfrontends.reports.domain.look import Look, finds, look, searched
from microfrontends.reports.domain.parameters import Problem, Values, read
from microfrontends.reports.domain.results import Row, Table
from microfrontends.reports.domain.scope import confinement
from microfrontends.reports.execute import HubDatabase, Snapshot
from microfrontends.reports.pickers import Choice, Offered
from microfrontends.reports.source.line import Wait
from microfrontends.reports.sql import Statement

# What a check tries a report with where nothing can be chosen.
EVER = {
    ParamType.DATE: "2020-01-01",
    ParamType.DATE_TIME: "2020-01-01T00:00:00",
    ParamType.TEXT: "0",
    ParamType.INTEGER: "1",
}
LATEST = "2100-01-01T00:00:00"
UNLIMITED = 2**62  # rows of a file that has no end


@dataclass(frozen=True)
class Asked:
    """What the reader asked for: values to run with, or problems to show beside what was typed."""

    values: Values
    problems: Sequence[Problem]
    given: Mapping[str, str]

    @property
    def fit(self) -> bool:
        """Whether the report can be run."""
        return not self.problems


@dataclass(frozen=True)
class Shown:
    """A result as a page shows it: facts, a page of each table by query, and the moment of the snapshot."""

    facts: Sequence[tuple[Query, Row]]
    tables: Sequence[tuple[Query, Table]]
    as_of: datetime


@dataclass(frozen=True)
class Page:
    """What a report's page shows: what may be picked by parameter and, where it could be run, its result."""

    choices: Mapping[str, Sequence[Choice]]
    shown: Shown | None


Looking = Callable[[Query], Look]  # which part of a table is wanted


def _in_own(tongue: str) -> Callable[[Text], str]:
    # Not asked for at each text: a stream outlasts the request whose language it is in.
    return lambda text: in_language(text, tongue)


class Reader(Protocol):
    """What a run must know of its reader."""

    @property
    def sees_all(self) -> bool:
        """Whether all participants are in view."""

    @property
    def participants(self) -> frozenset[str]:
        """Those that are, if not all."""


class Run:
    """A report, its reader and the database."""

    def __init__(
        self, entry: Entry, reader: Reader, database: HubDatabase, zone: tzinfo = UTC, tongue: str = "en"
    ) -> None:
        self._entry, self._zone, self._tongue = entry, zone, tongue
        self._database = database.of(entry.report.source)
        self._confinement = confinement(reader.sees_all, reader.participants)

    @property
    def report(self) -> Report:
        """The report that is run."""
        return self._entry.report

    def asked(self, given: Mapping[str, str]) -> Asked:
        """The request's values by the report's declaration; what it does not declare is never looked at."""
        values, problems = read(self.report.params, given, self._zone)
        return Asked(values, problems, given)

    def form(self) -> Page:
        """The report's page without a result."""
        with self._database.snapshot(self._wait()) as snapshot:
            return Page(self._choices(self._offered(snapshot)), None)

    def page(self, asked: Asked, looking: Looking, wait: Wait) -> Page:
        """The report's page as one state of the database has it. Raises Missing."""
        as_of = datetime.now(UTC)
        with self._database.snapshot(wait) as snapshot:
            offered = self._offered(snapshot)
            choices = self._choices(offered)
            facts = self._facts(snapshot, asked, offered)
            return Page(choices, Shown(facts, self._pages(snapshot, asked, looking, wait), as_of))

    def shown(self, asked: Asked, looking: Looking = lambda _query: Look(), wait: Wait | None = None) -> Shown:
        """The result alone: a page of each table, counts and totals over all. Raises Missing."""
        wait, as_of = wait or self._wait(), datetime.now(UTC)
        with self._database.snapshot(wait) as snapshot:
            facts = self._facts(snapshot, asked, self._offered(snapshot))
            return Shown(facts, self._pages(snapshot, asked, looking, wait), as_of)

    def refuse(self, asked: Asked) -> None:
        """Raise Missing for what the reader may not know of, or what there is not."""
        with self._database.snapshot(self._wait()) as snapshot:
            self._facts(snapshot, asked, self._offered(snapshot))

    @contextmanager
    def document(self, asked: Asked, wait: Wait, most: int) -> Iterator[Document]:
        """All tables for a file, their first rows fetched. Raises Missing, or RuleBroken for more than `most` rows.

        What `asked` says is looked for in a table is honoured, and stands among the file's parameters.
        """
        as_of = datetime.now(UTC)
        limit = min(most, self.report.limits.rows or most)
        with self._database.snapshot(wait) as snapshot:
            facts = self._facts(snapshot, asked, self._offered(snapshot))
            if limit < UNLIMITED:
                self._refuse_too_many(snapshot, asked, limit)
            parts = [self._part(snapshot, query, asked) for query in self.report.tables]
            parts[0].begin()
            given = {name: str(value) for name, value in asked.values.items() if value is not None}
            given |= finds(asked.given, self.report.tables)
            yield Document(self.report, given, as_of, facts, parts, _in_own(self._tongue))

    def sample(self, given: Mapping[str, str]) -> Asked:
        """Values to try the report with: those given, else its defaults, else the first of those to choose from.

        Raises RuleBroken for a required one that nobody can choose.
        """
        found = dict(given)
        for param in self.report.params:
            if param.required and not found.get(param.name) and not param.default:
                with self._database.snapshot() as snapshot:
                    offered = self._offered(snapshot).of(param)
                found[param.name] = offered[0].value if offered else EVER.get(param.type, "")
                if param.begins:
                    found[param.name] = LATEST
        asked = self.asked(found)
        if not asked.fit:
            named = ", ".join(f"{problem.param.name} is {problem.fault}" for problem in asked.problems)
            raise RuleBroken(f"{named}; give it with --param")
        return asked

    def tried(self, asked: Asked, wait: Wait, most: int) -> Iterator[tuple[str, str, int, float]]:
        """Each query's name, its plan, how many rows it gives (up to `most`), and the seconds that it took."""
        for query in self.report.queries:
            statement, bound = self._entry.statements[query.name], self._bound(asked)
            with self._database.snapshot(wait) as snapshot:
                plan = "; ".join(" ".join(map(str, row[-1:])) for row in snapshot.plan(statement, bound))
                begun = time.perf_counter()
                count = 0
                for batch in snapshot.batches(statement, bound):
                    count += len(batch)
                    if count >= most:
                        break
                yield query.name, plan, count, time.perf_counter() - begun

    def seconds(self, usual: float) -> float:
        """How long the report may take: its own limit, else the usual one."""
        return self.report.limits.seconds or usual

    def _part(self, snapshot: Snapshot, query: Query, asked: Asked) -> Part:
        statement, bound = self._sought(query, asked)
        return Part(query, snapshot.batches(statement, bound), statement.columns)

    def _sought(self, query: Query, asked: Asked) -> tuple[Statement, dict[str, object]]:
        """The statement of a file's table, and what is bound for it."""
        statement, find = self._entry.statements[query.name], look(asked.given, query).find
        if not find:
            return statement, self._bound(asked)
        found = sql_page.found_of(statement, searched(query.columns))
        return found, {sql_page.FIND: sql_page.pattern(find), **self._bound(asked)}

    def _refuse_too_many(self, snapshot: Snapshot, asked: Asked, limit: int) -> None:
        for query in self.report.tables:
            if snapshot.count(*self._sought(query, asked), limit + 1) > limit:
                sentence = _("There are more than %(limit)s rows, the most that such a file holds. ", limit=limit)
                raise NotWritable(sentence + _("Narrow the parameters, or take the report as CSV."))

    def _pages(self, snapshot: Snapshot, asked: Asked, looking: Looking, wait: Wait) -> Sequence[tuple[Query, Table]]:
        statements = self._entry.statements
        wanted = [paging.Wanted(query, statements[query.name], looking(query)) for query in self.report.tables]
        return paging.read(snapshot, wanted, self._bound(asked), wait.seconds)

    def _wait(self) -> Wait:
        return Wait(self.seconds(self._database.seconds))

    def _facts(self, snapshot: Snapshot, asked: Asked, offered: Offered) -> list[tuple[Query, Row]]:
        self._refuse_strangers(asked, offered)
        found = []
        for query in self.report.facts:
            # Read to its end: MySQL serves one unbuffered result at a time.
            rows = list(self._rows(snapshot, query, asked))
            if not rows:
                raise Missing(_("The hub knows nothing of %(what)s. Choose another value.", what=self._words(asked)))
            found.append((query, rows[0]))
        return found

    def _words(self, asked: Asked) -> str:
        given = ((param.label, asked.values.get(param.name)) for param in self.report.params)
        return ", ".join(f"{spoken(label)} {value}" for label, value in given if value is not None)

    def _refuse_strangers(self, asked: Asked, offered: Offered) -> None:
        # A participant out of view is answered like one that does not exist: 404 in both cases.
        for param in self.report.params:
            value = asked.values.get(param.name)
            if value is None or not (param.type is ParamType.PARTICIPANT or param.lists):
                continue
            if value not in {choice.value for choice in offered.of(param)}:
                if param.type is ParamType.PARTICIPANT:
                    raise Missing(_("There is no participant %(name)s among those that you may see.", name=value))
                label = spoken(param.label)
                raise Missing(_("%(field)s %(value)s is not among those to choose from.", field=label, value=value))

    def _choices(self, offered: Offered) -> dict[str, Sequence[Choice]]:
        return {param.name: offered.of(param) for param in self.report.params}

    def _offered(self, snapshot: Snapshot) -> Offered:
        return Offered(snapshot, self._entry.lists, self._confinement)

    def _rows(self, snapshot: Snapshot, query: Query, asked: Asked) -> Iterator[Row]:
        return results.rows(query.columns, snapshot.rows(self._entry.statements[query.name], self._bound(asked)))

    def _bound(self, asked: Asked) -> dict[str, object]:
        # The confinement comes last: nothing that was asked for can stand in its place.
        return {**asked.values, **self._confinement}
