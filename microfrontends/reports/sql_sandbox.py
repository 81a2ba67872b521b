"""A statement as the sandbox's SQLite runs it: sqlglot's translation, and what that leaves in MySQL's words."""

from collections.abc import Callable

from sqlglot import exp


def for_sqlite(tree: exp.Query) -> exp.Query:
    """The statement with calls that `source.functions` answers in place of what SQLite has no word for."""
    changed = tree.copy()
    for kind, rewrite in REWRITES.items():
        for found in list(changed.find_all(kind)):
            found.replace(rewrite(found))
    return changed


def _call(name: str, *arguments: exp.Expr | None) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=[each or exp.Null() for each in arguments])


def _unit(found: exp.Expr) -> exp.Expr:
    return exp.Literal.string(found.text("unit") or "DAY")


def _shifted(sign: str) -> Callable[[exp.Expr], exp.Expr]:
    def rewrite(found: exp.Expr) -> exp.Expr:
        amount, unit = found.expression, _unit(found)
        if isinstance(amount, exp.Interval):
            amount, unit = amount.this, _unit(amount)
        return _call("SHIFTED", found.this, exp.Literal.string(sign), amount, unit)

    return rewrite


def _maybe_shifted(sign: str) -> Callable[[exp.Expr], exp.Expr]:
    shift = _shifted(sign)
    return lambda found: shift(found) if isinstance(found.expression, exp.Interval) else found


REWRITES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.TimestampDiff: lambda found: _call("TIMES_APART", _unit(found), found.expression, found.this),
    exp.ConvertTimezone: lambda found: _call(
        "CONVERT_TZ", found.args.get("timestamp"), found.args.get("source_tz"), found.args.get("target_tz")
    ),
    exp.DateAdd: _shifted("+"),
    exp.DateSub: _shifted("-"),
    exp.Add: _maybe_shifted("+"),
    exp.Sub: _maybe_shifted("-"),
    exp.Left: lambda found: _call("SUBSTR", found.this, exp.Literal.number(1), found.expression),
    exp.Right: lambda found: _call("SUBSTR", found.this, exp.Neg(this=found.expression)),
    exp.Trunc: lambda found: _call("TRUNCATED", found.this, found.args.get("decimals") or exp.Literal.number(0)),
}
