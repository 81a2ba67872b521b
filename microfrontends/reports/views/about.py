"""What pages of other apps show of the reports: those about their object, each a link with the object filled in."""

from collections.abc import Iterator
from urllib.parse import urlencode

from flask import Blueprint, Response, url_for

from bff import render_part, requires
from bff.web.locale import spoken
from microfrontends.reports.domain.definition import ParamType
from microfrontends.reports.permissions import P
from microfrontends.reports.shelf import open_to_reader

blueprint = Blueprint("about", __name__)


@blueprint.get("/slots/settlement/<int:id>")
@requires(P.VIEW_CATALOGUE)
def settlement(id: int) -> Response:  # noqa: A002  # the name under which a page says what it is about
    """The reports about one settlement; nothing at all for whoever may run none of them."""
    found = sorted(_about(ParamType.SETTLEMENT, id), key=lambda link: link[0].casefold())
    return render_part("about/_panel.html", links=found) if found else Response("", mimetype="text/html")


def _about(kind: ParamType, value: int) -> Iterator[tuple[str, str]]:
    """Title and address of each report that the reader may run and that asks for such an object."""
    for report in open_to_reader():
        asked = next((param.name for param in report.params if param.type is kind), None)
        if asked is not None:
            # Not as arguments of url_for: a parameter may be called `name`, or `_scheme`.
            yield spoken(report.title), f"{url_for('run.report', name=report.name)}?{urlencode({asked: value})}"
