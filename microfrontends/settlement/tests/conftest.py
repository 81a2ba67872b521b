"""An app over a hub in memory, made once, and people who use it; each test has a hub of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.access.assignments import SqlAssignments
from bff.change.approvals import Changes
from bff.change.table import change_task
from bff.database import engine_for
from bff.testing import captured_logs, settings_for, user_with
from microfrontends.settlement.app import create_app
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.states import RunState
from microfrontends.settlement.run.table import settlement_run
from microfrontends.settlement.settings import SettlementSettings
from microfrontends.settlement.tests.bench import Bench
from microfrontends.settlement.tests.fake_hub import FakeHub


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> SettlementSettings:
    """Settings with an embedded database of the app's own."""
    folder: Path = tmp_path_factory.mktemp("settlement")
    return settings_for(
        SettlementSettings,
        folder,
        time_zone="Africa/Nairobi",
        hub_settlement_url="http://hub.test/v2",
        hub_ledger_url="http://hub.test",
        hub_database_url="sqlite://",
    )


@pytest.fixture(scope="session")
def the_app(settings: SettlementSettings) -> Flask:
    """The app, over no hub yet."""
    return create_app(settings, FakeHub())


@pytest.fixture
def make_hub() -> Callable[[], FakeHub]:
    """Makes empty hubs."""
    return FakeHub


@pytest.fixture
def hub(make_hub: Callable[[], FakeHub]) -> FakeHub:
    """An empty hub."""
    return make_hub()


def put_over(app: Flask, hub: FakeHub) -> None:
    """Have the app ask this hub from now on."""
    app.extensions["settlement_hub"] = hub
    changes: Changes = app.extensions["portal_changes"]
    for action in changes.actions.values():
        action.hub = hub  # type: ignore[attr-defined]  # every action of this app has one


@pytest.fixture
def app(the_app: Flask, settings: SettlementSettings, hub: FakeHub) -> Flask:
    """The app over that hub, its earlier requests out of the way."""
    put_over(the_app, hub)
    with engine_for(settings.own_database).begin() as connection:
        connection.execute(change_task.update().values(open_target=None, attempt=change_task.c.id))
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


@pytest.fixture
def new_bench(app: Flask, settings: SettlementSettings, make_hub: Callable[[], FakeHub]) -> Callable[[], Bench]:
    """Makes days of transfers in two currencies, closed and added up, on a hub each; earlier runs are over."""
    store = SqlAssignments(settings.access_database_url)
    for subject, role in (("u-fatima", "financeManager"), ("u-clara", "clerk"), ("u-marcus", "manager")):
        store.assign(subject, role, "test")

    def make() -> Bench:
        with engine_for(settings.own_database).begin() as connection:
            over = {"open_key": None, "settlement_id": None, "state": RunState.GIVEN_UP}
            connection.execute(settlement_run.update().values(over))
        fresh = Bench(app, make_hub())
        put_over(app, fresh.hub)
        fresh.open_day()
        return fresh

    return make


@pytest.fixture
def bench(new_bench: Callable[[], Bench]) -> Bench:
    """One such day."""
    return new_bench()
