"""Runs and files are kept alike in each database that the app may have: claimed by one, finished once, swept away."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from bff.access.tests import real_postgresql
from bff.change.tests import real_mariadb
from bff.database import engine_for, own_migrations, upgrade
from microfrontends.reports.kept import PIECE, KeptFiles
from microfrontends.reports.runs.leases import Leases, LostLease
from microfrontends.reports.runs.listing import History, Wanted
from microfrontends.reports.runs.records import State
from microfrontends.reports.runs.store import Runs, utc_now
from microfrontends.reports.tests.background import PAGE, Scene

DATABASES = ["postgresql"] if real_postgresql.program("postgres") else []
DATABASES += ["mariadb"] if real_mariadb.present() else []
SERVERS = {"postgresql": real_postgresql.running, "mariadb": real_mariadb.running}


@pytest.fixture(scope="module", params=DATABASES)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a server of our own. SQLite is what every other test runs on."""
    with SERVERS[request.param]() as found:
        for where in own_migrations("reports"):
            upgrade(found, where)
        yield found
        engine_for(found).dispose()


def test_a_report_is_asked_for_taken_over_written_fetched_and_found(url: str, tmp_path: Path, hub_url: str) -> None:
    scene = Scene.at(tmp_path, hub_url, database_url=url)
    run_id = scene.ask(scene.olivia)
    leases = Leases(scene.runs)
    assert leases.abandoned() == [run_id]
    assert leases.claim(run_id, "first") is not None
    assert leases.claim(run_id, "second") is None
    later = Leases(Runs(scene.runs.engine, lambda: utc_now() + timedelta(seconds=25)))
    taken = later.claim(run_id, "second")
    assert taken is not None
    with pytest.raises(LostLease):
        leases.prolong(run_id, "first", 1)
    assert later.prolong(run_id, "second", 2) is False
    later.let_go(run_id, "second")
    assert scene.write(run_id).state is State.COMPLETE
    assert scene.olivia.get(f"/runs/{run_id}/file").text.count("payerfsp") > 0
    scene.olivia.get(f"{PAGE}?settlementWindowId=1")
    history = History(scene.runs, "u-olivia", UTC)
    assert [run.way for run in history.page(Wanted(person="OLIVIA")).runs] == ["page", "job"]
    other = scene.ask(scene.olivia, settlementWindowId="2")
    assert leases.cancel(other)
    assert scene.run(other).state is State.CANCELLED
    assert Runs(scene.runs.engine, lambda: utc_now() + timedelta(days=4)).expire() == 1
    assert Runs(scene.runs.engine, lambda: utc_now() + timedelta(days=500)).sweep(400) == 3
    assert history.page(Wanted()).total == 0


def test_a_file_of_several_pieces_is_kept_byte_by_byte(url: str) -> None:
    files = KeptFiles(engine_for(url))
    content = bytes(range(256)) * (PIECE // 256 * 2 + 7)
    kept = files.keep([content])
    assert b"".join(files.read(kept.id)) == content
    files.drop(kept.id)
    assert files.find(kept.id) is None
