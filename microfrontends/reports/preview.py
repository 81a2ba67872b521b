"""A report while it is written: its SQL as each database is sent it, its plan, its first rows and what they cost."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bff import HubUnavailable, Missing, RuleBroken
from microfrontends.reports.domain import results
from microfrontends.reports.domain.definition import Query
from microfrontends.reports.domain.results import Row
from microfrontends.reports.domain.scope import confinement
from microfrontends.reports.execute import HubDatabase, Snapshot, Unrunnable
from microfrontends.reports.report_file import Entry
from microfrontends.reports.run import Reader
from microfrontends.reports.source.line import Wait
from microfrontends.reports.sql import Statement

DIALECTS = {"MySQL": "mysql", "SQLite": "sqlite"}
SHOWN = 50  # rows of each query
MOST = 100_000  # rows that are counted


@dataclass(frozen=True)
class Trial:
    """What became of one query. `problem`: the database's own words where it did not run."""

    query: Query
    sql: Mapping[str, str]
    plan: Sequence[str] = ()
    rows: Sequence[Row] = ()
    count: int = 0
    ms: int = 0
    problem: str = ""


def tried(entry: Entry, database: HubDatabase, reader: Reader, values: Mapping[str, object]) -> Iterator[Trial]:
    """Each query of the report by itself, as this reader sees it; one that does not run keeps no other from it."""
    bound = {**values, **confinement(reader.sees_all, reader.participants)}
    asked = database.of(entry.report.source)
    for query in entry.report.queries:
        statement = entry.statements[query.name]
        sql = {name: statement.written_for(dialect) for name, dialect in DIALECTS.items()}
        try:
            with asked.snapshot(Wait(entry.report.limits.seconds or database.seconds)) as snapshot:
                yield _trial(Trial(query, sql), statement, snapshot, bound)
        except Unrunnable as problem:
            yield Trial(query, sql, problem=problem.words)
        except (RuleBroken, Missing, HubUnavailable) as problem:
            yield Trial(query, sql, problem=str(problem))


def _trial(trial: Trial, statement: Statement, snapshot: Snapshot, bound: Mapping[str, object]) -> Trial:
    plan = [" ".join(str(cell) for cell in row if cell is not None) for row in snapshot.plan(statement, bound)]
    first: list[dict[str, object]] = []
    begun, count = time.perf_counter(), 0
    for batch in snapshot.batches(statement, bound):
        first += [dict(zip(statement.columns, row, strict=True)) for row in batch[: SHOWN - len(first)]]
        count += len(batch)
        if count > MOST:
            break
    spent = round((time.perf_counter() - begun) * 1000)
    rows = list(results.rows(trial.query.columns, first))
    return Trial(trial.query, trial.sql, plan, rows, count, spent)
