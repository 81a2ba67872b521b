"""Wires the host: registry, gateway, the platform's own pages and public keys on the library under every app."""

import os
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from flask import Flask, current_app, g, request
from flask_babel import lazy_gettext as _l

import bff
from bff.errors import Note
from bff.settings import PREFIX, SettingsError
from bff.web.layout import MenuGroup
from bff.web.locale import language
from shell import api, fast, overlay
from shell.actions import ACTIONS
from shell.badge import Badge
from shell.figures import Figures
from shell.gateway import Gateway
from shell.navigation import menu
from shell.pages import keys
from shell.pages.approvals import Approvals
from shell.pages.audit import Audit
from shell.pages.badges import Badges
from shell.pages.guides import Guides
from shell.pages.home import Home
from shell.pages.interfaces import Interfaces
from shell.pages.microfrontends import MicroFrontends
from shell.pages.search import ADDRESS as SEARCH
from shell.pages.search import Search
from shell.pages.slots import Slots
from shell.permissions import P
from shell.platform import Platform
from shell.settings import ShellSettings
from shell.showing import Cards
from shell.witness import Witness

if TYPE_CHECKING:
    from shell.registry.discovery import Discovery

MANIFEST = bff.Manifest(name="shell", version=version("bizops-portal"), title=_l("Portal"))


def create_app(settings: ShellSettings | None = None) -> Flask:
    """The shell, already watching its micro-frontends; settings come from the environment unless given."""
    settings = settings or ShellSettings.from_environment()
    platform = Platform.of(settings)
    badge, cards, witness = Badge(platform), Cards(settings.time_zone), Witness(settings.own_database)
    home = Home(platform, cards)
    pages = (
        home,
        Slots(platform, cards),
        Search(platform),
        Badges(platform, badge),
        Guides(platform, cards),
        Approvals(platform, badge, cards),
        Audit(platform, witness),
        MicroFrontends(platform),
        Interfaces(platform),
    )
    gateway = Gateway(platform, badge, cards)
    blueprints = (keys.blueprint(platform), api.described(platform), *(each.blueprint() for each in (*pages, gateway)))
    actions, checks = [kind() for kind in ACTIONS], {"registry": partial(_of_registry, platform)}
    parts = bff.Parts(blueprints, P, checks, partial(_menu, platform), actions)
    app = bff.create_app("shell", settings, MANIFEST, parts)
    app.config["MAX_CONTENT_LENGTH"] = settings.upload_bytes
    app.extensions["shell"] = platform
    app.jinja_env.globals["search_address"] = SEARCH
    app.extensions["metrics"].register(Figures(platform.measures, platform.breakers))
    overlay.install(app)
    fast.install(app, home)
    platform.registry.start()
    if settings.discovery:
        _discover(app, platform)
    return app


def _discover(app: Flask, platform: Platform) -> None:
    """Follow the cluster's services. Raises SettingsError outside of a cluster."""
    from bff.kubernetes import Cluster, ClusterError  # here: few shells are told to
    from shell.registry.discovery import Discovery

    try:
        cluster = Cluster.of_pod(os.environ)
    except ClusterError as problem:
        platform.close()
        raise SettingsError([f"{PREFIX}DISCOVERY is kubernetes, but {problem}."]) from problem
    discovery = Discovery(platform.registry, app.extensions["portal_audit"], cluster)
    platform.registry.until_stop(discovery.stop)
    app.extensions["shell_discovery"] = discovery
    discovery.start()


def _of_registry(platform: Platform) -> str:
    """What wants a person's eyes; what is registered stays in force meanwhile."""
    problem = platform.registry.problem
    found: Discovery | None = current_app.extensions.get("shell_discovery")
    if found and found.problem:
        problem = f"the cluster's services are not followed: {found.problem}"
    return Note(problem) if problem else ""


def _menu(platform: Platform) -> list[MenuGroup]:
    return menu(platform.registry, g.identity, language(), request.path)
