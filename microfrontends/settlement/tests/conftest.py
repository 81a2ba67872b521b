"""An app over a hub in memory, made once, and people who use it; each test has a hub and a lock of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.database import engine_for, upgrade
from bff.testing import captured_logs, settings_for, user_with
from microfrontends.settlement.actions import Desk
from microfrontends.settlement.app import create_app
from microfrontends.settlement.lock import MIGRATIONS, CloseLock, close_lock
from microfrontends.settlement.permissions import P
from microfrontends.settlement.settings import SettlementSettings
from microfrontends.settlement.tests.fake_hub import FakeHub


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> SettlementSettings:
    """Settings whose own database has its table."""
    folder: Path = tmp_path_factory.mktemp("settlement")
    database = f"sqlite:///{folder / 'settlement.sqlite'}"
    upgrade(database, MIGRATIONS)
    return settings_for(
        SettlementSettings,
        folder,
        time_zone="Africa/Nairobi",
        hub_settlement_url="http://hub.test/v2",
        hub_database_url="sqlite://",
        database_url=database,
    )


@pytest.fixture(scope="session")
def the_app(settings: SettlementSettings) -> Flask:
    """The app, over no hub yet."""
    return create_app(settings, FakeHub())


@pytest.fixture
def lock(settings: SettlementSettings) -> CloseLock:
    """The lock, which nobody has ever held."""
    with engine_for(settings.database_url).begin() as connection:
        connection.execute(close_lock.update().values(held=False, attempt=""))
    return CloseLock(settings.database_url)


@pytest.fixture
def hub() -> FakeHub:
    """An empty hub."""
    return FakeHub()


@pytest.fixture
def app(the_app: Flask, hub: FakeHub, lock: CloseLock) -> Flask:
    """The app over that hub."""
    the_app.extensions["settlement"] = Desk(hub, lock)
    return the_app


@pytest.fixture
def operator(app: Flask) -> FlaskClient:
    """Olivia, who may see windows and close them."""
    return user_with(app, P.VIEW_WINDOWS, P.CLOSE_WINDOW)


@pytest.fixture
def reader(app: Flask) -> FlaskClient:
    """Ada, who may see windows and not close them."""
    return user_with(app, P.VIEW_WINDOWS, sub="u-ada", username="ada", name="Ada Achieng")


@pytest.fixture
def logs() -> Iterator[list[dict[str, object]]]:
    """What is logged meanwhile, at the level of a running app."""
    with captured_logs() as entries:
        yield entries
