"""Puts the provider together."""

import time
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from sandbox.provider import discovery, language, pushed, scim, sign_in, sign_out, token_endpoint, web
from sandbox.provider.clients import read_clients
from sandbox.provider.grants import Grants
from sandbox.provider.keys import Signer
from sandbox.provider.people import People, read_machines, read_people
from sandbox.provider.sessions import Sessions
from sandbox.provider.state import NAME, Provider
from sandbox.provider.store import Clock, Store
from sandbox.provider.tokens import Tokens


@dataclass(frozen=True)
class Files:
    """Where it is told who there is: people (YAML), applications (JSON), and machines (YAML) where there are any."""

    users: Path
    clients: Path
    machines: Path | None = None


def create_app(issuer: str, files: Files, state: Path, clock: Clock = time.time) -> Flask:
    """The provider as a WSGI app. Keys and sessions are kept in the folder `state`."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    store, machines = Store(state / "provider.db", clock), read_machines(files.machines) if files.machines else ()
    app = Flask(__name__)
    app.config["TRUSTED_HOSTS"] = ["localhost", "127.0.0.1", "[::1]"]
    app.extensions[NAME] = Provider(
        issuer=issuer,
        clock=clock,
        store=store,
        people=People((*read_people(files.users), *machines), store),
        clients=read_clients(files.clients, machines),
        sessions=Sessions(store, clock),
        grants=Grants(store, clock),
        tokens=Tokens(issuer, Signer(state / "signing-keys.json"), clock),
    )
    app.jinja_env.globals.update({"_": language.gettext, "language": language.language})
    for module in (discovery, pushed, sign_in, token_endpoint, sign_out, scim):
        app.register_blueprint(module.blueprint)
    web.install(app)
    return app
