"""One report file: its shape, its SQL, its scope and its columns checked; refused with every line and reason."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from bff.strict_yaml import documents
from microfrontends.reports import sql, sql_names, sql_scope
from microfrontends.reports.domain.charts import misfit
from microfrontends.reports.domain.definition import Column, ColumnType, ParamType, Query, Report, Scope, Source
from microfrontends.reports.domain.distributing import misfits
from microfrontends.reports.domain.scope import RESERVED
from microfrontends.reports.layout import BadLayout, check_layout
from microfrontends.reports.own.tables import names as own_names
from microfrontends.reports.report_reading import options_queries, report_of, with_annotated_scope
from microfrontends.reports.report_schema import SCHEMA

PARAMS = ("spec", "endpoint", "params")
OF_THE_HUB = frozenset({ParamType.WINDOW, ParamType.SETTLEMENT, ParamType.PARTICIPANT, ParamType.CURRENCY})
Place = tuple[str | int, ...]  # the way to a part of a document: ("spec", "queries", 0)


class BadReport(Exception):
    """A report file that does not load; the message names file, line and reason. `further`: what else is wrong."""

    def __init__(self, file: str, line: int, reason: str, further: Sequence["BadReport"] = ()) -> None:
        super().__init__(f"{file}:{line}: {reason}")
        self.file, self.line, self.reason, self.further = file, line, reason, tuple(further)

    @property
    def every(self) -> list["BadReport"]:
        """All that is wrong with the file, by line."""
        return sorted((self, *self.further), key=lambda each: each.line)


@dataclass(frozen=True)
class Entry:
    """A report, its statements by the query's name, and those that list options by the parameter's name."""

    report: Report
    statements: Mapping[str, sql.Statement]
    lists: Mapping[str, sql.Statement]


def read_file(path: Path, names: sql_names.Names) -> Entry:
    """The file's report with its statements. `names`: the tables that it may read. Raises BadReport, OSError."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as problem:
        raise BadReport(path.name, 1, f"not UTF-8 at byte {problem.start}") from problem
    return read_text(path.name, text, names)


@lru_cache(maxsize=1024)  # the same text is read once, however many apps, or looks at a folder, there are
def read_text(name: str, text: str, names: sql_names.Names) -> Entry:
    """The same of a text that has no file; problems call it by `name`."""
    try:
        return _File(name, text, names).entry()
    except RecursionError:
        raise BadReport(name, 1, "nested deeper than any report") from None


