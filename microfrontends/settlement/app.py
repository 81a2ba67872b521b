"""Wires the settlement micro-frontend: settings in, app out."""

from flask import Flask

from bff import Parts
from bff import create_app as make_app
from microfrontends.settlement import api
from microfrontends.settlement.actions import CloseWindow
from microfrontends.settlement.hub import Hub, MojaloopHub
from microfrontends.settlement.manifest import MANIFEST
from microfrontends.settlement.permissions import P
from microfrontends.settlement.settings import SettlementSettings
from microfrontends.settlement.views import home, windows


def create_app(settings: SettlementSettings | None = None, hub: Hub | None = None) -> Flask:
    """The app; settings from the environment and the hub that they name, unless given."""
    settings = settings or SettlementSettings.from_environment()
    hub = hub or MojaloopHub(settings.hub_settlement_url, settings.hub_ledger_url, settings.hub_database_url)
    parts = Parts(
        blueprints=(windows.blueprint, home.blueprint, api.described()), permissions=P, actions=(CloseWindow(hub),)
    )
    app = make_app("microfrontends.settlement", settings, MANIFEST, parts)
    app.extensions["settlement_hub"] = hub
    return app
