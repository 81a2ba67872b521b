"""What pages of other apps show of the reports: those about their object, each a link with the object filled in."""

from collections.abc import Iterator
from urllib.parse import urlencode

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _

from bff import asker, render_part, requires
from bff.web.locale import spoken
from microfrontends.reports.domain.definition import ParamType
from microfrontends.reports.permissions import P
from microfrontends.reports.shelf import open_to_reader

blueprint = Blueprint("about", __name__)


@blueprint.get("/slots/settlement/<int:id>")
@requires(P.VIEW_CATALOGUE)
def settlement(id: int) -> Response:  # noqa: A002  # the name under which a page says what it is about
    """The reports about one settlement; nothing at all for whoever may run none of them."""
    return _panel(_("Reports of this settlement"), ParamType.SETTLEMENT, id)


@blueprint.get("/slots/participant/<name>")
@requires(P.VIEW_CATALOGUE)
def participant(name: str) -> Response:
    """The reports about one participant, for whoever may see it; nothing at all for others."""
    if not asker().sees(name):
        return Response("", mimetype="text/html")
    return _panel(_("Reports of this participant"), ParamType.PARTICIPANT, name)


def _panel(title: str, kind: ParamType, value: str | int) -> Response:
    found = sorted(_about(kind, value), key=lambda link: link[0].casefold())
    if not found:
        return Response("", mimetype="text/html")
    return render_part("about/_panel.html", title=title, links=found)


def _about(kind: ParamType, value: str | int) -> Iterator[tuple[str, str]]:
    """Title and address of each report that the reader may run and that asks for such an object."""
    for report in open_to_reader():
        asked = next((param.name for param in report.params if param.type is kind), None)
        if asked is not None:
            # Not as arguments of url_for: a parameter may be called `name`, or `_scheme`.
            yield spoken(report.title), f"{url_for('run.report', name=report.name)}?{urlencode({asked: value})}"
