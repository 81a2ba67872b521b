"""Wires the reports micro-frontend: settings in, app out."""

from collections.abc import Sequence

from flask import Blueprint, Flask

from bff import Parts
from bff import create_app as make_app
from bff.app import know
from microfrontends.reports import api, export
from microfrontends.reports.execute import HubDatabase
from microfrontends.reports.manifest import MANIFEST
from microfrontends.reports.own import portal
from microfrontends.reports.own.sources import databases
from microfrontends.reports.packs import desk
from microfrontends.reports.packs.actions import actions
from microfrontends.reports.permissions import vocabulary
from microfrontends.reports.runs import wiring
from microfrontends.reports.settings import ReportsSettings
from microfrontends.reports.shelf import NAME, Shelf
from microfrontends.reports.sources import Sources
from microfrontends.reports.views import (
    about,
    background,
    badges,
    catalogue,
    deliveries,
    packs,
    packs_of,
    preview,
    run,
    runs,
    search,
    sources,
)

PAGES = (about.blueprint, catalogue.blueprint, run.blueprint, background.blueprint, runs.blueprint, sources.blueprint)
PACKS = (packs.blueprint, deliveries.blueprint, packs_of.blueprint, badges.blueprint, search.blueprint)


def create_app(settings: ReportsSettings | None = None) -> Flask:
    """The app; settings come from the environment unless given. What is wrong with a report keeps no other from it."""
    settings = settings or ReportsSettings.from_environment()
    found = Sources.of(settings)
    shelf = Shelf(found.live, _database(settings))
    parts = Parts(
        blueprints=(*PAGES, *PACKS, api.described(), *_for_authors(settings)),
        permissions=vocabulary(entry.report for entry in shelf.catalogue.values()),
        actions=actions(),
        checks={"hub database": shelf.database.check, "workers": lambda: wiring.workers_note(settings)},
    )
    app = make_app("microfrontends.reports", settings, MANIFEST, parts)
    app.extensions[NAME] = shelf
    export.install(app)
    wiring.install(app, settings)
    desk.install(app)
    portal.install(app)
    shelf.database.others.update(databases(settings, app.extensions["portal_access"]))
    _know_reports(app, shelf)
    found.watch(lambda: _know_reports(app, shelf))
    return app


def _for_authors(settings: ReportsSettings) -> Sequence[Blueprint]:
    # It shows SQL, plans and the database's own words: for those who write reports, never where money is.
    return [preview.blueprint] if settings.environment == "sandbox" else []


def _know_reports(app: Flask, shelf: Shelf) -> None:
    """Each report brings its permission; the manifest tells of those that there are now."""
    know(app, vocabulary(entry.report for entry in shelf.catalogue.values()))


def _database(settings: ReportsSettings) -> HubDatabase:
    return HubDatabase(settings.hub_database_url, settings.report_seconds, settings.reports_at_once)
