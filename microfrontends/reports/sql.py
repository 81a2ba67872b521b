"""Which SQL a report may run: one statement that only reads, its placeholders declared.

Reports are written in MySQL's dialect, the hub's own. What runs is written anew from the parsed statement, so that
nothing reaches a database that was not understood here: MySQL executes `/*! comments */`, for one.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from microfrontends.reports.domain.scope import OWN, RESERVED
from microfrontends.reports.sql_sandbox import for_sqlite

# Functions that sqlglot has no type for and that only compute. SLEEP, LOAD_FILE, GET_LOCK and their like are not here.
# fmt: off
HARMLESS = frozenset({
    "addtime", "any_value", "bin_to_uuid", "convert_tz", "elt", "export_set", "field", "find_in_set", "format",
    "from_days", "interval", "json_arrayagg", "json_contains", "json_keys", "json_length", "json_objectagg",
    "json_unquote", "json_valid", "make_set", "makedate", "maketime", "microsecond", "name_const", "now", "oct",
    "period_diff", "quote", "sec_to_time", "strcmp", "subtime", "sysdate", "time_to_sec", "to_seconds", "utc_date",
    "utc_time", "utc_timestamp", "unix_timestamp", "uuid_to_bin", "weekday", "yearweek",
})
# fmt: on
MARK = "\ue000"  # stands around a placeholder's name while its statement is written
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

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its result's columns."""
        return tuple(self.tree.named_selects)

    def written_for(self, dialect: str) -> str:
        """The SQL in a dialect: for "sqlite" with `:name` placeholders, for "mysql" with `%(name)s`."""
        return _written(self.tree, dialect)

    def counted(self, most: int) -> "Statement":
        """The statement that says how many rows this one gives, up to `most`, as `n`."""
        rows = self.tree.copy()
        # What sorts the rows costs much and changes no count, unless a LIMIT chooses among them.
        if not rows.args.get("limit"):
            rows.set("order", None)
        some = exp.select(exp.alias_(exp.Literal.number(1), "one")).from_(rows.subquery("q")).limit(most)
        return Statement(exp.select("COUNT(*) AS n").from_(some.subquery("r")), self.placeholders)


@lru_cache(maxsize=512)
def _written(tree: exp.Query, dialect: str) -> str:
    if dialect != "mysql":
        written = for_sqlite(tree).sql(dialect=dialect, comments=False)
        return re.sub(rf"\(:{OWN}\)", f":{OWN}", written)  # a list's own brackets come with its values
    marked = tree.copy()
    for found in marked.find_all(exp.Placeholder):
        found.set("this", f"{MARK}{found.this}{MARK}")
    # The driver reads per cents: those of LIKE and of dates' patterns are doubled.
    written = marked.sql(dialect=dialect, comments=False).replace("%", "%%")
    written = re.sub(rf"\(:{MARK}{OWN}{MARK}\)", f":{MARK}{OWN}{MARK}", written)
    return re.sub(rf":{MARK}(\w+?){MARK}", r"%(\1)s", written)


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
    if not all(select.output_name for select in tree.selects):
        raise BadSql("a column of its result has no name; write AS after it")
    missing = wanted - set(tree.named_selects)
    if missing:
        raise BadSql(
            f"it gives no column {', '.join(sorted(missing))}; every column of the report must be selected by its key"
        )
    return Statement(tree, _placeholders(sql, tree, declared))


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
