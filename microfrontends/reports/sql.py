"""Which SQL a report may run: one statement that only reads, its placeholders declared, its rows confined.

Reports are written in MySQL's dialect, the hub's own. What runs is written anew from the parsed statement, so that
nothing reaches a database that was not understood here: MySQL executes `/*! comments */`, for one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from microfrontends.reports.domain.scope import ALL, OWN, RESERVED

# Functions that sqlglot has no type for and that only compute. SLEEP, LOAD_FILE, GET_LOCK and their like are not here.
HARMLESS = frozenset({"elt", "export_set", "field", "interval", "make_set", "name_const", "strcmp"})
FORBIDDEN: tuple[tuple[type[exp.Expr], str], ...] = (
    (exp.DDL, "it changes tables; a report only reads"),
    (exp.DML, "it changes rows; a report only reads"),
    (exp.Command, "it holds a command; a report is one SELECT"),
    (exp.Into, "SELECT ... INTO writes; a report only reads"),
    (exp.Lock, "it locks rows; a report only reads"),
    (exp.Parameter, "it uses a @variable; use declared parameters and subqueries"),
    (exp.SessionParameter, "it reads a server variable; a report reads tables"),
    (exp.Star, "it selects *; name the columns, so that a new one in the hub changes no report"),
)


class BadSql(Exception):
    """A statement that no report may run; `line` counts from 1 within it."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


@dataclass(frozen=True)
class Statement:
    """A statement that was read and found fit: its placeholders, its result's columns, its text per dialect."""

    tree: exp.Query
    placeholders: frozenset[str]

    def written_for(self, dialect: str) -> str:
        """The SQL in a dialect ("mysql", "sqlite"), with `:name` placeholders as SQLAlchemy's `text` wants them."""
        written = self.tree.sql(dialect=dialect, comments=False)
        return re.sub(rf"\(:{OWN}\)", f":{OWN}", written)  # a list's own brackets come with its values


def read(sql: str, wanted: frozenset[str], declared: frozenset[str]) -> Statement:
    """The statement, checked. `wanted`: columns it must give; `declared`: parameters it may use. Raises BadSql."""
    tree = _parsed(sql)
    for kind, reason in FORBIDDEN:
        # COUNT(*) counts rows and names no column.
        if any(not isinstance(found.parent, exp.Count) for found in tree.find_all(kind)):
            raise BadSql(reason)
    for call in tree.find_all(exp.Anonymous):
        if str(call.this).lower() not in HARMLESS:
            raise BadSql(
                f"it calls {call.this}(), which is not on the list of harmless functions", _line(sql, str(call.this))
            )
    missing = wanted - set(tree.named_selects)
    if missing:
        raise BadSql(
            f"it gives no column {', '.join(sorted(missing))}; every column of the report must be selected by its key"
        )
    return Statement(tree, _placeholders(sql, tree, declared))


def is_confined(statement: Statement) -> bool:
    """Whether every row that comes out passed `(:all_participants = 1 OR <column> IN (:participants))`."""
    ctes = {cte.alias: cte.this for cte in statement.tree.find_all(exp.CTE)}
    return _confined(statement.tree, ctes)


def _parsed(sql: str) -> exp.Query:
    try:
        found = [tree for tree in sqlglot.parse(sql, read="mysql") if tree is not None]
    except SqlglotError as problem:
        details = (getattr(problem, "errors", None) or [{}])[0]
        near = f" near {details['highlight']!r}" if details.get("highlight") else ""
        raise BadSql(f"it is not SQL of MySQL's dialect{near}", int(details.get("line") or 1)) from problem
    if len(found) != 1:
        raise BadSql(f"it holds {len(found)} statements; a report's query is exactly one SELECT")
    if not isinstance(found[0], exp.Query) or isinstance(found[0], exp.Values):
        raise BadSql(f"it is no SELECT but {found[0].key.upper()}; a report's query is exactly one SELECT")
    return found[0]


def _placeholders(sql: str, tree: exp.Query, declared: frozenset[str]) -> frozenset[str]:
    names = {str(found.this or "?") for found in tree.find_all(exp.Placeholder)}
    for name in sorted(names - declared - RESERVED):
        raise BadSql(f"it uses :{name}, which is not among the report's params", _line(sql, f":{name}"))
    for literal in tree.find_all(exp.Literal):
        if literal.is_string and re.search(r"(?<!\w):\w", str(literal.this)):
            raise BadSql(f"the text {literal.this!r} looks as if it held a parameter; write the colon apart")
    return frozenset(names)


def _line(sql: str, word: str) -> int:
    found = re.search(rf"{re.escape(word)}\b", sql)
    return sql.count("\n", 0, found.start()) + 1 if found else 1


def _confined(query: exp.Expr, ctes: dict[str, exp.Expr], depth: int = 0) -> bool:
    if depth > 20:  # a recursive expression: say no rather than follow it
        return False
    if isinstance(query, exp.Subquery):
        return _confined(query.this, ctes, depth + 1)
    if isinstance(query, exp.SetOperation):
        return _confined(query.left, ctes, depth + 1) and _confined(query.right, ctes, depth + 1)
    if not isinstance(query, exp.Select):
        return False
    where = query.args.get("where")
    if where is not None and any(_is_scope(part) for part in _conjuncts(where.this)):
        return True
    source = query.args.get("from_")
    table = source.this if source is not None else None
    if isinstance(table, exp.Table) and table.name in ctes:
        return _confined(ctes[table.name], ctes, depth + 1)
    return isinstance(table, exp.Subquery) and _confined(table, ctes, depth + 1)


def _conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(condition, exp.Paren):
        yield from _conjuncts(condition.this)
    elif isinstance(condition, exp.And):
        yield from _conjuncts(condition.left)
        yield from _conjuncts(condition.right)
    else:
        yield condition


def _is_scope(condition: exp.Expr) -> bool:
    # Exactly two sides: a third one, such as OR 1 = 1, would open what these two close.
    if not isinstance(condition, exp.Or):
        return False
    sides = (condition.left, condition.right)
    return any(_asks_all(one) and _asks_own(other) for one, other in (sides, sides[::-1]))


def _asks_all(side: exp.Expr) -> bool:
    return isinstance(side, exp.EQ) and _is_placeholder(side.left, ALL) and side.right.name == "1"


def _asks_own(side: exp.Expr) -> bool:
    if not isinstance(side, exp.In) or not isinstance(side.this, exp.Column) or len(side.expressions) != 1:
        return False
    return _is_placeholder(side.expressions[0], OWN)


def _is_placeholder(found: exp.Expr, name: str) -> bool:
    return isinstance(found, exp.Placeholder) and found.this == name
