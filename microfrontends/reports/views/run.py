"""Running a report: its parameters asked for, its result on a page, the same rows as a file."""

from urllib.parse import urlencode

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from bff import Missing, asker, render, requires
from bff.web.locale import spoken
from microfrontends.reports import remembered
from microfrontends.reports.domain.definition import Format
from microfrontends.reports.export import by_label, exported, wait_of
from microfrontends.reports.permissions import P
from microfrontends.reports.run import PAGE_ROWS, Asked, Run, Shown
from microfrontends.reports.shelf import run_of
from microfrontends.reports.views import form, result
from microfrontends.reports.views.laid_out import of_page

blueprint = Blueprint("run", __name__, url_prefix="/catalogue")


@blueprint.get("/<name>")
@requires(P.VIEW_CATALOGUE)
def report(name: str) -> Response:
    """The report's form and, once its parameters are given, its result."""
    run = run_of(name)
    asked = run.asked(request.args)
    begun = any(param.name in request.args for param in run.report.params)
    shown = run.shown(asked, wait_of(run)) if asked.fit else None
    if shown:
        remembered.shown(run.report, asked.values, sum(table.count for _, table in shown.tables))
    return _page(run, asked, shown, complain=begun)


@blueprint.get("/<name>/rows.<form>")
@requires(P.VIEW_CATALOGUE)
def rows(name: str, form: str) -> Response:
    """The report's rows as a file, sent as they are read."""
    run = run_of(name)
    if form not in run.report.formats:
        raise Missing(_("This report is not written as %(format)s.", format=form))
    asked = run.asked(request.args)
    if not asked.fit:
        return _page(run, asked, None, complain=True)
    return exported(run, asked, Format(form), by_label())


def _page(run: Run, asked: Asked, shown: Shown | None, *, complain: bool) -> Response:
    refused = complain and not asked.fit
    return render(
        "run/report.html",
        title=spoken(run.report.title),
        status=422 if refused else 200,
        description=spoken(run.report.description),
        fields=form.fields(run.choices(), run.report.params, asked, complain=complain),
        errors=form.errors(asked) if refused else [],
        result=result.of(shown) if shown else None,
        laid_out=of_page(run.report, shown, asked.values) if shown else None,
        only=() if asker().sees_all else sorted(asker().participants),
        exports=[(str(form).upper(), _export(run, asked, form)) for form in run.report.formats],
        page_rows=PAGE_ROWS,
    )


def _export(run: Run, asked: Asked, form: Format) -> str:
    # Not as arguments of url_for: a parameter may be called `name`, or `_scheme`.
    given = {param.name: asked.given[param.name] for param in run.report.params if asked.given.get(param.name)}
    return f"{url_for('run.rows', name=run.report.name, form=str(form))}?{urlencode(given)}"
