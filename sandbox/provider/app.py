"""Puts the provider together."""

import time
from pathlib import Path

from flask import Flask

from sandbox.provider import discovery, language, pushed, scim, sign_in, sign_out, token_endpoint, web
from sandbox.provider.clients import read_clients
from sandbox.provider.grants import Grants
from sandbox.provider.keys import Signer
from sandbox.provider.people import People, read_people
from sandbox.provider.sessions import Sessions
from sandbox.provider.state import NAME, Provider
from sandbox.provider.store import Clock, Store
from sandbox.provider.tokens import Tokens


def create_app(issuer: str, users: Path, clients: Path, state: Path, clock: Clock = time.time) -> Flask:
    """The provider as a WSGI app. `users` is YAML, `clients` JSON; keys and sessions are kept in the folder `state`."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Store(state / "provider.db", clock)
    app = Flask(__name__)
    app.config["TRUSTED_HOSTS"] = ["localhost", "127.0.0.1", "[::1]"]
    app.extensions[NAME] = Provider(
        issuer=issuer,
        clock=clock,
        store=store,
        people=People(read_people(users), store),
        clients=read_clients(clients),
        sessions=Sessions(store, clock),
        grants=Grants(store, clock),
        tokens=Tokens(issuer, Signer(state / "signing-keys.json"), clock),
    )
    app.jinja_env.globals.update({"_": language.gettext, "language": language.language})
    for module in (discovery, pushed, sign_in, token_endpoint, sign_out, scim):
        app.register_blueprint(module.blueprint)
    web.install(app)
    return app
