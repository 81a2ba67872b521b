"""A shell under test: real sessions, real roles, real sockets to scripted micro-frontends."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from time_machine import travel

from bff.access.assignments import SqlAssignments
from bff.database import engine_for, own_migrations, upgrade
from bff.identity.current import EXTENSION
from bff.identity.sessions import Session, Tokens
from bff.testing import settings_for
from shell.app import create_app
from shell.client import Client
from shell.platform import Platform
from shell.settings import ShellSettings
from shell.tests.apps import Asked, Route, manifest, routes, says
from shell.tests.scripted import SOON, ScriptedServer

CSRF = "the-sessions_token"
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
FORM = {**OWN_PAGE, "X-CSRF-Token": CSRF}
HTMX = {"HX-Request": "true"}
ROLES = """
kind: MojaloopRole
metadata: {name: reader}
spec: {role: reader, title: Reader, permissions: ["alpha:page:read", "alpha:page:write", "beta:page:read"]}
---
kind: MojaloopRole
metadata: {name: visitor}
spec: {role: visitor, title: Visitor, permissions: []}
---
kind: MojaloopRole
metadata: {name: auditor}
spec:
  {role: auditor, title: Auditor, scope: hub, permissions: ["alpha:audit:view", "beta:audit:view", "shell:audit:view"]}
---
kind: MojaloopRole
metadata: {name: alpha-auditor}
spec: {role: alphaAuditor, title: Auditor of alpha, scope: hub, permissions: ["alpha:audit:view"]}
---
kind: MojaloopRole
metadata: {name: keeper}
spec:
  role: keeper
  title: Keeper of the platform
  scope: hub
  permissions: ["shell:microfrontends:view", "shell:microfrontends:change"]
---
kind: MojaloopRole
metadata: {name: watcher}
spec: {role: watcher, title: Watcher, scope: hub, permissions: ["shell:microfrontends:view"]}
"""


@dataclass
class Portal:
    """One shell with its micro-frontends; `stopped` ends one of them."""

    app: Flask
    servers: dict[str, ScriptedServer]

    @property
    def platform(self) -> Platform:
        platform: Platform = self.app.extensions["shell"]
        return platform

    def user(self, *roles: str) -> FlaskClient:
        """The browser of somebody who has signed in and holds these roles."""
        return self.person(f"u-{'-'.join(roles)}", *roles)

    def person(self, subject: str, *roles: str) -> FlaskClient:
        """The same of one who is known by this subject."""
        store = SqlAssignments(self.platform.settings.access_database_url)
        for role in roles:
            store.assign(subject, role, "test")
        auth = self.app.extensions[EXTENSION]
        tokens = Tokens("access", None, "id", "openid", time.time() + 3600)
        who = ("http://provider.test", subject, "Olivia Okello", "olivia", None, None, CSRF, None, (), int(time.time()))
        ticket, _ = auth.party.sessions.begin(Session(*who, time.time(), tokens))
        browser = self.app.test_client()
        browser.set_cookie(auth.cookies.session, ticket.cookie)
        return browser

    def asked(self, name: str = "alpha", target: str | None = None) -> list[Asked]:
        """What a micro-frontend was asked, its manifest apart."""
        heard = [Asked.of(raw) for raw in self.servers[name].requests]
        return [asked for asked in heard if asked.target not in ("/manifest.json",) and target in (None, asked.target)]

    def read_manifests(self) -> None:
        """Read every manifest now, rather than when the registry's own thread comes to it."""
        self.platform.registry.read_manifests(self.servers)


# A slow machine is no late fragment; tests of lateness say how long they wait.
ROOMY = {"slot_seconds": SOON, "gather_seconds": SOON}
MakePortal = Callable[..., Portal]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once for all shells of the run."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def portal(tmp_path: Path, compiled: FileSystemBytecodeCache) -> Iterator[MakePortal]:
    """Makes a shell with micro-frontends given as name=table of routes; `settings` as keywords of ShellSettings."""
    (tmp_path / "roles").mkdir()
    (tmp_path / "roles" / "roles.yaml").write_text(ROLES)
    with ExitStack() as stack:

        def make(settings: dict[str, Any] | None = None, **apps: dict[str, Route]) -> Portal:
            servers = {}
            for name, table in apps.items():
                table = {"/manifest.json": serves_manifest(name), **table}
                servers[name] = stack.enter_context(ScriptedServer(routes(table)))
            wanted = " ".join(f"{name}={server.url}" for name, server in servers.items())
            given = {
                "shell_url": "",
                "roles_dir": tmp_path / "roles",
                "microfrontends": wanted,
                **ROOMY,
                **(settings or {}),
            }
            app = create_app(settings_for(ShellSettings, tmp_path, **given))
            app.jinja_env.bytecode_cache = compiled
            made = Portal(app, servers)
            stack.callback(made.platform.close)
            made.read_manifests()
            return made

        yield make


def serves_manifest(name: str, **more: Any) -> Route:
    return says(json.dumps(manifest(name, **more)).encode(), Content_Type="application/json")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the shell with its tables and nothing in them, made once."""
    path = tmp_path_factory.mktemp("database") / "app.sqlite"
    for where in own_migrations("shell"):
        upgrade(f"sqlite:///{path}", where)
    engine_for(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture
def own_database(empty_database: Path, tmp_path: Path) -> Iterator[str]:
    """The URL of a new database of the shell."""
    shutil.copy(empty_database, tmp_path / "app.sqlite")
    url = f"sqlite:///{tmp_path / 'app.sqlite'}"
    yield url
    engine_for(url).dispose()


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client()
    yield client
    client.close()


@pytest.fixture
def noon() -> Iterator[None]:
    """A moment that lasts: two pages of it are the same."""
    with travel("2026-11-22 12:00:10", tick=False):
        yield
