"""A result in a report's own layout."""

from collections.abc import Mapping

from markupsafe import Markup

from bff.web.locale import spoken
from microfrontends.reports.domain.definition import Query, Report
from microfrontends.reports.layout import laid_out
from microfrontends.reports.run import Shown


def of_page(report: Report, shown: Shown, parameters: Mapping[str, object]) -> Markup | None:
    """A page's result in the report's own layout; None for a report without one."""
    if not report.layout:
        return None
    tables = {
        query.name: {"rows": table.shown, "columns": _heads(query), "totals": table.totals, "count": table.count}
        for query, table in shown.tables
    }
    facts = {query.name: row for query, row in shown.facts}
    known = {"title": spoken(report.title), "parameters": parameters, "as_of": shown.as_of}
    return laid_out(report.layout, {**known, "facts": facts, "tables": tables})


def _heads(query: Query) -> list[dict[str, str]]:
    return [{"key": column.key, "label": spoken(column.label), "type": str(column.type)} for column in query.columns]
