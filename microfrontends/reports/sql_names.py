"""Whether the tables and columns that a statement names are there, and what types its own columns have."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from microfrontends.reports.domain.definition import ColumnType
from microfrontends.reports.sql import BadSql, Statement

Tables = Mapping[str, Mapping[str, str]]  # columns and their SQL types, by table
HUB = "central_ledger"  # the name that the hub gives its database
_KINDS = (
    (exp.DataType.INTEGER_TYPES, ColumnType.INTEGER),
    (exp.DataType.REAL_TYPES, ColumnType.DECIMAL),
    (exp.DataType.TEMPORAL_TYPES - {exp.DataType.Type.DATE, exp.DataType.Type.TIME}, ColumnType.DATE_TIME),
)


class Names:
    """The tables that a report may read: the hub's and those beside them, or those of another source."""

    def __init__(self, tables: Tables, owner: str = "the hub") -> None:
        self._tables, self._owner = tables, owner
        # MySQL tells columns apart without regard to case, and tables by their exact spelling on Linux.
        lowered: dict[str, object] = {
            name.lower(): {column.lower(): kind for column, kind in columns.items()} for name, columns in tables.items()
        }
        self._schema = MappingSchema(lowered, dialect="mysql")

    def check(self, statement: Statement, sql: str) -> None:
        """Raise BadSql, with the line, for a table or column that is not there or that could be of several tables."""
        own = {cte.alias.lower() for cte in statement.tree.find_all(exp.CTE)}
        for table in statement.tree.find_all(exp.Table):
            if not table.db and table.name.lower() in own:
                continue
            if table.db not in ("", HUB) or table.catalog:
                raise BadSql(f"it reads the database {table.db}; a report reads the hub's ledger", _line(sql, table.db))
            if table.name not in self._tables:
                raise BadSql(f"{self._owner} has no table {table.name}{self._like(table.name)}", _line(sql, table.name))
        self._qualified(statement, sql)

    def types(self, statement: Statement) -> dict[str, ColumnType]:
        """What each column of the result is, as far as the tables' own tell; text where they do not."""
        annotated = annotate_types(self._qualified(statement, ""), schema=self._schema, dialect="mysql")
        kinds = [select.type.this if select.type else None for select in annotated.selects]
        found = [next((ours for theirs, ours in _KINDS if kind in theirs), ColumnType.TEXT) for kind in kinds]
        return dict(zip(statement.tree.named_selects, found, strict=True))

    def _qualified(self, statement: Statement, sql: str) -> exp.Query:
        tree = statement.tree.copy()
        for identifier in tree.find_all(exp.Identifier):
            identifier.set("this", identifier.name.lower())
        for table in tree.find_all(exp.Table):
            table.set("db", None)
        try:
            return qualify(tree, dialect="mysql", schema=self._schema, identify=False, quote_identifiers=False)
        except OptimizeError as problem:
            said = str(problem)
            named = re.search(r"[Cc]olumn:? '?\"?(\w+)", said)
            name = _spelling(statement, named[1]) if named else ""
            place = re.search(r"Line: (\d+)", said)
            reason = f"the column {name} is not of its tables, or of several of them" if name else said.splitlines()[0]
            raise BadSql(reason, int(place[1]) if place else _line(sql, name)) from problem

    def _like(self, name: str) -> str:
        near = next((known for known in self._tables if known.lower() == name.lower()), None)
        return f"; its table is spelt {near}" if near else ""


@cache
def hub() -> Names:
    """The hub's own, as its migrations leave them."""
    return Names(_read(Path(str(files(__package__).joinpath("hub_schema.json")))))


def beside(path: Path) -> Names:
    """The hub's, and those of a site's own file where there is one. Raises ValueError for one that is not JSON."""
    own = _read(path) if path.exists() else {}
    return Names({**hub()._tables, **own}) if own else hub()


def _read(path: Path) -> Tables:
    found: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8"))
    return found


def _spelling(statement: Statement, lowered: str) -> str:
    names = (column.name for column in statement.tree.find_all(exp.Column))
    return next((name for name in names if name.lower() == lowered), lowered)


def _line(sql: str, word: str) -> int:
    found = re.search(rf"\b{re.escape(word)}\b", sql)
    return sql.count("\n", 0, found.start()) + 1 if found else 1
