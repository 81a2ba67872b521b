"""One run of a report for one reader: parameters read, the reader's own rows, one snapshot for all queries."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask_babel import gettext as _

from bff import Identity, Missing
from bff.web.locale import spoken
from microfrontends.reports.catalogue import Entry
from microfrontends.reports.domain import results
from microfrontends.reports.domain.definition import Param, ParamType, Query, Report
from microfrontends.reports.domain.parameters import Problem, Values, read
from microfrontends.reports.domain.results import Row, Table
from microfrontends.reports.domain.scope import confinement
from microfrontends.reports.execute import HubDatabase, Snapshot
from microfrontends.reports.pickers import Choice, choices

PAGE_ROWS = 500  # more than these are read as a file


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
    """A result as a page shows it: facts, tables by query, and the moment of the snapshot."""

    facts: Sequence[tuple[Query, Row]]
    tables: Sequence[tuple[Query, Table]]
    as_of: datetime


class Run:
    """A report, its reader and the database."""

    def __init__(self, entry: Entry, reader: Identity, database: HubDatabase) -> None:
        self._entry, self._database = entry, database
        self._confinement = confinement(reader.sees_all, reader.participants)

    @property
    def report(self) -> Report:
        """The report that is run."""
        return self._entry.report

    def asked(self, given: Mapping[str, str]) -> Asked:
        """The request's values by the report's declaration; what it does not declare is never looked at."""
        values, problems = read(self.report.params, given)
        return Asked(values, problems, given)

    def choices(self) -> dict[str, Sequence[Choice]]:
        """What may be picked, by parameter."""
        with self._database.snapshot() as snapshot:
            return {param.name: self._choices(snapshot, param) for param in self.report.params}

    def shown(self, asked: Asked) -> Shown:
        """The whole result for a page: its first rows, counts and totals over all. Raises Missing."""
        as_of = datetime.now(UTC)
        with self._database.snapshot() as snapshot:
            facts = self._facts(snapshot, asked)
            tables = [
                (query, results.collect(query.columns, self._rows(snapshot, query, asked), PAGE_ROWS))
                for query in self.report.tables
            ]
        return Shown(facts, tables, as_of)

    def streamed(self, asked: Asked) -> Iterator[Row]:
        """The rows of the report's first table. They already flow when this returns: a failure is no half file."""
        rows = self._stream(asked)
        next(rows)
        return rows

    def _stream(self, asked: Asked) -> Iterator[Row]:
        with self._database.snapshot() as snapshot:
            self._facts(snapshot, asked)
            rows = self._rows(snapshot, self.report.tables[0], asked)
            yield {}  # taken by `streamed`
            yield from rows

    def _facts(self, snapshot: Snapshot, asked: Asked) -> list[tuple[Query, Row]]:
        self._refuse_strangers(snapshot, asked)
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

    def _refuse_strangers(self, snapshot: Snapshot, asked: Asked) -> None:
        # A participant out of view is answered like one that does not exist: 404 in both cases.
        for param in self.report.params:
            value = asked.values.get(param.name)
            if value is None or not (param.type is ParamType.PARTICIPANT or param.lists):
                continue
            if value not in {choice.value for choice in self._choices(snapshot, param)}:
                if param.type is ParamType.PARTICIPANT:
                    raise Missing(_("There is no participant %(name)s among those that you may see.", name=value))
                label = spoken(param.label)
                raise Missing(_("%(field)s %(value)s is not among those to choose from.", field=label, value=value))

    def _choices(self, snapshot: Snapshot, param: Param) -> Sequence[Choice]:
        return choices(snapshot, param, self._entry.lists, self._confinement)

    def _rows(self, snapshot: Snapshot, query: Query, asked: Asked) -> Iterator[Row]:
        # The confinement comes last: nothing that was asked for can stand in its place.
        bound = {**asked.values, **self._confinement}
        return results.rows(query.columns, snapshot.rows(self._entry.statements[query.name], bound))
