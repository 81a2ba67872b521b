"""Which reports there are: files of the catalogue, each loaded whole or refused with file, line and reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from bff.texts import by_language
from microfrontends.reports import sql
from microfrontends.reports.domain.definition import Column, ColumnType, Param, ParamType, Query, Report, Scope
from microfrontends.reports.domain.scope import RESERVED
from microfrontends.reports.report_schema import SCHEMA

STANDARD = Path(str(files("microfrontends.reports"))) / "catalogue"
NOT_CONFINED = "its scope is session, so its WHERE needs AND (:all_participants = 1 OR <column> IN (:participants))"
PARAMS = ("spec", "endpoint", "params")
Place = tuple[str | int, ...]  # the way to a part of a document: ("spec", "queries", 0)


class BadReport(Exception):
    """A report file that does not load; the message names file, line and reason."""


@dataclass(frozen=True)
class Entry:
    """A report and its statements, by the query's name."""

    report: Report
    statements: Mapping[str, sql.Statement]


Catalogue = Mapping[str, Entry]


def load(folder: Path = STANDARD) -> Catalogue:
    """All reports of the folder's YAML files, by name. Raises BadReport for the first that is not fit to run."""
    entries: dict[str, Entry] = {}
    for path in sorted(folder.glob("*.yaml")):
        entry = _File(path).entry()
        if entry.report.name in entries:
            raise BadReport(f"{path.name}: the report {entry.report.name} is defined twice; keep one")
        entries[entry.report.name] = entry
    return entries


class _File:
    """One file while it is being read; knows the line of each of its parts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        text = path.read_text("utf-8")
        try:
            self._nodes = yaml.compose(text, Loader=yaml.SafeLoader)
            self._document: Any = yaml.safe_load(text)
        except yaml.MarkedYAMLError as problem:
            line = problem.problem_mark.line + 1 if problem.problem_mark else 1
            raise BadReport(f"{path.name}:{line}: not YAML: {problem.problem}") from problem

    def entry(self) -> Entry:
        """The file's report with its statements. Raises BadReport."""
        problem = next(iter(Draft202012Validator(SCHEMA).iter_errors(self._document)), None)
        if problem:
            where = "/".join(str(step) for step in problem.absolute_path)
            raise self._bad(tuple(problem.absolute_path), f"{where}: {problem.message}" if where else problem.message)
        report = _report(self._document)
        self._check_names(report)
        statements = {query.name: self._statement(report, at) for at, query in enumerate(report.queries)}
        self._check(report, statements)
        return Entry(report, statements)

    def _statement(self, report: Report, at: int) -> sql.Statement:
        query, place = report.queries[at], ("spec", "queries", at, "query")
        wanted = frozenset(column.key for column in query.columns)
        try:
            statement = sql.read(query.sql, wanted, frozenset(param.name for param in report.params))
        except sql.BadSql as problem:
            raise self._bad(place, f"query {query.name}: {problem.reason}", problem.line) from problem
        if query.scope is Scope.SESSION and not sql.is_confined(statement):
            raise self._bad(place, f"query {query.name}: {NOT_CONFINED}")
        return statement

    def _check_names(self, report: Report) -> None:
        for at, param in enumerate(report.params):
            if param.name in RESERVED:
                raise self._bad((*PARAMS, at), f"{param.name} is bound by the portal; choose another name")
        if len({query.name for query in report.queries}) < len(report.queries):
            raise self._bad(("spec", "queries"), "two queries have the same name")
        if not report.tables:
            raise self._bad(("spec", "queries"), "every query is of facts; a report needs one with rows")

    def _check(self, report: Report, statements: Mapping[str, sql.Statement]) -> None:
        used = frozenset[str]().union(*(statement.placeholders for statement in statements.values()))
        for at, param in enumerate(report.params):
            if param.name not in used:
                raise self._bad((*PARAMS, at), f"no query uses :{param.name}; use it or remove it")
        for at, query in enumerate(report.queries):
            self._check_columns(query, ("spec", "queries", at, "columns"))

    def _check_columns(self, query: Query, place: Place) -> None:
        keys = {column.key for column in query.columns}
        currencies = {column.currency for column in query.columns if column.type is ColumnType.MONEY}
        for at, column in enumerate(query.columns):
            if column.currency and column.currency not in keys:
                raise self._bad((*place, at), f"currency: there is no column {column.currency}")
            if column.total and column.type is ColumnType.MONEY and len(currencies) > 1:
                raise self._bad((*place, at), "total: its money has several currency columns and cannot be summed")

    def _bad(self, place: Place, reason: str, line: int = 0) -> BadReport:
        node = self._nodes
        for step in place:
            node = _child(node, step) or node
        # A block of text begins on the line under the mark that announces it.
        start = node.start_mark.line + (1 if getattr(node, "style", None) == "|" else 0) if node else 0
        return BadReport(f"{self._path.name}:{start + (line or 1)}: {reason}")


def _child(node: Any, step: str | int) -> Any:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step]
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None


def _report(document: Mapping[str, Any]) -> Report:
    name, spec = document["metadata"]["name"], document["spec"]
    scope = Scope(spec["scope"])
    return Report(
        name=name,
        title=by_language(spec.get("title", name)),
        description=by_language(spec.get("description", "")),
        group=by_language(spec.get("group", {"en": "Other", "fr": "Autres"})),
        permission=spec.get("permission", f"reports:{name}:view"),
        scope=scope,
        params=tuple(_param(each) for each in spec["endpoint"].get("params", ())),
        queries=tuple(_query(each, scope) for each in spec["queries"]),
    )


def _param(spec: Mapping[str, Any]) -> Param:
    label = by_language(spec.get("label", spec["name"]))
    hint = by_language(spec["hint"]) if "hint" in spec else None
    return Param(spec["name"], ParamType(spec.get("type", "text")), label, spec.get("required", False), hint)


def _query(spec: Mapping[str, Any], scope: Scope) -> Query:
    columns = tuple(_column(each) for each in spec["columns"])
    own = Scope(spec.get("scope", scope))
    title = by_language(spec.get("title", spec["name"]))
    return Query(spec["name"], title, spec["query"], columns, own, spec.get("facts", False))


def _column(spec: Mapping[str, Any]) -> Column:
    kind = ColumnType(spec.get("type", "text"))
    label = by_language(spec.get("label", spec["key"]))
    return Column(spec["key"], label, kind, spec.get("currency", ""), spec.get("total", False), spec.get("owes", False))
