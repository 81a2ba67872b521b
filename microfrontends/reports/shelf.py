"""Which reports the present reader may open, and a run of one of them; pages and API ask here alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import gettext as _

from bff import Missing, NotPermitted, asker
from bff.web.locale import language
from microfrontends.reports.catalogue import Entry
from microfrontends.reports.domain.definition import Report
from microfrontends.reports.domain.scope import may_run
from microfrontends.reports.execute import HubDatabase
from microfrontends.reports.run import Run
from microfrontends.reports.sources.live import Live

NAME = "reports"


@dataclass(frozen=True)
class Shelf:
    """The catalogue and the database that it asks."""

    catalogue: Live
    database: HubDatabase


def shelf() -> Shelf:
    """The present app's shelf."""
    found: Shelf = current_app.extensions[NAME]
    return found


def open_to_reader() -> Iterator[Report]:
    """The reports that the reader may run."""
    who = asker()
    for entry in shelf().catalogue.values():
        if may_run(entry.report, who.sees_all) and who.may(entry.report.permission):
            yield entry.report


def run_of(name: str) -> Run:
    """The reader's run of a report. Raises Missing, also for one that is not for such readers, or NotPermitted."""
    who = asker()
    entry = _entry(name)
    if entry is None or not may_run(entry.report, who.sees_all):
        raise Missing(_("There is no report %(name)s.", name=name))
    if not who.may(entry.report.permission):
        raise NotPermitted(entry.report.permission)
    return Run(entry, who, shelf().database, ZoneInfo(current_app.config["TIME_ZONE"]), language())


def _entry(name: str) -> Entry | None:
    """By its name, or by the path that a MojaloopReport's URL has."""
    catalogue, path = shelf().catalogue, name.strip("/").lower()
    return catalogue.get(name) or next((entry for entry in catalogue.values() if entry.report.path == path), None)
