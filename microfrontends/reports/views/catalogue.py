"""Finding a report: those at hand first, then all that the reader may run, by group; narrowed by a few words."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bff import asker, render, requires
from bff.web.locale import language, spoken
from microfrontends.reports.at_hand import at_hand_of
from microfrontends.reports.domain.definition import Report
from microfrontends.reports.domain.finding import LONGEST, found, sought
from microfrontends.reports.permissions import P
from microfrontends.reports.shelf import open_to_reader, run_of

LATELY = 5  # reports run last
blueprint = Blueprint("catalogue", __name__, url_prefix="/catalogue")


@dataclass(frozen=True)
class Row:
    """A report of the catalogue."""

    name: str
    title: str
    href: str
    description: str
    starred: bool


@blueprint.get("")
@requires(P.VIEW_CATALOGUE)
def index() -> Response:
    """The catalogue, or what of it the words in `q` mean."""
    query = request.args.get("q", "").strip()[:LONGEST]
    at_hand = at_hand_of(asker().subject)
    starred = at_hand.starred()
    reports = sorted(open_to_reader(), key=lambda each: spoken(each.title).casefold())
    words = sought(query)
    matching = [report for report in reports if found(report, words, language())]
    shelves = [] if words else _at_hand(reports, starred, at_hand.lately(LATELY + len(starred)))
    return render(
        "catalogue/index.html",
        title=_("Reports"),
        query=query,
        shelves=[(title, [_row(report, starred) for report in some]) for title, some in shelves + _groups(matching)],
        count=len(matching),
        any=bool(reports),
    )


@blueprint.post("/<name>/favourite")
@requires(P.VIEW_CATALOGUE)
def favourite(name: str) -> AnyResponse:
    """Star a report, or star it no longer; back to where it was listed."""
    report, at_hand = run_of(name).report, at_hand_of(asker().subject)
    if request.form.get("wanted") == "yes":
        at_hand.star(report.name)
    else:
        at_hand.unstar(report.name)
    return redirect(url_for(".index", q=request.form.get("q") or None), 303)


Shelf = tuple[str, list[Report]]


def _at_hand(reports: Sequence[Report], starred: set[str], lately: Sequence[str]) -> list[Shelf]:
    known = {report.name: report for report in reports}
    last = [known[name] for name in lately if name in known and name not in starred][:LATELY]
    shelves = [(_("Favourites"), [report for report in reports if report.name in starred]), (_("Run lately"), last)]
    return [shelf for shelf in shelves if shelf[1]]


def _groups(reports: Sequence[Report]) -> list[Shelf]:
    groups: dict[str, list[Report]] = {}
    for report in reports:
        groups.setdefault(spoken(report.group), []).append(report)
    return sorted(groups.items())


def _row(report: Report, starred: set[str]) -> Row:
    href, description = url_for("run.report", name=report.name), spoken(report.description)
    return Row(report.name, spoken(report.title), href, description, report.name in starred)
