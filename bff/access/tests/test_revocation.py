"""A role that is taken away stops working in a session that is open, without anybody signing out."""

import time
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

import bff
from bff.access.holding import Assignments
from bff.access.stores import store_for
from bff.access.tests.conftest import EXCLUSION, KEEPER, WATCHER, write
from bff.identity.assertion import Minter, Verifier
from bff.identity.current import EXTENSION
from bff.identity.keyring import KeyRing, ensure_key
from bff.identity.principal import Identity
from bff.identity.sessions import Session, Tokens
from bff.settings import Settings
from bff.testing import settings_for
from tests.figures import figure

LONGEST_S = 30.0  # it takes two; the figure says how long


class Permission(bff.PermissionBase):
    """What may be done with gates."""

    SHUT = "garden:gate:shut", "Shut a garden gate"
    WATCH = "garden:gate:watch", "Watch the garden gates"


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """An app that is run alone. What is remembered of rights, and for how long, is the same over every store."""
    folder = write(tmp_path / "roles", KEEPER, WATCHER, EXCLUSION)
    settings = settings_for(Settings, tmp_path, roles_dir=folder, shell_url="", shell_keys=None)
    app = bff.create_app("bff", settings, bff.Manifest("garden", "7", "Garden"), bff.Parts([], Permission))
    app.add_url_rule("/shut", "shut", bff.requires(Permission.SHUT)(lambda: "shut"))
    return app


@pytest.fixture
def elsewhere(app: Flask) -> Assignments:
    """The app's store as another process has it."""
    return store_for(app.extensions["portal_settings"].access_database_url)


def browser(app: Flask, subject: str) -> FlaskClient:
    auth = app.extensions[EXTENSION]
    tokens = Tokens("access", None, "id", "openid", time.time() + 3600)
    who = Session(
        "http://provider.test", subject, "Olivia", "olivia", None, None, "csrf", None, (), None, time.time(), tokens
    )
    ticket, _ = auth.party.sessions.begin(who)
    client = app.test_client()
    client.set_cookie(auth.cookies.session, ticket.cookie)
    return client


def test_a_role_that_is_revoked_and_one_that_is_excluded_stop_working_in_open_sessions(
    app: Flask, elsewhere: Assignments
) -> None:
    for subject in ("u-1", "u-2"):
        elsewhere.assign(subject, "keeper", "u-9")
    clients = [browser(app, subject) for subject in ("u-1", "u-2")]
    assert [client.get("/shut").status_code for client in clients] == [200, 200]
    begun = time.monotonic()
    elsewhere.remove("u-1", "keeper")
    elsewhere.assign("u-2", "watcher", "written past the portal")
    while [client.get("/shut").status_code for client in clients] != [403, 403]:
        assert time.monotonic() - begun < LONGEST_S
        time.sleep(0.05)
    figure("revocation_alone_s", f"{time.monotonic() - begun:.1f}", "s")


def test_an_assertion_that_was_minted_before_is_not_given_out_again_once_the_permissions_differ(tmp_path: Path) -> None:
    ensure_key(tmp_path / "keys.json")
    ring = KeyRing(tmp_path / "keys.json")
    minter, verifier = Minter("http://shell.test", ring), Verifier("http://shell.test", "garden", ring.jwks)

    def heard(*permissions: str) -> frozenset[str]:
        held = frozenset(permissions)
        who = Identity("u-1", "O", "o", frozenset(), True, held, ("keeper",), "csrf", "session")
        return verifier.identity(minter.assertion(who, "garden", held)).permissions

    assert heard(Permission.SHUT) == {Permission.SHUT}
    assert heard() == frozenset()
