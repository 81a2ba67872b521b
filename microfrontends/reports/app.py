"""Wires the reports micro-frontend: settings in, app out."""

from flask import Flask

from bff import Parts
from bff import create_app as make_app
from microfrontends.reports import api, export
from microfrontends.reports.catalogue import STANDARD, Catalogue, load
from microfrontends.reports.execute import HubDatabase
from microfrontends.reports.manifest import MANIFEST
from microfrontends.reports.permissions import vocabulary
from microfrontends.reports.settings import ReportsSettings
from microfrontends.reports.shelf import NAME, Shelf
from microfrontends.reports.views import catalogue, run


def create_app(settings: ReportsSettings | None = None, shelf: Shelf | None = None) -> Flask:
    """The app; settings from the environment and its own catalogue, unless given. Raises BadReport."""
    settings = settings or ReportsSettings.from_environment()
    shelf = shelf or Shelf(_reports(settings), _database(settings))
    parts = Parts(
        blueprints=(catalogue.blueprint, run.blueprint, api.described()),
        permissions=vocabulary(entry.report for entry in shelf.catalogue.values()),
        checks={"hub database": shelf.database.check},
    )
    app = make_app("microfrontends.reports", settings, MANIFEST, parts)
    app.extensions[NAME] = shelf
    export.install(app)
    return app


def _reports(settings: ReportsSettings) -> Catalogue:
    return load(STANDARD, settings.reports_dir) if settings.reports_dir else load(STANDARD)


def _database(settings: ReportsSettings) -> HubDatabase:
    return HubDatabase(settings.hub_database_url, settings.report_seconds, settings.reports_at_once)
