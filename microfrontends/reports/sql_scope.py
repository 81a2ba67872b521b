"""What confines a statement: whether every row that comes out passed a condition on whose row it is."""

from collections.abc import Iterator, Mapping

from sqlglot import exp

from microfrontends.reports.domain.definition import Scope
from microfrontends.reports.domain.scope import ALL, OWN
from microfrontends.reports.sql import Statement

DEPTH = 20  # of expressions in expressions; a recursive one goes on for ever
SESSION = "its scope is session, so its WHERE needs AND (:all_participants = 1 OR <column> IN (:participants))"
PARTICIPANT = "its scope is the participant :{0}, so its WHERE needs AND <column> = :{0}"


def refusal(scope: Scope, statement: Statement, confined_to: str = "") -> str:
    """Why the statement does not keep to a scope; nothing when it does, or when the scope asks nothing of it."""
    if scope is Scope.SESSION and not is_confined(statement):
        return SESSION
    if scope is Scope.PARTICIPANT and not is_confined(statement, confined_to):
        return PARTICIPANT.format(confined_to)
    return ""


def is_confined(statement: Statement, named: str = "") -> bool:
    """Whether every row passed `(:all_participants = 1 OR <column> IN (:participants))`, or `<column> = :named`.

    Several columns may stand in for one, as in `payer.name = :named OR payee.name = :named`.
    """
    ctes = {cte.alias: cte.this for cte in statement.tree.find_all(exp.CTE)}
    return _Proof(ctes, named).holds(statement.tree)


class _Proof:
    """Follows a query to where its rows come from."""

    def __init__(self, ctes: Mapping[str, exp.Expr], named: str) -> None:
        self._ctes, self._named = ctes, named

    def holds(self, query: exp.Expr, depth: int = 0) -> bool:
        if depth > DEPTH:  # say no rather than follow it
            return False
        if isinstance(query, exp.Subquery):
            return self.holds(query.this, depth + 1)
        if isinstance(query, exp.SetOperation):
            return self.holds(query.left, depth + 1) and self.holds(query.right, depth + 1)
        if not isinstance(query, exp.Select):
            return False
        where = query.args.get("where")
        if where is not None and any(self._confines(part) for part in _parts(where.this, exp.And)):
            return True
        return self._comes_confined(query, depth)

    def _comes_confined(self, query: exp.Select, depth: int) -> bool:
        joins: list[exp.Join] = query.args.get("joins") or []
        if any(join.side in ("RIGHT", "FULL") for join in joins):
            return False  # gives rows of the other side, which passed nothing
        source = query.args.get("from_")
        if source is not None and self._confined_source(source.this, depth):
            return True
        inner = [join for join in joins if not join.side and join.kind in ("", "INNER")]
        conditions = [join.args["on"] for join in inner if join.args.get("on")]
        if any(self._confines(part) for condition in conditions for part in _parts(condition, exp.And)):
            return True
        tied = [join for join in inner if join.args.get("on") or join.args.get("using")]
        return any(self._confined_source(join.this, depth) for join in tied)

    def _confined_source(self, table: exp.Expr, depth: int) -> bool:
        if isinstance(table, exp.Table) and not table.db and table.name in self._ctes:
            return self.holds(self._ctes[table.name], depth + 1)
        return isinstance(table, exp.Subquery) and self.holds(table, depth + 1)

    def _confines(self, condition: exp.Expr) -> bool:
        # A side such as OR 1 = 1 would open what the others close.
        sides = list(_parts(condition, exp.Or))
        own = [side for side in sides if self._asks_own(side)]
        return bool(own) and all(side in own or (len(sides) > 1 and _asks_all(side)) for side in sides)

    def _asks_own(self, side: exp.Expr) -> bool:
        if isinstance(side, exp.In):
            return (
                isinstance(side.this, exp.Column)
                and len(side.expressions) == 1
                and _is_placeholder(side.expressions[0], OWN)
            )
        if not isinstance(side, exp.EQ) or not self._named:
            return False
        pair = (side.left, side.right)
        return any(
            isinstance(one, exp.Column) and _is_placeholder(other, self._named) for one, other in (pair, pair[::-1])
        )


def _parts(condition: exp.Expr, joined_by: type[exp.Connector]) -> Iterator[exp.Expr]:
    """What a condition joins with AND, or with OR, however it is bracketed."""
    if isinstance(condition, exp.Paren):
        yield from _parts(condition.this, joined_by)
    elif isinstance(condition, joined_by):
        yield from _parts(condition.left, joined_by)
        yield from _parts(condition.right, joined_by)
    else:
        yield condition


def _asks_all(side: exp.Expr) -> bool:
    return isinstance(side, exp.EQ) and _is_placeholder(side.left, ALL) and side.right.name == "1"


def _is_placeholder(found: exp.Expr, name: str) -> bool:
    return isinstance(found, exp.Placeholder) and found.this == name
