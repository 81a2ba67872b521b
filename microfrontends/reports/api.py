"""The JSON interface: which reports there are, and the rows of one as JSON or CSV."""

from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Blueprint as PlainBlueprint
from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from bff import requires
from bff.web.api import described as describe
from bff.web.failures import Failure, answer
from bff.web.locale import spoken
from microfrontends.reports import remembered
from microfrontends.reports.domain.definition import Query, Report
from microfrontends.reports.formats import csv, json
from microfrontends.reports.formats.names import attachment
from microfrontends.reports.permissions import P
from microfrontends.reports.run import Asked, Run
from microfrontends.reports.shelf import open_to_reader, run_of
from microfrontends.reports.views.form import sentence

blueprint = Blueprint("api", __name__, url_prefix="/api/reports", description="Reports over the hub's database")


def described() -> PlainBlueprint:
    """The API's routes and, at /api/openapi.json, its description."""
    return describe(blueprint)


class ParamSchema(Schema):
    """A parameter of a report."""

    name = fields.String()
    type = fields.String()
    label = fields.String()
    required = fields.Boolean()


class ReportSchema(Schema):
    """A report that the caller may run."""

    name = fields.String()
    title = fields.String()
    description = fields.String()
    group = fields.String()
    href = fields.String()
    formats = fields.List(fields.String())
    params = fields.List(fields.Nested(ParamSchema))


class ReportsSchema(Schema):
    """The reports that the caller may run."""

    reports = fields.List(fields.Nested(ReportSchema))


@blueprint.get("")
@requires(P.VIEW_CATALOGUE)
@blueprint.response(200, ReportsSchema)
def reports() -> dict[str, object]:
    """The reports that the caller may run."""
    return {"reports": [_described(report) for report in open_to_reader()]}


@blueprint.get("/<name>")
@requires(P.VIEW_CATALOGUE)
@blueprint.doc(parameters=[{"in": "query", "name": "format", "schema": {"type": "string", "enum": ["json", "csv"]}}])
@blueprint.alt_response(404, description="No such report, or nothing of that kind in the caller's view")
@blueprint.alt_response(422, description="A parameter is missing or cannot be used")
def rows(name: str) -> Response:
    """The rows of a report, streamed. The report's own parameters go into the query."""
    run = run_of(name)
    asked = run.asked(request.args)
    form = request.args.get("format", "json")
    faults = [sentence(problem) for problem in asked.problems]
    if form not in ("json", "csv"):
        faults.append(_("The format is “%(format)s”. Ask for json or csv.", format=form))
    if faults:
        return answer(Failure(422, _("The report cannot be run with these values"), " ".join(faults)))
    return _csv(run, asked) if form == "csv" else _json(run, asked)


def _csv(run: Run, asked: Asked) -> Response:
    table = run.report.tables[0]
    found = remembered.sent(run.report, asked.values, "csv", run.streamed(asked))
    body = csv.stream(table.columns, [column.key for column in table.columns], found)
    return Response(body, content_type=csv.TYPE, headers=attachment(run.report.name, asked.values, _now(), "csv"))


def _json(run: Run, asked: Asked) -> Response:
    table = run.report.tables[0]
    head = {
        "report": run.report.name,
        "as_of": f"{_now():%Y-%m-%dT%H:%M:%SZ}",
        "parameters": {name: str(value) for name, value in asked.values.items() if value is not None},
        "columns": _columns(table),
    }
    found = remembered.sent(run.report, asked.values, "json", run.streamed(asked))
    return Response(json.stream(head, table.columns, found), content_type=json.TYPE)


def _columns(table: Query) -> list[Mapping[str, str]]:
    return [
        {"key": column.key, "label": spoken(column.label), "type": str(column.type)}
        | ({"currency": column.currency} if column.currency else {})
        for column in table.columns
    ]


def _described(report: Report) -> dict[str, object]:
    return {
        "name": report.name,
        "title": spoken(report.title),
        "description": spoken(report.description),
        "group": spoken(report.group),
        "href": url_for("api.rows", name=report.name),
        "formats": ["json", "csv"],
        "params": [
            {"name": param.name, "type": str(param.type), "label": spoken(param.label), "required": param.required}
            for param in report.params
        ],
    }


def _now() -> datetime:
    return datetime.now(UTC)
