"""Wires the host: registry, gateway, the platform's own pages and public keys on the library under every app."""

from functools import partial
from importlib.metadata import version

from flask import Flask, g, request
from flask_babel import lazy_gettext as _l

import bff
from bff.web.layout import MenuGroup
from bff.web.locale import language
from shell import api
from shell.badge import Badge
from shell.gateway import Gateway
from shell.navigation import menu
from shell.pages import keys
from shell.pages.approvals import Approvals
from shell.pages.audit import Audit
from shell.pages.home import Home
from shell.pages.microfrontends import MicroFrontends
from shell.pages.slots import Slots
from shell.permissions import P
from shell.platform import Platform
from shell.registry.actions import ACTIONS
from shell.settings import ShellSettings
from shell.showing import Cards
from shell.witness import Witness

MANIFEST = bff.Manifest(name="shell", version=version("bizops-portal"), title=_l("Portal"))


def create_app(settings: ShellSettings | None = None) -> Flask:
    """The shell, already watching its micro-frontends; settings come from the environment unless given."""
    settings = settings or ShellSettings.from_environment()
    platform = Platform.of(settings)
    badge, cards, witness = Badge(platform), Cards(), Witness(settings.own_database)
    slots = Home(platform, cards), Slots(platform, cards)
    pages = (*slots, Approvals(platform, badge), Audit(platform, witness), MicroFrontends(platform))
    gateway = Gateway(platform, badge, cards)
    blueprints = (keys.blueprint(platform), api.described(platform), *(each.blueprint() for each in (*pages, gateway)))
    parts = bff.Parts(blueprints, P, menu=partial(_menu, platform), actions=[kind() for kind in ACTIONS])
    app = bff.create_app("shell", settings, MANIFEST, parts)
    app.config["MAX_CONTENT_LENGTH"] = settings.upload_bytes
    app.extensions["shell"] = platform
    app.extensions["metrics"].register(platform.measures)
    platform.registry.start()
    return app


def _menu(platform: Platform) -> list[MenuGroup]:
    return menu(platform.registry, g.identity, language(), request.path)
