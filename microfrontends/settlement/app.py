"""Wires the settlement micro-frontend: settings in, app out."""

from flask import Flask

from bff import Parts
from bff import create_app as make_app
from microfrontends.settlement import api
from microfrontends.settlement.actions import actions_of
from microfrontends.settlement.closings import closings_in
from microfrontends.settlement.desk import make_desk
from microfrontends.settlement.files.bank_reading import LARGEST_FILE
from microfrontends.settlement.hub import Hub, MojaloopHub
from microfrontends.settlement.jobs import Bell
from microfrontends.settlement.manifest import MANIFEST
from microfrontends.settlement.permissions import P
from microfrontends.settlement.schedule import Schedule
from microfrontends.settlement.settings import SettlementSettings
from microfrontends.settlement.views.pages import PAGES

LARGEST_BODY = 2 * LARGEST_FILE  # a file in a form


def create_app(settings: SettlementSettings | None = None, hub: Hub | None = None, bell: Bell | None = None) -> Flask:
    """The app; settings from the environment and the hub that they name, unless given. `bell` wakes the workers."""
    settings = settings or SettlementSettings.from_environment()
    hub = hub or MojaloopHub(settings.hub_settlement_url, settings.hub_ledger_url, settings.hub_database_url)
    desk = make_desk(settings, bell)
    parts = Parts(
        blueprints=(*PAGES, api.described()),
        permissions=P,
        checks={"workers": desk.workers_note},
        actions=actions_of(hub, desk),
    )
    app = make_app("microfrontends.settlement", settings, MANIFEST, parts)
    closings = closings_in(settings.close_schedule, settings.time_zone)
    schedule = Schedule(closings, desk.runs.engine, app.extensions["portal_changes"], hub)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.extensions.update(
        settlement_hub=hub, settlement_desk=desk, settlement_runs=desk.runs, settlement_schedule=schedule
    )
    return app
