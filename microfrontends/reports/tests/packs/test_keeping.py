"""Files of packs are kept for as long as the site says, what proves their delivery for ever."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from microfrontends.reports.domain.delivery import PackState
from microfrontends.reports.packs import keeping
from microfrontends.reports.tests.packs.scene import Scene

KEPT = "SELECT (SELECT count(*) FROM kept_file) + (SELECT count(*) FROM kept_piece)"


def count(scene: Scene, query: str = KEPT) -> int:
    with scene.desk.packs.engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


def later(scene: Scene, days: float) -> int:
    """Sweep as a worker will after so many days: files are kept for 30."""
    packs = scene.desk.packs
    packs.clock = lambda: datetime.now(UTC) + timedelta(days=days)
    return keeping.sweep(packs, scene.desk.files, 30)


def test_files_whose_time_is_over_are_forgotten_and_their_proof_is_not(delivered: Scene) -> None:
    client, pack = delivered.of("alphabank"), delivered.one()
    assert len(client.get(f"/packs/{pack.id}/files/csv").data) > 100
    proofs, digests = delivered.desk.packs.proofs(pack.id), delivered.desk.packs.files(pack.id)
    assert (later(delivered, 29), delivered.one().preview) == (0, pack.preview)
    assert later(delivered, 31) == len(delivered.packs())
    assert (count(delivered), later(delivered, 32)) == (0, 0)
    kept = delivered.desk.packs.files(pack.id)
    assert [(each.form, each.size, each.sha256) for each in kept] == [(e.form, e.size, e.sha256) for e in digests]
    assert delivered.desk.packs.proofs(pack.id) == proofs
    assert delivered.one().state is PackState.DOWNLOADED


def test_whoever_comes_too_late_is_told_why_in_their_language(delivered: Scene) -> None:
    later(delivered, 31)
    client, pack = delivered.of("alphabank"), delivered.one()
    page = client.get(f"/packs/{pack.id}", headers={"Portal-Locale": "fr"})
    assert page.status_code == 200
    assert "conservés pendant 30 jours" in page.text
    gone = client.get(f"/packs/{pack.id}/files/csv")
    assert gone.status_code == 404
    assert "files of report packs are kept for 30 days" in gone.text
    told = client.get(f"/api/packs/{pack.id}").json
    assert told
    assert told["files"] == []


def test_what_is_still_to_be_produced_is_left_alone(bare: Scene) -> None:
    bare.rounds().notice()
    waiting = len(bare.packs(state=PackState.WAITING))
    assert waiting > 0
    assert later(bare, 4000) == 0
    assert len(bare.packs(state=PackState.WAITING)) == waiting


def test_a_worker_sweeps_in_its_rounds(delivered: Scene) -> None:
    rounds = delivered.rounds()
    delivered.app.extensions["portal_settings"] = replace(rounds.settings, pack_days=-1)
    rounds.go()
    assert count(delivered) == 0
