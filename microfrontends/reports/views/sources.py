"""Report sources: which files there are, where each comes from, since when it is served, and what is wrong with it."""

from typing import Any

from flask import Blueprint, Response, current_app, url_for
from flask_babel import gettext as _

from bff import allowed, render, requires
from bff.web.locale import spoken
from microfrontends.reports.permissions import P
from microfrontends.reports.shelf import shelf
from microfrontends.reports.sources.live import Fault, Listed

blueprint = Blueprint("sources", __name__, url_prefix="/sources")


@blueprint.get("")
@requires(P.VIEW_SOURCES)
def index() -> Response:
    """Every file of every source."""
    now = shelf().catalogue.now
    faulty = [listed for listed in now.files if listed.fault]
    return render(
        "sources/index.html",
        title=_("Report sources"),
        away=[{"title": words(name), "reason": reason} for name, reason in now.away.items()],
        problems=[
            _problem(listed, fault) for listed in faulty for fault in (listed.fault.every if listed.fault else ())
        ],
        shelves=[
            (words(source), [_row(each) for each in now.files if each.source == source])
            for source in shelf().catalogue.sources
        ],
        served=len(now.entries),
    )


def words(source: str) -> str:
    """What people call a source."""
    named = {"catalogue": _("Standard reports"), "folder": _("Reports folder")}
    return named.get(source) or source.replace("package ", _("Package") + " ", 1)


def _problem(listed: Listed, fault: Fault) -> dict[str, Any]:
    served = _("The copy before it is served") if listed.entry else _("Nothing of it is served")
    return {
        "file": f"{listed.file}:{fault.line}",
        "source": words(listed.source),
        "reason": fault.reason,
        "served": served,
        "href": _preview(listed),
    }


def _row(listed: Listed) -> dict[str, Any]:
    report = listed.entry.report if listed.entry else None
    return {
        "title": spoken(report.title) if report else "",
        "file": listed.file,
        "loaded": listed.loaded,
        "state": "REFUSED" if listed.fault else "OK",
        "href": _preview(listed),
    }


def _preview(listed: Listed) -> str:
    if "preview.show" in current_app.view_functions and allowed("preview.show"):
        return url_for("preview.show", name=listed.stem, _source=listed.source)
    return ""
