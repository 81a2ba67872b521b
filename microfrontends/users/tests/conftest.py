"""An app over a directory and a hub in memory; each test begins with nobody holding anything and nothing asked for."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.access.files import STANDARD
from bff.access.holding import Assignments
from bff.access.rights import Access
from bff.database import engine_for
from bff.testing import captured_logs, settings_for, user_with
from microfrontends.users.app import create_app
from microfrontends.users.desk import Desk
from microfrontends.users.manifests import Manifests
from microfrontends.users.permissions import P
from microfrontends.users.settings import UsersSettings
from microfrontends.users.tests.fakes import FakeDirectory, FakeHub

ADA, CLARA, FATIMA, MARCUS, RAVI, GONE = "u-105", "u-103", "u-104", "u-102", "u-106", "u-107"
STORES = ("access.sqlite", "app.sqlite")
PEOPLE = {
    ADA: "Ada Adeyemi",
    CLARA: "Clara Chanda",
    FATIMA: "Fatima Farah",
    MARCUS: "Marcus Mwangi",
    RAVI: "Ravi Rao",
}
# Giving the role of a manager takes two; everything else is done at once.
POLICY = """
kind: MojaloopApprovalPolicy
metadata: {name: test}
spec:
  rules:
    - {action: users.assign_role, when: {role: [manager]}, checker: "users:role:approve"}
    - {action: users.create_person, when: {organisation: [Payer FSP]}, checker: "users:person:approve"}
"""


def roles_folder(folder: Path) -> Path:
    """The standard roles and exclusions, under a policy of the tests' own."""
    where = folder / "roles"
    where.mkdir()
    for path in STANDARD.glob("*.yaml"):
        shutil.copy(path, where)
    (where / "approvals.yaml").write_text(POLICY, "utf-8")
    return where


@pytest.fixture(scope="package")
def the_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The app, over nothing yet; of its empty stores a copy is kept, since nobody can empty requests and audit."""
    folder = tmp_path_factory.mktemp("users")
    made = create_app(settings_in(folder), FakeDirectory(), FakeHub())
    for name in STORES:
        close(folder / name)
        shutil.copy(folder / name, folder / f"{name}.empty")
    return made


def close(path: Path) -> None:
    """Let go of a database, and of what SQLite keeps beside it."""
    engine_for(f"sqlite:///{path}").dispose()
    for beside in ("-wal", "-shm"):
        path.with_name(path.name + beside).unlink(missing_ok=True)


def settings_in(folder: Path) -> UsersSettings:
    where = {"directory_url": "http://directory.test", "hub_ledger_url": "http://hub.test"}
    roles = folder / "roles"
    return settings_for(UsersSettings, folder, **where, roles_dir=roles if roles.exists() else roles_folder(folder))


@pytest.fixture
def directory() -> FakeDirectory:
    """A few people."""
    known = FakeDirectory()
    for subject, name in PEOPLE.items():
        known.add(subject, name)
    known.add(GONE, "Gone Gakuru", active=False)
    return known


@pytest.fixture
def hub() -> FakeHub:
    """Two participants."""
    return FakeHub()


@pytest.fixture
def app(the_app: Flask, directory: FakeDirectory, hub: FakeHub) -> Flask:
    """The app over these, its stores empty."""
    folder: Path = the_app.extensions["portal_settings"].state_dir
    for name in STORES:
        close(folder / name)
        shutil.copy(folder / f"{name}.empty", folder / name)
    access: Access = the_app.extensions["portal_access"]
    for subject in (*PEOPLE, GONE):
        access.forget(subject)
    own = the_app.extensions["portal_manifest_document"]
    the_app.extensions["users"] = Desk(directory, hub, access, Manifests({}, own))
    return the_app


@pytest.fixture
def store(app: Flask) -> Assignments:
    """Who holds what."""
    desk: Desk = app.extensions["users"]
    return desk.store


@pytest.fixture
def marcus(app: Flask, store: Assignments) -> FlaskClient:
    """May do everything here, and holds the role of it."""
    store.assign(MARCUS, "manager", "seeds")
    return user_with(app, *P, sub=MARCUS, username="marcus", name="Marcus Mwangi", roles=["manager"])


@pytest.fixture
def fatima(app: Flask) -> FlaskClient:
    """May look, and approve what others ask for."""
    may = (P.VIEW_PEOPLE, P.VIEW_ROLES, P.APPROVE_ROLES, P.APPROVE_PEOPLE)
    return user_with(app, *may, sub=FATIMA, username="fatima", name="Fatima Farah", roles=["financeManager"])


@pytest.fixture
def logs() -> Iterator[list[dict[str, object]]]:
    """What is logged meanwhile, at the level of a running app."""
    with captured_logs() as entries:
        yield entries
