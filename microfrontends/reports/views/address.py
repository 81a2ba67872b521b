"""The address of what a report's page shows: its parameters, and of each table the page, the order and the search."""

from collections.abc import Callable
from urllib.parse import urlencode

from flask import request, url_for

from microfrontends.reports.domain.definition import Report
from microfrontends.reports.domain.look import keys

Address = Callable[[dict[str, object]], str]


def known(report: Report) -> dict[str, str]:
    """What the present address says that means something to the report; nothing else is carried on."""
    names = [param.name for param in report.params] + [key for query in report.tables for key in keys(query)]
    return {name: request.args[name] for name in names if request.args.get(name)}


def address_of(report: Report) -> Address:
    """The present address with some of it changed; None takes a part away."""
    # Not as arguments of url_for: a parameter may be called `name`, or `_scheme`.
    path, given = url_for("run.report", name=report.name), known(report)

    def changed(changes: dict[str, object]) -> str:
        pairs = {**given, **changes}
        said = urlencode({name: value for name, value in pairs.items() if value not in (None, "")})
        return f"{path}?{said}" if said else path

    return changed
