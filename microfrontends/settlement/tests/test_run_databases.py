"""Runs are kept alike in each database that an app may have: begun once, held by one, resumed, and shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bff import HubRefused, RuleBroken
from bff.access.assignments import SqlAssignments
from bff.access.tests import real_postgresql
from bff.change.tests import real_mariadb
from bff.database import engine_for, own_migrations, upgrade
from bff.testing import settings_for
from microfrontends.settlement.app import create_app
from microfrontends.settlement.run.finalisations import Finalisations
from microfrontends.settlement.run.states import RunState
from microfrontends.settlement.run.workers import Workers
from microfrontends.settlement.settings import SettlementSettings
from microfrontends.settlement.tests.bench import CLARA, FATIMA, Bench, by
from microfrontends.settlement.tests.fake_hub import FakeHub

DATABASES = ["postgresql"] if real_postgresql.program("postgres") else []
DATABASES += ["mariadb"] if real_mariadb.present() else []
SERVERS = {"postgresql": real_postgresql.running, "mariadb": real_mariadb.running}


@pytest.fixture(scope="module", params=DATABASES)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a server of our own. SQLite is what every other test runs on."""
    with SERVERS[request.param]() as found:
        yield found


@pytest.fixture
def bench(url: str, tmp_path: Path) -> Iterator[Bench]:
    """A day over that database."""
    for where in own_migrations("settlement"):
        upgrade(url, where)
    settings = settings_for(
        SettlementSettings,
        tmp_path,
        database_url=url,
        hub_settlement_url="http://hub.test/v2",
        hub_ledger_url="http://hub.test",
        hub_database_url="sqlite://",
    )
    store = SqlAssignments(settings.access_database_url)
    for subject, role in (("u-fatima", "financeManager"), ("u-clara", "clerk"), ("u-marcus", "manager")):
        store.assign(subject, role, "test")
    hub = FakeHub()
    made = Bench(create_app(settings, hub, bell=lambda _: None), hub)
    made.open_day()
    yield made
    engine_for(url).dispose()


def test_a_day_with_a_refusal_a_second_start_and_a_worker_that_dies(bench: Bench) -> None:
    bench.settle()
    run = bench.finalise(1)
    with pytest.raises(RuleBroken, match="Fatima started it"):
        bench.ask("finalise", CLARA, settlement_id=1)
    assert bench.desk.runs.abandoned() == [run.id]
    bench.hub.fail("funds_in", HubRefused("3101", "no"))
    bench.hub.fail_after("funds_out_reserve", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        bench.work(run)
    assert not bench.worker().work_at(run.id)
    bench.come_back(run)
    assert bench.work(run).state is RunState.STOPPED
    run = bench.resume(run, CLARA)
    assert (run.state, run.resumed_by and run.resumed_by.name) == (RunState.DONE, "Clara")
    seen = bench.ladder(run)
    assert seen.accounts_done == (4, 4)
    assert set(bench.movements.values()) == {1}
    workers, finalisations = Workers(bench.desk.runs.engine), Finalisations(bench.desk.runs.engine)
    workers.beat("one")
    workers.beat("one")
    assert [each.name for each in workers.alive()] == ["one"]
    made = finalisations.get(bench.lowering(1))
    assert finalisations.acknowledge(made.id, ["4-1-a"], by(FATIMA)).keys == {"4-1-a"}
