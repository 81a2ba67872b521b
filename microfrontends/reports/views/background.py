"""Reports in the background: asked for, watched, cancelled, fetched by whoever asked and by nobody else."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bff import Missing, asker, render, render_part, requires
from bff.web.formats import figure
from bff.web.locale import spoken
from microfrontends.reports.domain.definition import Format
from microfrontends.reports.domain.look import finds
from microfrontends.reports.execute import TooLong
from microfrontends.reports.export import WRITERS
from microfrontends.reports.formats.names import attachment
from microfrontends.reports.permissions import P
from microfrontends.reports.remembered import present_runs
from microfrontends.reports.run import Asked, Run, Shown
from microfrontends.reports.runs.asking import ASKED_IN_PERSON, present_background
from microfrontends.reports.runs.fetching import fetched, own_run
from microfrontends.reports.runs.records import Way, first_id_at
from microfrontends.reports.runs.store import OPEN
from microfrontends.reports.runs.table import report_run
from microfrontends.reports.shelf import run_of
from microfrontends.reports.views.run_words import Told

MOST = 5  # files in the panel and in the notice
WAITS = timedelta(days=7)  # longer than any run waits for its turn, and is written
FORMAT = "file-format"  # as no parameter can be called
blueprint = Blueprint("background", __name__)
_run = report_run.c


@blueprint.post("/catalogue/<name>/background")
@requires(P.VIEW_CATALOGUE)
def ask(name: str) -> AnyResponse:
    """Have the report written with the form's values; on to the page that says how far it is."""
    run = run_of(name)
    form = request.form.get(FORMAT, "")
    if form not in run.report.formats:
        raise Missing(_("This report is not written as %(format)s.", format=form))
    given = {param.name: request.form.get(param.name, "") for param in run.report.params}
    given |= finds(request.form, run.report.tables)
    asked = run.asked(given)
    if not asked.fit:
        # The report's own page says what is wrong with which value.
        return redirect(_page_of(run, given), 303)
    found = present_background().ask(run, asked, Format(form))
    return redirect(url_for("runs.show", run_id=found.id), 303)


@blueprint.get("/runs/<run_id>/progress")
@requires(P.VIEW_CATALOGUE)
def progress(run_id: str) -> Response:
    """How far a run of one's own is: a piece of its page, which asks for it until the run is over."""
    return render_part("runs/_progress.html", told=Told.of(own_run(run_id), asker()))


@blueprint.post("/runs/<run_id>/cancel")
@requires(P.VIEW_CATALOGUE)
def cancel(run_id: str) -> AnyResponse:
    """Stop a run of one's own."""
    present_background().cancel(own_run(run_id))
    return redirect(url_for("runs.show", run_id=run_id), 303)


@blueprint.get("/runs/<run_id>/file")
@requires(P.VIEW_CATALOGUE)
def file(run_id: str) -> Response:
    """The file of a run of one's own."""
    return sent(run_id)


@blueprint.get("/runs/news")
@requires(P.VIEW_CATALOGUE)
def news() -> Response:
    """What of one's own is under way or ready: a notice in the reports' pages, which asks until nothing is."""
    return render_part("runs/_news.html", **news_of())


@blueprint.get("/slots/files")
@requires(P.VIEW_CATALOGUE)
def panel() -> Response:
    """The panel of the home page; nothing at all for whoever has no file."""
    told = _told(_run.state.in_(OPEN) | _run.file.is_not(None))
    found = [each for each in told if each.fetchable or not each.run.state.over]
    if not found:
        return Response("", mimetype="text/html")
    return render_part("runs/_home.html", found=found[:MOST], as_of=datetime.now(UTC))


def sent(run_id: str) -> Response:
    """The answer that sends a file, page and API alike."""
    run, whole, pieces = fetched(run_id)
    headers = attachment(run.report, run.parameters, run.ended_at or run.asked_at, run.form)
    headers |= {"Content-Length": str(whole.size), "Cache-Control": "private, no-store"}
    return Response(pieces, content_type=WRITERS[Format(run.form)].type, headers=headers)


def news_of() -> dict[str, Any]:
    """What `runs/_news.html` takes: runs under way, and files that nobody has fetched yet."""
    told = _told(_run.state.in_(OPEN) | (_run.file.is_not(None) & _run.fetched_at.is_(None)))
    return {
        "running": [each for each in told if not each.run.state.over],
        "ready": [each for each in told if each.fetchable],
    }


def _told(condition: Any) -> list[Told]:
    who = asker()
    kept = timedelta(hours=current_app.extensions["portal_settings"].kept_hours) + WAITS
    recent = _run.id >= first_id_at(datetime.now(UTC) - kept)  # so that a long history costs nothing
    own = (_run.subject == who.subject, recent, _run.way == Way.JOB, condition)
    return [Told.of(run, who) for run in present_runs().read(*own, most=2 * MOST)]


def offer(run: Run, asked: Asked, shown: Shown | None, *, overdue: bool = False) -> dict[str, Any] | None:
    """What `run/_background.html` takes; None where the values do not fit. `why`: where it is proposed."""
    if not asked.fit:
        return None
    if run.report.source in ASKED_IN_PERSON:
        return {"action": "", "given": [], "formats": [], "why": "", "in_person": True}
    most = current_app.extensions["portal_settings"].job_rows
    count = sum(table.count for _query, table in shown.tables) if shown else 0
    why = ""
    if overdue:
        why = _("This takes longer than a page waits")
    elif count >= most:
        why = _("%(count)s rows are many to wait for", count=figure(count))
    elif shown and not all(table.counted for _query, table in shown.tables):
        why = _("There are more rows than could be counted in time")
    return {
        "action": url_for("background.ask", name=run.report.name),
        "given": [
            *((param.name, asked.given.get(param.name) or param.default) for param in run.report.params),
            *finds(asked.given, run.report.tables).items(),
        ],
        "formats": list(run.report.formats),
        "why": why,
        "in_person": False,
    }


def too_long(problem: TooLong) -> Response:
    """A report that takes longer than a page, or whoever waits for a file, has time: in the background it may."""
    run = run_of((request.view_args or {})["name"])
    asked = run.asked(request.args)
    return render(
        "run/too_long.html",
        title=spoken(run.report.title),
        status=409,
        sentence=str(problem),
        background=offer(run, asked, None, overdue=True),
        again=_page_of(run, asked.given),
    )


def _page_of(run: Run, given: Mapping[str, str]) -> str:
    query = urlencode({name: value for name, value in given.items() if value})
    return f"{url_for('run.report', name=run.report.name)}?{query}"


@blueprint.app_context_processor
def _for_templates() -> dict[str, Any]:
    return {"background_news": news_of}
