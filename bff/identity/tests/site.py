"""A small app that people sign in to, and the sandbox's OpenID provider, both on loopback and both real."""

import contextlib
import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, g, jsonify
from flask import request as asked
from werkzeug.serving import WSGIRequestHandler, make_server

import static
from bff.access import files
from bff.access.assignments import SqlAssignments
from bff.access.rights import Access
from bff.change.audit import AuditLog
from bff.change.heads import AuditKeys
from bff.database import engine_for, upgrade
from bff.errors import ForgedRequest
from bff.identity import login
from bff.identity.current import EXTENSION, Auth
from bff.identity.sessions import Session
from bff.identity.tests.browser import Browser, Page
from bff.identity.tests.support import Clock
from bff.identity.ticket import Ticket
from bff.settings import Settings
from bff.web import locale, security

# What a button of a page does, in a browser: post to an address with the session's token.
SIGN_OUT = """([url, token]) => {
    const form = Object.assign(document.createElement("form"), {method: "post", action: url})
    form.append(Object.assign(document.createElement("input"), {name: "csrf_token", value: token}))
    document.body.append(form)
    form.submit()
}"""
SECRET = "a secret+with/special%characters:&="
USERS = """
password: bizops
code: "123456"
extra_people: 0
users:
  - {subject: u-olivia, username: olivia, name: Olivia Okello, roles: [operator]}
  - {subject: u-marcus, username: marcus, name: Marcus Mwangi, roles: [manager]}
"""


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object, **__: object) -> None:
        """Nothing: a test that fails says enough."""


@dataclass
class Site:
    """A running app. `clock` moves its sessions forward; `sessions_seen` counts what its page was asked."""

    url: str
    app: Flask
    clock: Clock
    provider: str

    @property
    def auth(self) -> Auth:
        """The app's half of OpenID Connect."""
        auth: Auth = self.app.extensions[EXTENSION]
        return auth

    @property
    def cookie(self) -> str:
        """The name of its session cookie."""
        return self.auth.cookies.session

    def session(self, browser: Browser) -> Session | None:
        """The session that the browser's cookie opens."""
        ticket = Ticket.of(browser.cookie(self.url, self.cookie) or "")
        return self.auth.party.sessions.find(ticket, slide=False) if ticket else None

    def sign_in(self, browser: Browser, path: str = "/", who: str = "u-olivia", code: str = "") -> Page:
        """Open a page of the app, choose a person at the provider, and come back."""
        form = browser.open(self.url + path)
        return choose(browser, form, who, code)


def choose(browser: Browser, form: Page, who: str = "u-olivia", code: str = "", stop: str = "") -> Page:
    """Click on a person of the provider's sign-in page."""
    return browser.post(form.form_action, {"chosen": who, "code": code}, source=form.url, stop=stop)


def settings_of(url: str, provider: str, folder: Path, **more: Any) -> Settings:
    """The settings of an app at a URL."""
    values: dict[str, Any] = {
        "base_url": url,
        "oidc_issuer": provider,
        "oidc_client_id": folder.name,
        "oidc_client_secret": SECRET,
        "state_dir": folder,
        "access_database_url": f"sqlite:///{folder / 'access.sqlite'}",
    }
    return Settings(**(values | more))


def app_of(settings: Settings, name: str) -> Flask:
    """An app whose every page needs a session and says whose it is."""
    app = Flask(name)
    app.config.update(BASE_URL=settings.base_url, TIME_ZONE="UTC")
    app.jinja_env.globals.update(asset=static.asset_url, integrity=static.integrity)
    _remembering(app, settings, name)
    locale.install(app, ("bff",))
    security.install(app)
    app.register_blueprint(login.auth_blueprint(app, settings, name))
    app.register_error_handler(ForgedRequest, lambda error: (str(error), 403))

    @app.get("/", defaults={"path": ""})
    @app.get("/<path:path>")
    def page(path: str) -> Any:
        session = login.current_session()
        if session is None:
            return login.to_login(asked.full_path.rstrip("?"))
        assert login.current_session() is g.session_of_request
        return jsonify(subject=session.subject, name=session.name, csrf=session.csrf, acr=session.acr, path=path)

    return app


def _remembering(app: Flask, settings: Settings, name: str) -> None:
    """What signing in needs beside the provider: the audit that keeps it, and the store of roles."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    assignments = SqlAssignments(settings.access_database_url)
    assignments.prepare()
    assignments.assign("u-olivia", "operator", "a test")
    app.extensions["portal_access"] = Access(files.load(), assignments)
    url = f"sqlite:///{settings.state_dir / 'app.sqlite'}"
    upgrade(url, "bff.change:migrations")
    app.extensions["portal_audit"] = AuditLog(engine_for(url), AuditKeys(settings.state_dir / "audit-keys.json"), name)


@contextlib.contextmanager
def served(app: Flask, port: int, fd: int | None = None) -> Iterator[None]:
    """The app, served in threads of this process; `fd` is of a socket that has listened at the port already."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet, fd=fd)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def client_entry(client_id: str, url: str) -> dict[str, Any]:
    """An app as the provider has it registered."""
    return {
        "client_id": client_id,
        "client_secret": SECRET,
        "name": client_id,
        "base_url": url,
        "redirect_uris": [f"{url}/auth/callback"],
        "post_logout_redirect_uris": [f"{url}/auth/signed-out"],
        "backchannel_logout_uri": f"{url}/auth/backchannel-logout",
    }


@contextlib.contextmanager
def provider_at(port: int, folder: Path, clients: list[dict[str, Any]]) -> Iterator[str]:
    """The sandbox's provider as a process of its own. It is on another site than the apps: 127.0.0.1, not localhost."""
    url = f"http://127.0.0.1:{port}"
    (folder / "users.yaml").write_text(USERS)
    (folder / "clients.json").write_text(json.dumps(clients))
    files = ["--users", str(folder / "users.yaml"), "--clients", str(folder / "clients.json")]
    place = ["--state", str(folder / "state"), "--port", str(port), "--issuer", url]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "sandbox.provider", *files, *place], stdout=log, stderr=log)
    try:
        _wait_for(f"{url}/health/live", process, folder / "log")
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the provider did not start:\n{log.read_text()}")
