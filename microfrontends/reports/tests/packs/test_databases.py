"""Packs are kept alike in each database that an app may have, and the hub's MariaDB is watched as its SQLite is."""

from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DatabaseError

from bff.access.tests import real_postgresql
from bff.change.audit import SYSTEM
from bff.change.tests import real_mariadb
from bff.database import engine_for, own_migrations, upgrade
from microfrontends.reports.domain.delivery import Did
from microfrontends.reports.packs.records import Pack
from microfrontends.reports.packs.store import Step
from microfrontends.reports.tests.golden import ledger
from microfrontends.reports.tests.packs.scene import OPEN_TO_DFSPS, PARTICIPANTS, VIEW, Scene, scene

DATABASES = ["postgresql"] if real_postgresql.program("postgres") else []
DATABASES += ["mariadb"] if real_mariadb.present() else []
SERVERS = {"postgresql": real_postgresql.running, "mariadb": real_mariadb.running}


@pytest.fixture(scope="module", params=DATABASES)
def urls(request: pytest.FixtureRequest, hub_folder: Path) -> Iterator[tuple[str, str]]:
    """Our own database in a server, and the hub's: in the same where that is a MariaDB, else in SQLite."""
    with SERVERS[request.param]() as own:
        hub = f"sqlite:///{hub_folder / 'hub.sqlite'}"
        if request.param == "mariadb":
            hub = own.replace("/portal?", "/hub?")
            engine = create_engine(own)
            with engine.begin() as connection:
                connection.execute(text("CREATE DATABASE hub CHARACTER SET utf8mb4"))
            engine.dispose()
            ledger.build(hub)
        yield own, hub


@pytest.fixture(scope="module")
def there(urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """An app over both."""
    own, hub = urls
    for where in own_migrations("reports"):
        upgrade(own, where)
    yield scene(tmp_path_factory.mktemp("there"), hub, database_url=own)
    engine_for(own).dispose()


def test_a_pack_goes_its_whole_way(there: Scene) -> None:
    there.noticed()
    start, taken = Barrier(2), []

    def work(name: str) -> None:
        start.wait()
        with there.app.app_context():
            taken.append(there.rounds(name).producer().produce_due())

    workers = [Thread(target=work, args=(name,)) for name in ("one", "two")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(taken) == len(there.packs(state="NEW")) == 2 * len(PARTICIPANTS)
    alpha, pack = there.of("alphabank"), there.one()
    assert len(alpha.get(f"/packs/{pack.id}/files/csv").data) > 100
    assert alpha.post(f"/api/packs/{pack.id}/acknowledge", json={}).status_code == 202
    assert alpha.post(f"/api/packs/{pack.id}/dispute", json={"reason": "Non, c'est 5,00 de trop"}).status_code == 202
    answer = {"reason": "Corrected", "produce": "yes"}
    assert there.staff().post(f"/api/deliveries/{pack.id}/answer", json=answer).status_code == 202
    with there.app.app_context():
        assert there.rounds().producer().produce_due() == 1
    assert [str(proof.did) for proof in there.desk.packs.proofs(pack.id)] == [
        "PRODUCED", "OPENED", "DOWNLOADED", "ACKNOWLEDGED", "DISPUTED", "ANSWERED", "SUPERSEDED",
    ]  # fmt: skip
    assert (there.one().version, there.one().state) == (2, "NEW")


def test_lists_and_the_overview_are_the_same(there: Scene) -> None:
    alpha, staff = there.of("alphabank"), there.staff()
    assert alpha.get("/packs").text.count("/packs/") == 3  # two settlements, and the version before
    assert len((alpha.get("/api/packs?since=0").json or {})["packs"]) == 3
    assert there.of("ALPHABANK").get("/packs").text.count("/packs/") == 0  # whatever the server thinks of case
    assert staff.get("/deliveries").text.count("/deliveries/events/") == 2
    assert staff.get(f"/deliveries/events/{there.one().event.id}").text.count("<tr>") == 5
    assert staff.get("/deliveries/packs?overdue=yes").status_code == 200
    other = there.of("betawallet", permissions=(VIEW, *OPEN_TO_DFSPS))
    assert other.get(f"/api/packs/{there.one().id}").status_code == 404


def test_nothing_more_is_planned_by_looking_again(there: Scene) -> None:
    before = len(there.packs())
    there.rounds("another").notice()
    assert len(there.packs()) == before


def test_whoever_takes_a_pack_up_waits_for_a_step_that_is_taken(there: Scene) -> None:
    packs, of = there.desk.packs, there.one()
    claiming = Thread(target=lambda: packs.claim(of.id, "another"))

    def meanwhile(connection: Connection, now: Pack) -> dict[str, Any]:
        claiming.start()
        claiming.join(0.5)  # by then it waits; a deadlock would be an exception in its thread, which fails this test
        return {"problem": ""}

    assert packs.step(of, Step(Did.DISPUTED, reason="Looked at twice"), SYSTEM, meanwhile).id == of.id
    claiming.join()


def test_proof_stays(there: Scene) -> None:
    for statement in ("UPDATE pack_proof SET reason = 'x'", "DELETE FROM pack_proof"):
        with pytest.raises(DatabaseError, match="proof stays"), there.desk.packs.engine.begin() as connection:
            connection.execute(text(statement))
