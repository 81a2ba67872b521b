"""An app over a hub in memory, and people who use it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.database import upgrade
from bff.testing import settings_for, user_with
from microfrontends.settlement.app import create_app
from microfrontends.settlement.lock import MIGRATIONS
from microfrontends.settlement.permissions import P
from microfrontends.settlement.settings import SettlementSettings
from microfrontends.settlement.tests.fake_hub import FakeHub

Client = Callable[..., FlaskClient]


@pytest.fixture
def settings(tmp_path: Path) -> SettlementSettings:
    """Settings whose own database has its table."""
    database = f"sqlite:///{tmp_path / 'settlement.sqlite'}"
    upgrade(database, MIGRATIONS)
    return settings_for(
        SettlementSettings,
        tmp_path,
        time_zone="Africa/Nairobi",
        hub_settlement_url="http://hub.test/v2",
        hub_database_url="sqlite://",
        database_url=database,
    )


@pytest.fixture
def hub() -> FakeHub:
    """An empty hub."""
    return FakeHub()


@pytest.fixture
def app(settings: SettlementSettings, hub: FakeHub) -> Flask:
    """The app over that hub."""
    return create_app(settings, hub)


@pytest.fixture
def operator(app: Flask) -> FlaskClient:
    """Olivia, who may see windows and close them."""
    return user_with(app, P.VIEW_WINDOWS, P.CLOSE_WINDOW)


@pytest.fixture
def reader(app: Flask) -> FlaskClient:
    """Ada, who may see windows and not close them."""
    return user_with(app, P.VIEW_WINDOWS, sub="u-ada", username="ada", name="Ada Achieng")
