"""The app over a small hub's database, and people to ask it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.testing import settings_for, user_with
from microfrontends.reports.app import create_app
from microfrontends.reports.settings import ReportsSettings
from microfrontends.reports.tests import hub, tries

CATALOGUE, WINDOW = "reports:catalogue:view", "reports:settlement-window:view"
RECONCILIATION = "reports:reconciliation-amount:view"


@dataclass(frozen=True)
class Own:
    """A hub's database that a test may change, and an operator who reads it."""

    url: str
    operator: FlaskClient


@pytest.fixture(scope="package")
def hub_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A hub's database with a few transfers, for reading only."""
    return hub.build(tmp_path_factory.mktemp("hub"))


@pytest.fixture(scope="package")
def app(tmp_path_factory: pytest.TempPathFactory, hub_url: str) -> Flask:
    """The app with its own catalogue."""
    return create_app(settings_for(ReportsSettings, tmp_path_factory.mktemp("app"), hub_database_url=hub_url))


@pytest.fixture
def own(tmp_path: Path, hub_url: str) -> Own:
    """The same, but the test's own."""
    url = hub.copy(hub_url, tmp_path)
    app = create_app(settings_for(ReportsSettings, tmp_path, hub_database_url=url))
    return Own(url, user_with(app, CATALOGUE, WINDOW))


@pytest.fixture(scope="module")
def tried() -> Iterator[list[bool]]:
    """Whether each try to see what is another's leaked; counted at the end."""
    leaked: list[bool] = []
    yield leaked
    tries.tell(leaked)


@pytest.fixture
def operator(app: Flask) -> FlaskClient:
    """Sees every participant."""
    return user_with(app, CATALOGUE, WINDOW, RECONCILIATION)


@pytest.fixture
def ravi(app: Flask) -> FlaskClient:
    """Belongs to payerfsp, and has no role of the hub."""
    return user_with(app, CATALOGUE, WINDOW, RECONCILIATION, hub=False, participants=["payerfsp"], sub="u-106")


@pytest.fixture(autouse=True)
def no_other_loop() -> Iterator[None]:
    """A browser of another test leaves its loop marked as running in this thread, where a line needs one of its own."""
    others = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(others)
