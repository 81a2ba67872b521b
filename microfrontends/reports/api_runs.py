"""The JSON interface of runs: a report in the background, its file, and which runs there were."""

from typing import Any

from flask import Response, abort, request, url_for
from flask_babel import gettext as _
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from bff import NotPermitted, asker, requires
from bff.change.words import said
from bff.web.failures import Failure, answer
from microfrontends.reports.domain.definition import Format
from microfrontends.reports.packs.history import on_behalf_of
from microfrontends.reports.permissions import P
from microfrontends.reports.runs.asking import present_background
from microfrontends.reports.runs.fetching import own_run
from microfrontends.reports.runs.listing import PAGE, History, Wanted
from microfrontends.reports.runs.records import KeptRun, State, Way
from microfrontends.reports.shelf import run_of
from microfrontends.reports.views.background import sent
from microfrontends.reports.views.form import sentence
from microfrontends.reports.views.run_words import Told
from microfrontends.reports.views.runs import own_history, run_in_view, whole_history

blueprint = Blueprint("runs_api", __name__, url_prefix="/api", description="Runs of reports, and files of long ones")


class RunSchema(Schema):
    """A run of a report. `parameters` is null where the caller no longer sees whose rows it showed."""

    id = fields.UUID()
    href = fields.String()
    report = fields.String()
    way = fields.String(metadata={"enum": list(Way)})
    format = fields.String()
    state = fields.String(metadata={"enum": list(State)})
    problem = fields.String()
    subject = fields.String()
    name = fields.String()
    parameters = fields.Dict(keys=fields.String(), values=fields.String(), allow_none=True)
    rows = fields.Integer(allow_none=True, metadata={"description": "So far, while it runs"})
    counted = fields.Integer(allow_none=True, metadata={"description": "Of so many, where that is known"})
    milliseconds = fields.Integer(allow_none=True)
    sha256 = fields.List(fields.String(), metadata={"description": "What the file carries: a workbook one each sheet"})
    asked_at = fields.DateTime()
    ended_at = fields.DateTime(allow_none=True)
    expires_at = fields.DateTime(allow_none=True)
    file = fields.String(allow_none=True, metadata={"description": "Where the file is, for whom it is"})


class RunsSchema(Schema):
    """A page of runs, the newest first; `older` is the address of the next."""

    runs = fields.List(fields.Nested(RunSchema))
    total = fields.Integer()
    older = fields.String(allow_none=True)


class ListSchema(Schema):
    """Which runs."""

    everybody = fields.Boolean(load_default=False, metadata={"description": "Needs the permission to see all runs"})
    report = fields.String(load_default="")
    person = fields.String(load_default="")
    state = fields.String(validate=validate.OneOf(list(State)))
    way = fields.String(validate=validate.OneOf(list(Way)))
    first = fields.Date(data_key="from")
    last = fields.Date(data_key="to")
    before = fields.UUID(metadata={"description": "Runs older than this one"})
    limit = fields.Integer(load_default=PAGE, validate=validate.Range(1, 500))


FORMS = {"in": "query", "name": "format", "schema": {"type": "string", "enum": list(Format), "default": "csv"}}


@blueprint.post("/reports/<path:name>/jobs")
@requires(P.VIEW_CATALOGUE)
@blueprint.doc(parameters=[FORMS])
@blueprint.response(202, RunSchema)
@blueprint.alt_response(404, description="No such report, or nothing of that kind in the caller's view")
@blueprint.alt_response(409, description="As many of the caller's reports are in the background as may")
@blueprint.alt_response(422, description="A parameter is missing or cannot be used")
def ask(name: str) -> Any:
    """Have a report written in the background. Its own parameters go into the query; Location says where it is."""
    run = run_of(name)
    asked = run.asked(request.args)
    form = request.args.get("format", "csv")
    faults = [sentence(problem) for problem in asked.problems]
    if form not in run.report.formats:
        forms = ", ".join(run.report.formats)
        faults.append(_("The format is “%(format)s”. Ask for one of: %(formats)s.", format=form, formats=forms))
    if faults:
        abort(answer(Failure(422, _("The report cannot be run with these values"), " ".join(faults))))
    found = present_background().ask(run, asked, Format(form), keyed=True)
    return _described(found), 202, {"Location": url_for("runs_api.one", run_id=found.id)}


@blueprint.get("/runs")
@requires(P.VIEW_CATALOGUE)
@blueprint.arguments(ListSchema, location="query")
@blueprint.response(200, RunsSchema)
def runs(query: dict[str, Any]) -> dict[str, Any]:
    """The caller's runs, or everybody's."""
    everybody, limit = query.pop("everybody"), query.pop("limit")
    history = _whole() if everybody else own_history()
    query = {**query, "before": str(query.get("before", ""))}
    wanted = Wanted(**query)
    found = history.page(wanted, limit)
    more: dict[str, Any] = {"limit": limit, **({"everybody": "true"} if everybody else {})}
    older = url_for("runs_api.runs", **more, **wanted.query(before=found.older)) if found.older else None
    return {"runs": [_described(run) for run in found.runs], "total": found.total, "older": older}


@blueprint.get("/runs/<run_id>")
@requires(P.VIEW_CATALOGUE)
@blueprint.response(200, RunSchema)
@blueprint.alt_response(404, description="No such run, or not one that the caller may see")
def one(run_id: str) -> dict[str, Any]:
    """One run. While it is WAITING or RUNNING, ask again after some seconds."""
    return _described(run_in_view(run_id))


@blueprint.post("/runs/<run_id>/cancel")
@requires(P.VIEW_CATALOGUE)
@blueprint.response(202, RunSchema)
@blueprint.alt_response(404, description="No such run in the background of the caller's")
@blueprint.alt_response(409, description="It is over already")
def cancel(run_id: str) -> dict[str, Any]:
    """Stop a run of the caller's in the background."""
    present_background().cancel(own_run(run_id))
    return _described(own_run(run_id))


@blueprint.get("/runs/<run_id>/file")
@requires(P.VIEW_CATALOGUE)
@blueprint.response(200, content_type="application/octet-stream")
@blueprint.alt_response(403, description="The caller may no longer run the report")
@blueprint.alt_response(404, description="No such run of the caller's, or more than they see now")
@blueprint.alt_response(409, description="Not ready yet, or no longer kept")
def file(run_id: str) -> Response:
    """The file, for whoever asked for it and for nobody else."""
    return sent(run_id)


def _whole() -> History:
    if not asker().may(P.VIEW_ALL_RUNS):
        raise NotPermitted(P.VIEW_ALL_RUNS)
    return whole_history()


def _described(run: KeptRun) -> dict[str, Any]:
    told = Told.of(run, asker())
    names = ("id", "report", "rows", "counted", "milliseconds", "sha256", "asked_at", "ended_at", "expires_at")
    return {
        **{name: getattr(run, name) for name in names},
        "href": url_for("runs_api.one", run_id=run.id),
        "way": str(run.way),
        "format": run.form,
        "state": str(run.state),
        "problem": said(run.problem) if told.seen else "",
        "subject": run.by.actor.subject,
        "name": on_behalf_of(run),
        "parameters": dict(run.parameters) if told.seen else None,
        "file": url_for("runs_api.file", run_id=run.id) if told.fetchable else None,
    }
