"""An app over a directory and a hub in memory, made once; each test begins with nobody holding anything."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from bff.access.assignments import Assignments, participant_membership, role_assignment
from bff.access.rights import Access
from bff.database import engine_for
from bff.testing import captured_logs, settings_for, user_with
from microfrontends.users.actions import Desk
from microfrontends.users.app import create_app
from microfrontends.users.permissions import P
from microfrontends.users.settings import UsersSettings
from microfrontends.users.tests.fakes import FakeDirectory, FakeHub

ADA, CLARA, MARCUS, RAVI = "u-105", "u-103", "u-102", "u-106"


@pytest.fixture(scope="package")
def settings(tmp_path_factory: pytest.TempPathFactory) -> UsersSettings:
    """Settings with a store of their own."""
    where = {"directory_url": "http://directory.test", "hub_ledger_url": "http://hub.test"}
    return settings_for(UsersSettings, tmp_path_factory.mktemp("users"), **where)


@pytest.fixture(scope="package")
def the_app(settings: UsersSettings) -> Flask:
    """The app, over nothing yet."""
    return create_app(settings, FakeDirectory(), FakeHub())


@pytest.fixture
def directory() -> FakeDirectory:
    """A few people."""
    known = FakeDirectory()
    for subject, name in ((ADA, "Ada Adeyemi"), (CLARA, "Clara Chanda"), (MARCUS, "Marcus Mwangi"), (RAVI, "Ravi Rao")):
        known.add(subject, name)
    known.add("u-107", "Gone Gakuru", active=False)
    return known


@pytest.fixture
def hub() -> FakeHub:
    """Two participants."""
    return FakeHub()


@pytest.fixture
def app(the_app: Flask, settings: UsersSettings, directory: FakeDirectory, hub: FakeHub) -> Flask:
    """The app over these, its store empty."""
    with engine_for(settings.access_database_url).begin() as connection:
        connection.execute(delete(role_assignment))
        connection.execute(delete(participant_membership))
    known: Access = the_app.extensions["portal_access"]
    the_app.extensions["users"] = Desk(directory, hub, Access(known.book, known.store))
    return the_app


@pytest.fixture
def store(app: Flask) -> Assignments:
    """Who holds what."""
    desk: Desk = app.extensions["users"]
    return desk.access.store


@pytest.fixture
def marcus(app: Flask) -> FlaskClient:
    """May do everything here."""
    return user_with(app, *P, sub=MARCUS, username="marcus", name="Marcus Mwangi")


@pytest.fixture
def fatima(app: Flask) -> FlaskClient:
    """May look and change nothing."""
    return user_with(app, P.VIEW_PEOPLE, sub="u-104", username="fatima", name="Fatima Farah")


@pytest.fixture
def logs() -> Iterator[list[dict[str, object]]]:
    """What is logged meanwhile, at the level of a running app."""
    with captured_logs() as entries:
        yield entries
