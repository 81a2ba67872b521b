"""Finding a report: all that the reader may run, by group."""

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _

from bff import render, requires
from bff.web.locale import spoken
from microfrontends.reports.domain.definition import Report
from microfrontends.reports.permissions import P
from microfrontends.reports.shelf import open_to_reader

blueprint = Blueprint("catalogue", __name__, url_prefix="/catalogue")


@blueprint.get("")
@requires(P.VIEW_CATALOGUE)
def index() -> Response:
    """The catalogue."""
    groups: dict[str, list[Report]] = {}
    for report in sorted(open_to_reader(), key=lambda each: spoken(each.title)):
        groups.setdefault(spoken(report.group), []).append(report)
    shelves = [(group, [_row(report) for report in reports]) for group, reports in sorted(groups.items())]
    return render("catalogue/index.html", title=_("Reports"), shelves=shelves)


def _row(report: Report) -> dict[str, str]:
    return {
        "title": spoken(report.title),
        "href": url_for("run.report", name=report.name),
        "description": spoken(report.description),
    }
