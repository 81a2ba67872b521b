"""Run history: who has run which report with which values, and how it went. One's own; everybody's for an auditor."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, request, url_for
from flask_babel import gettext as _

from bff import Missing, allowed, asker, audited_read, render, requires
from bff.web.sheet import csv_file
from microfrontends.reports.permissions import P
from microfrontends.reports.remembered import present_runs
from microfrontends.reports.runs.listing import Found, History, Wanted
from microfrontends.reports.runs.records import KeptRun
from microfrontends.reports.views.run_filters import filters_of
from microfrontends.reports.views.run_words import Told

blueprint = Blueprint("runs", __name__, url_prefix="/runs")


@blueprint.get("")
@requires(P.VIEW_CATALOGUE)
def index() -> Response:
    """One's own runs."""
    return _list(own_history(), _("Run history"), "runs.index")


@blueprint.get("/rows.csv")
@requires(P.VIEW_CATALOGUE)
def rows() -> Response:
    """The same as a file."""
    return _file(own_history())


@blueprint.get("/everyone")
@requires(P.VIEW_ALL_RUNS)
def everyone() -> Response:
    """Everybody's runs."""
    return _list(whole_history(), _("Run history of everybody"), "runs.everyone")


@blueprint.get("/everyone/rows.csv")
@requires(P.VIEW_ALL_RUNS)
def everyones_rows() -> Response:
    """The same as a file; taking it is audited."""
    return _file(whole_history(), with_people=True)


@blueprint.get("/<run_id>")
@requires(P.VIEW_CATALOGUE)
def show(run_id: str) -> Response:
    """One run."""
    told = Told.of(run_in_view(run_id), asker())
    return render("runs/show.html", title=_("Run of %(report)s", report=told.title), told=told)


def own_history() -> History:
    """The asker's."""
    return History(present_runs(), asker().subject, _zone())


def whole_history() -> History:
    """Everybody's. Raises Missing for whoever does not see the whole hub."""
    if not asker().sees_all:
        raise Missing(_("This shows the whole hub, and you see some participants only."))
    return History(present_runs(), None, _zone())


def run_in_view(run_id: str) -> KeptRun:
    """A run that the asker may see. Raises Missing, whether there is none or it is another's."""
    may_see_all = allowed("runs.everyone") and asker().sees_all
    history = whole_history() if may_see_all else own_history()
    found = history.find(run_id)
    if found is None:
        raise Missing(_("There is no such run."))
    return found


def _list(history: History, title: str, endpoint: str) -> Response:
    wanted = Wanted.of(request.args)
    found = history.page(wanted)
    everybody = history.subject is None
    return render(
        "runs/index.html",
        title=title,
        everybody=everybody,
        rows=[Told.of(run, asker()) for run in found.runs],
        page=_pages(found, wanted, endpoint) if found.runs else None,
        total=found.total,
        filters=filters_of(wanted, endpoint, history),
        export=[("CSV", url_for("runs.everyones_rows" if everybody else "runs.rows", **wanted.query()))],
    )


def _file(history: History, with_people: bool = False) -> Response:
    wanted, who = Wanted.of(request.args), asker()
    runs = [Told.of(run, who) for run in history.everything(wanted)]
    if with_people:
        audited_read("runs.export", detail={**wanted.query(), "runs": len(runs)})
    people = [_("Who"), _("User name")] if with_people else []
    heads = [_("When (UTC)"), *people, _("Report"), _("Parameters"), _("How"), _("State")]
    return csv_file(
        "run-history.csv",
        [*heads, _("Rows"), _("Milliseconds"), "SHA-256", _("Id")],
        (_cells(told, with_people) for told in runs),
    )


def _cells(told: Told, with_people: bool) -> list[str]:
    run = told.run
    people = [told.by_whom, run.by.actor.username] if with_people else []
    about = [f"{run.asked_at:%Y-%m-%dT%H:%M:%SZ}", *people, run.report, told.asked, told.way, told.state]
    figures = ["" if figure is None else str(figure) for figure in (run.rows, run.milliseconds)]
    return [*about, *figures, " ".join(run.sha256), run.id]


def _pages(found: Found, wanted: Wanted, endpoint: str) -> dict[str, Any]:
    return {
        "first": found.first,
        "last": found.first + len(found.runs) - 1,
        "total": found.total,
        "previous": url_for(endpoint, **wanted.query(after=found.newer, before="")) if found.newer else None,
        "next": url_for(endpoint, **wanted.query(before=found.older, after="")) if found.older else None,
    }


def _zone() -> ZoneInfo:
    return ZoneInfo(current_app.config["TIME_ZONE"])
