"""The JSON interface: which reports there are, and the rows of one in any of its formats."""

from flask import Blueprint as PlainBlueprint
from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from bff import requires
from bff.web.api import described as describe
from bff.web.failures import Failure, answer
from bff.web.locale import spoken
from microfrontends.reports import api_packs, api_runs
from microfrontends.reports.domain.definition import Format, Report
from microfrontends.reports.export import by_key, exported
from microfrontends.reports.permissions import P
from microfrontends.reports.shelf import open_to_reader, run_of
from microfrontends.reports.views.form import sentence

blueprint = Blueprint("api", __name__, url_prefix="/api/reports", description="Reports over the hub's database")


def described() -> PlainBlueprint:
    """The API's routes and, at /api/openapi.json, its description."""
    return describe(api_packs.blueprint, api_runs.blueprint, blueprint)


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


FORMS = {"in": "query", "name": "format", "schema": {"type": "string", "enum": list(Format), "default": "json"}}


@blueprint.get("/<path:name>")
@requires(P.VIEW_CATALOGUE)
@blueprint.doc(parameters=[FORMS])
@blueprint.alt_response(404, description="No such report, or nothing of that kind in the caller's view")
@blueprint.alt_response(409, description="More rows than the format, or the report, allows")
@blueprint.alt_response(422, description="A parameter is missing or cannot be used")
@blueprint.alt_response(503, description="As many reports are running as may; Retry-After says when to ask again")
def rows(name: str) -> Response:
    """The rows of a report, streamed. The report's own parameters go into the query.

    `find.` and a table's name narrow it to the rows that hold a text.
    """
    run = run_of(name)
    asked = run.asked(request.args)
    form = request.args.get("format", "json")
    faults = [sentence(problem) for problem in asked.problems]
    if form not in run.report.formats:
        forms = ", ".join(run.report.formats)
        faults.append(_("The format is “%(format)s”. Ask for one of: %(formats)s.", format=form, formats=forms))
    if faults:
        return answer(Failure(422, _("The report cannot be run with these values"), " ".join(faults)))
    return exported(run, asked, Format(form), by_key)


def _described(report: Report) -> dict[str, object]:
    return {
        "name": report.name,
        "title": spoken(report.title),
        "description": spoken(report.description),
        "group": spoken(report.group),
        "href": url_for("api.rows", name=report.name),
        "formats": list(report.formats),
        "params": [
            {"name": param.name, "type": str(param.type), "label": spoken(param.label), "required": param.required}
            for param in report.params
        ],
    }
