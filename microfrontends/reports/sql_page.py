"""What a page asks of a report's statement: some of its rows in an order that holds, and sums over all of them."""

from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp

from microfrontends.reports.domain.look import Look
from microfrontends.reports.sql import Statement

FIND, SIZE, SKIP = "_find", "_size", "_skip"  # no parameter of a report begins so
ROWS, UNIT = "n_rows", "n_unit"


@dataclass(frozen=True)
class Sums(Statement):
    """Sums of whole columns. SQLite would add binary numbers; there, they come as exact texts."""

    def written_for(self, dialect: str) -> str:
        """As `Statement` has it."""
        if dialect != "sqlite":
            return super().written_for(dialect)
        return _exact(self).written_for(dialect)


@lru_cache(maxsize=512)
def _exact(sums: Sums) -> Statement:
    tree = sums.tree.copy()
    for select in tree.selects:
        for found in list(select.find_all(exp.Sum)):
            places = exp.Literal.number(found.meta["places"])
            found.replace(exp.Anonymous(this="EXACT_TOTAL", expressions=[found.this, places]))
    return Statement(tree, sums.placeholders)


@dataclass(frozen=True)
class Cut:
    """The statement of a page, and how many rows it takes after how many: what is bound for SIZE and SKIP."""

    statement: Statement
    size: int
    skip: int


def page_of(statement: Statement, look: Look, found_in: tuple[str, ...], unique: bool = False) -> Cut:
    """The rows of a page and one more, which tells whether there is another page.

    Rows that the order leaves equal are ordered by their columns, from left to right: what might then change places is
    the same row twice. Searched rows come in the order of their columns: the report's own is not known around it.
    `unique`: the statement's own order leaves no rows equal; an index may then give the page at once.
    """
    own, skipped = (_literal(statement.tree, kind) for kind in ("limit", "offset"))
    if look.sort or look.find or own is None or skipped is None:
        sought = found_in if look.find else ()
        return Cut(_sorted(statement, look.sort, sought), look.size + 1, look.before)
    # Cut out of the statement itself, a database may stop early.
    size = look.size + 1 if own < 0 else max(0, min(look.size + 1, own - look.before))
    return Cut(_settled(statement, unique), size, skipped + look.before)


def found_of(statement: Statement, found_in: tuple[str, ...]) -> Statement:
    """All rows that hold what is looked for, in the order of their columns; what is bound for FIND."""
    return _found(statement, "", found_in)


@lru_cache(maxsize=512)
def sums_of(
    statement: Statement, totals: tuple[tuple[str, int], ...], unit: str, found_in: tuple[str, ...]
) -> Statement:
    """How many rows there are, and the sums of columns, each with its decimals, by what stands in the column `unit`."""
    tree = _copy(statement)
    if not tree.args.get("limit"):
        tree.set("order", None)  # costs much and changes no sum
    outer = _around(tree, found_in).select(exp.alias_(exp.Count(this=exp.Literal.number(1)), ROWS))
    for key, places in totals:
        total = exp.Sum(this=_column(key))
        total.meta["places"] = places
        outer = outer.select(exp.alias_(total, key, quoted=True))
    if unit:
        outer = outer.select(exp.alias_(_column(unit), UNIT)).group_by(_column(unit))
    return Sums(outer, _placeholders(statement, found_in))


def pattern(find: str) -> str:
    """What LIKE looks for to find a text as it is, wherever it stands."""
    for mark in "!%_":
        find = find.replace(mark, f"!{mark}")
    return f"%{find}%"


def _copy(statement: Statement) -> exp.Query:
    tree = statement.tree.copy()
    seen: set[str] = set()
    for select in tree.selects:
        # A derived table may not have two columns of one name, and MySQL tells them apart without regard to case.
        if (name := select.output_name.lower()) in seen:
            select.replace(exp.alias_(select.unalias().copy(), f"{name}_{len(seen)}", quoted=True))
        seen.add(name)
    return tree


@lru_cache(maxsize=512)
def _settled(statement: Statement, unique: bool) -> Statement:
    tree = statement.tree.copy()
    order = tree.args.get("order")
    keys = [*(order.expressions if order else ())]
    # What a query of its own looks up for each row follows from the row; to order by it would look it up for all rows.
    plain = [] if unique and keys else [at for at, select in enumerate(tree.selects, 1) if not select.find(exp.Query)]
    keys += [_ordered(exp.Literal.number(at)) for at in plain]
    tree.set("order", exp.Order(expressions=keys))
    tree.set("limit", exp.Limit(expression=exp.Placeholder(this=SIZE)))
    tree.set("offset", exp.Offset(expression=exp.Placeholder(this=SKIP)))
    return Statement(tree, statement.placeholders | {SIZE, SKIP})


@lru_cache(maxsize=512)
def _sorted(statement: Statement, sort: str, found_in: tuple[str, ...]) -> Statement:
    found = _found(statement, sort, found_in)
    outer = found.tree.copy()
    outer.set("limit", exp.Limit(expression=exp.Placeholder(this=SIZE)))
    outer.set("offset", exp.Offset(expression=exp.Placeholder(this=SKIP)))
    return Statement(outer, found.placeholders | {SIZE, SKIP})


@lru_cache(maxsize=512)
def _found(statement: Statement, sort: str, found_in: tuple[str, ...]) -> Statement:
    tree = _copy(statement)
    outer = _around(tree, found_in).select(*(_column(name) for name in tree.named_selects))
    if sort:
        outer = outer.order_by(_ordered(_column(sort.removeprefix("-")), sort.startswith("-")))
    for name in tree.named_selects:
        outer = outer.order_by(_ordered(_column(name)))
    return Statement(outer, _placeholders(statement, found_in))


def _literal(tree: exp.Query, kind: str) -> int | None:
    """A limit or an offset of the statement itself: -1 or 0 for none, None for one that is no plain number."""
    found = tree.args.get(kind)
    if found is None:
        return -1 if kind == "limit" else 0
    said = found.expression
    return int(said.name) if isinstance(said, exp.Literal) and said.is_int else None


def _around(tree: exp.Query, found_in: tuple[str, ...]) -> exp.Select:
    outer = exp.Select().from_(tree.subquery("q"))
    if not found_in:
        return outer
    like = (exp.Like(this=_column(key), expression=exp.Placeholder(this=FIND)) for key in found_in)
    return outer.where(exp.or_(*(exp.Escape(this=each, expression=exp.Literal.string("!")) for each in like)))


def _placeholders(statement: Statement, found_in: tuple[str, ...]) -> frozenset[str]:
    return statement.placeholders | {FIND} if found_in else statement.placeholders


def _column(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True), "q")


def _ordered(by: exp.Expr, down: bool = False) -> exp.Ordered:
    # Both databases take no value for less than any; said so that nothing is written about it.
    return exp.Ordered(this=by, desc=down, nulls_first=not down)
