"""Finding a report: all that the reader may run, by group."""

from flask import Blueprint, Response
from flask_babel import gettext as _

from bff import render, requires
from microfrontends.reports.domain.definition import Report
from microfrontends.reports.permissions import P
from microfrontends.reports.shelf import open_to_reader, spoken

blueprint = Blueprint("catalogue", __name__, url_prefix="/catalogue")


@blueprint.get("")
@requires(P.VIEW_CATALOGUE)
def index() -> Response:
    """The catalogue."""
    groups: dict[str, list[Report]] = {}
    for report in sorted(open_to_reader(), key=lambda each: spoken(each.title)):
        groups.setdefault(spoken(report.group), []).append(report)
    return render("catalogue/index.html", title=_("Reports"), groups=sorted(groups.items()), spoken=spoken)
