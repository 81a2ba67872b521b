"""Running a report: its parameters asked for, its result on a page, the same rows as a file."""

from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, request, url_for
from flask_babel import gettext as _

from bff import Missing, asker, render, requires
from bff.web.layout import composed
from bff.web.locale import spoken
from microfrontends.reports import remembered
from microfrontends.reports.domain.definition import Format, Query
from microfrontends.reports.domain.look import Look, finds, look
from microfrontends.reports.execute import TooLong
from microfrontends.reports.export import by_label, exported, wait_of
from microfrontends.reports.permissions import P
from microfrontends.reports.run import Asked, Page, Run
from microfrontends.reports.shelf import run_of
from microfrontends.reports.views import background, form, result
from microfrontends.reports.views.address import address_of
from microfrontends.reports.views.laid_out import of_page
from microfrontends.reports.views.presets import presets

blueprint = Blueprint("run", __name__, url_prefix="/catalogue")


@blueprint.get("/<name>")
@requires(P.VIEW_CATALOGUE)
def report(name: str) -> Response:
    """The report's form and, once its parameters are given, its result."""
    run = run_of(name)
    asked = run.asked(request.args)
    begun = any(param.name in request.args for param in run.report.params)
    if not asked.fit:
        return _page(run, asked, run.form(), complain=begun)
    with remembered.attempt(run.report, asked.values) as attempt:
        page = run.page(asked, looking, wait_of(run))
        if page.shown:
            attempt.shown(sum(len(table.shown) for _query, table in page.shown.tables))
    return _page(run, asked, page)


@blueprint.get("/<name>/rows.<form>")
@requires(P.VIEW_CATALOGUE)
def rows(name: str, form: str) -> Response:
    """The report's rows as a file, sent as they are read."""
    run = run_of(name)
    if form not in run.report.formats:
        raise Missing(_("This report is not written as %(format)s.", format=form))
    asked = run.asked(request.args)
    if not asked.fit:
        return _page(run, asked, run.form(), complain=True)
    return exported(run, asked, Format(form), by_label())


blueprint.register_error_handler(TooLong, background.too_long)


def looking(query: Query) -> Look:
    """Which part of a query's rows the present address asks for."""
    return look(request.args, query)


def _page(run: Run, asked: Asked, page: Page, *, complain: bool = False) -> Response:
    refused, params = complain and not asked.fit, run.report.params
    return render(
        "run/report.html",
        title=spoken(run.report.title),
        status=422 if refused else 200,
        description=spoken(run.report.description),
        fields=form.fields(page.choices, params, asked, complain=complain),
        lists=form.lists(page.choices, params),
        presets=presets(run.report, asked),
        errors=form.errors(asked) if refused else [],
        result=result.of(run.report, page.shown, looking) if page.shown else None,
        laid_out=of_page(run.report, page.shown, asked.values) if page.shown else None,
        given=form.given(page.choices, params, asked),
        only=() if asker().sees_all else sorted(asker().participants),
        exports=[(str(form).upper(), _export(run, asked, form)) for form in run.report.formats],
        link=_link(address_of(run.report)({})),
        background=background.offer(run, asked, page.shown),
        sought=list(finds(request.args, run.report.tables).values()),
    )


def _link(address: str) -> str:
    # The address in the browser is the shell's, where it is the shell that asks.
    settings = current_app.extensions["portal_settings"]
    return f"{(settings.shell_url if composed() else '') or settings.base_url}{address}"


def _export(run: Run, asked: Asked, form: Format) -> str:
    # Not as arguments of url_for: a parameter may be called `name`, or `_scheme`.
    given = {param.name: asked.given[param.name] for param in run.report.params if asked.given.get(param.name)}
    given |= finds(request.args, run.report.tables)
    return f"{url_for('run.rows', name=run.report.name, form=str(form))}?{urlencode(given)}"
