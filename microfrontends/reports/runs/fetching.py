"""Whether somebody may fetch a file that was written in the background: its owner alone, with the rights of now."""

from collections.abc import Iterator

from flask_babel import gettext as _

from bff import Missing, NotPermitted, RuleBroken, asker, audited_read
from microfrontends.reports.catalogue import Entry
from microfrontends.reports.domain.scope import may_run
from microfrontends.reports.kept import KeptFile, LostFile
from microfrontends.reports.remembered import present_runs
from microfrontends.reports.runs.records import KeptRun, State, Way
from microfrontends.reports.shelf import shelf


def own_run(run_id: str) -> KeptRun:
    """A run in the background of the asker's. Raises Missing, whether there is none or it is another's."""
    found = present_runs().find(run_id)
    if found is None or found.way is not Way.JOB or found.by.actor.subject != asker().subject:
        raise Missing(_("There is no such run."))
    return found


def fetched(run_id: str) -> tuple[KeptRun, KeptFile, Iterator[bytes]]:
    """A file's run, its facts, its pieces; that it is read is kept before.

    Raises Missing also for whoever no longer sees all that it shows; NotPermitted for whoever may no longer run the
    report; RuleBroken where there is no file yet, or none any more.
    """
    run = own_run(run_id)
    refuse_without_rights(run)
    runs = present_runs()
    whole = runs.files.find(run.file) if run.file else None
    if whole is None:
        raise _no_file(run)
    try:
        pieces = runs.files.read(whole.id)
    except LostFile:  # its time ended just now
        raise _no_file(run) from None
    detail = {"run": run.id, "format": run.form, "bytes": whole.size, "parameters": dict(run.parameters)}
    audited_read("report.fetch", f"report:{run.report}", detail=detail)
    runs.fetched(run.id)
    return run, whole, pieces


def refuse_without_rights(run: KeptRun) -> Entry:
    """Raise unless the asker may still run the report, and still sees every row that it may show."""
    entry, who = shelf().catalogue.get(run.report), asker()
    if entry is None or not may_run(entry.report, who.sees_all):
        raise Missing(_("There is no report %(name)s.", name=run.report))
    if not who.may(entry.report.permission):
        raise NotPermitted(entry.report.permission)
    if not run.by.within(who.sees_all, who.participants):
        raise Missing(_("This file shows more than you may see now. Run the report again."))
    return entry


def _no_file(run: KeptRun) -> RuleBroken:
    if run.state is State.COMPLETE:
        return RuleBroken(_("This file is no longer kept. Run the report again."))
    if not run.state.over:
        return RuleBroken(_("This file is not ready yet."))
    return RuleBroken(_("There is no file of this run: it was not completed."))
