"""Wires the users micro-frontend: settings in, app out."""

from datetime import timedelta

from flask import Flask

from bff import Parts
from bff import create_app as make_app
from microfrontends.users import api
from microfrontends.users.actions import ACTIONS
from microfrontends.users.desk import Desk
from microfrontends.users.directory import Directory, DirectoryUnavailable
from microfrontends.users.directory.chosen import directory_of
from microfrontends.users.hub import Hub, MojaloopHub
from microfrontends.users.manifest import MANIFEST
from microfrontends.users.manifests import Manifests
from microfrontends.users.permissions import P
from microfrontends.users.settings import UsersSettings
from microfrontends.users.views import members, people, person, review, roles, search
from microfrontends.users.views.failure import directory_unavailable

PAGES = (people.blueprint, person.blueprint, roles.blueprint, review.blueprint, search.blueprint, members.blueprint)


def create_app(
    settings: UsersSettings | None = None, directory: Directory | None = None, hub: Hub | None = None
) -> Flask:
    """The app; settings from the environment, and the directory and the hub that they name, unless given."""
    settings = settings or UsersSettings.from_environment()
    parts = Parts((*PAGES, api.described()), P, actions=[kind() for kind in ACTIONS])
    app = make_app("microfrontends.users", settings, MANIFEST, parts)
    app.extensions["users"] = Desk(
        directory or directory_of(settings),
        hub or MojaloopHub(settings.hub_ledger_url),
        app.extensions["portal_access"],
        Manifests(settings.origins(), app.extensions["portal_manifest_document"]),
        timedelta(days=settings.dormant_days),
    )
    app.register_error_handler(DirectoryUnavailable, directory_unavailable)
    return app