class _File:
    """One file while it is being read; knows the line of each of its parts."""

    def __init__(self, name: str, text: str, names: sql_names.Names) -> None:
        self._name, self._names = name, names
        try:
            self._nodes = yaml.compose(text, Loader=yaml.SafeLoader)
            self._document: Any = with_annotated_scope(next(iter(documents(text)), None))
        except (yaml.YAMLError, ValueError) as problem:  # the second: a date that is none
            mark = getattr(problem, "problem_mark", None)
            # A character that YAML does not know is told of by its position alone.
            line = mark.line if mark else text.count("\n", 0, getattr(problem, "position", 0) or 0)
            reason = getattr(problem, "problem", None) or getattr(problem, "reason", None) or problem
            raise BadReport(name, line + 1, f"not YAML: {reason}") from problem

    def entry(self) -> Entry:
        _refuse(list(self._misshapen()))
        report = report_of(self._document)
        wrong = list(self._check_names(report))
        statements = {
            query.name: _tried(wrong, partial(self._statement, report, at)) for at, query in enumerate(report.queries)
        }
        lists = {name: _tried(wrong, read) for name, read in self._lists(report)}
        _refuse(wrong)
        read = {name: statement for name, statement in statements.items() if statement}
        queries = tuple(
            replace(query, columns=self._columns(report, query, read[query.name])) for query in report.queries
        )
        report = replace(report, queries=queries)
        _refuse(list(self._check(report, read)))
        return Entry(report, read, {name: statement for name, statement in lists.items() if statement})

    def _misshapen(self) -> Iterator[BadReport]:
        for problem in Draft202012Validator(SCHEMA).iter_errors(self._document):
            where = "/".join(str(step) for step in problem.absolute_path)
            yield self._bad(tuple(problem.absolute_path), f"{where}: {problem.message}" if where else problem.message)

    def _statement(self, report: Report, at: int) -> sql.Statement:
        query, place = report.queries[at], ("spec", "queries", at, "query")
        wanted = frozenset(column.key for column in query.columns)
        return self._read(report, query, place, wanted, f"query {query.name}")

    def _lists(self, report: Report) -> Iterator[tuple[str, Callable[[], sql.Statement]]]:
        for at, name, spec in options_queries(self._document):
            # What may be chosen is shown before anything is: no other parameter has a value yet.
            scope = Scope(spec.get("scope", Scope.HUB if report.scope is Scope.HUB else Scope.SESSION))
            query = Query(name, {}, spec["query"], (), scope)
            bare = replace(report, params=(), confined_to="")
            place = (*PARAMS, at, "options", "query")
            yield name, partial(self._read, bare, query, place, frozenset({"value"}), f"options of {name}")

    def _read(self, report: Report, query: Query, place: Place, wanted: frozenset[str], what: str) -> sql.Statement:
        try:
            statement = sql.read(query.sql, wanted, frozenset(param.name for param in report.params))
            self._tables(report).check(statement, query.sql)
        except sql.BadSql as problem:
            raise self._bad(place, f"{what}: {problem.reason}", problem.line) from problem
        refused = sql_scope.refusal(query.scope, statement, report.confined_to)
        if refused:
            raise self._bad(place, f"{what}: {refused}")
        return statement

    def _check_names(self, report: Report) -> Iterator[BadReport]:
        params = {param.name: param for param in report.params}
        for name in RESERVED & params.keys():
            at = [spec["name"] for spec in self._document["spec"]["endpoint"]["params"]].index(name)
            yield self._bad((*PARAMS, at), f"{name} is bound by the portal; choose another name")
        if len(params) < len(report.params):
            yield self._bad(PARAMS, "two parameters have the same name")
        if len({query.name for query in report.queries}) < len(report.queries):
            yield self._bad(("spec", "queries"), "two queries have the same name")
        if not report.tables:
            yield self._bad(("spec", "queries"), "every query is of facts; a report needs one with rows")
        if report.source is not Source.HUB:
            yield from self._check_own(report)
        one = params.get(report.confined_to)
        if report.confined_to and (one is None or one.type is not ParamType.PARTICIPANT or not one.required):
            reason = f"scope: {report.confined_to} must be a required parameter of type participant"
            yield self._bad(("spec", "scope"), reason)

    def _check_own(self, report: Report) -> Iterator[BadReport]:
        for at, spec in enumerate(self._document["spec"]["endpoint"].get("params", ())):
            if spec.get("type") in OF_THE_HUB:
                reason = f"{spec['type']} is picked from the hub's database; give options by a query of this source"
                yield self._bad((*PARAMS, at), reason)
        if report.distribute:
            yield self._bad(("spec", "distribute"), f"the source {report.source} is read in its reader's own name")

    def _check(self, report: Report, statements: Mapping[str, sql.Statement]) -> Iterator[BadReport]:
        used = frozenset[str]().union(*(statement.placeholders for statement in statements.values()))
        specs = self._document["spec"]["endpoint"].get("params", ())
        for at, spec in enumerate(specs):
            for name in (spec["begins"], spec["ends"]) if "begins" in spec else (spec["name"],):
                if name not in used:
                    yield self._bad((*PARAMS, at), f"no query uses :{name}; use it or remove it")
        for at, query in enumerate(report.queries):
            yield from self._check_columns(query, ("spec", "queries", at, "columns"))
            yield from self._check_chart(query, ("spec", "queries", at, "chart"))
        for unfit in misfits(report):
            yield self._bad(("spec", "distribute", *unfit.place), f"distribute: {unfit.reason}")
        try:
            check_layout(report.layout)
        except BadLayout as problem:
            yield self._bad(("spec", "layout"), f"layout: {problem.reason}", problem.line)

    def _tables(self, report: Report) -> sql_names.Names:
        return self._names if report.source is Source.HUB else own_names(report.source)

    def _columns(self, report: Report, query: Query, statement: sql.Statement) -> tuple[Column, ...]:
        # Those of its file, else those of its SELECT, by the types of the tables' own.
        if query.columns:
            return query.columns
        return tuple(Column(key, {"en": key}, kind) for key, kind in self._tables(report).types(statement).items())

    def _check_columns(self, query: Query, place: Place) -> Iterator[BadReport]:
        keys = [column.key for column in query.columns]
        currencies = {column.currency for column in query.columns if column.type is ColumnType.MONEY}
        for at, column in enumerate(query.columns):
            if keys.index(column.key) != at:
                yield self._bad((*place, at), f"the column {column.key} stands here twice")
            if column.currency and column.currency not in keys:
                yield self._bad((*place, at), f"currency: there is no column {column.currency}")
            if column.total and column.type is ColumnType.MONEY and len(currencies) > 1:
                yield self._bad((*place, at), "total: its money has several currency columns and cannot be summed")

    def _check_chart(self, query: Query, place: Place) -> Iterator[BadReport]:
        if query.chart and query.facts:
            yield self._bad(place, "chart: facts have none")
        elif query.chart and (wrong := misfit(query.chart, query.columns)):
            part, reason = wrong
            yield self._bad((*place, part), f"chart: {part}: {reason}")

    def _bad(self, place: Place, reason: str, line: int = 0) -> BadReport:
        node = self._nodes
        for step in place:
            node = _child(node, step) or node
        # A block of text begins on the line under the mark that announces it.
        start = node.start_mark.line + (1 if getattr(node, "style", None) == "|" else 0) if node else 0
        return BadReport(self._name, start + (line or 1), reason)


def _tried(wrong: list[BadReport], read: Callable[[], sql.Statement]) -> sql.Statement | None:
    """What it reads; what is wrong with it is added to `wrong`."""
    try:
        return read()
    except BadReport as problem:
        wrong.append(problem)
        return None


def _refuse(wrong: Sequence[BadReport]) -> None:
    """Raise the first of them, with the others."""
    if wrong:
        first, *further = wrong
        raise BadReport(first.file, first.line, first.reason, further)


def _child(node: Any, step: str | int) -> Any:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step]
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None
