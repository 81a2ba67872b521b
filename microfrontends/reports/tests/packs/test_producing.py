"""Packs are produced once, whole, in their participant's name; what goes wrong is said, tried again, and bounded."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from microfrontends.reports.domain.delivery import PackState
from microfrontends.reports.packs.producing import LATEST, MOST, Producer, wait_after
from microfrontends.reports.packs.records import Pack
from microfrontends.reports.packs.store import LEASE
from microfrontends.reports.runs.records import State, Way
from microfrontends.reports.runs.store import Runs
from microfrontends.reports.runs.table import report_run
from microfrontends.reports.tests.packs.scene import OPEN_TO_DFSPS, PARTICIPANTS, REPORTS, Scene, change

FEW = 2 * len(PARTICIPANTS)  # packs of one report
HUB_NETS = (
    "SELECT p.name, a.currencyId, n.netAmount FROM settlementParticipantCurrency n"
    " JOIN participantCurrency a ON a.participantCurrencyId = n.participantCurrencyId"
    " JOIN participant p ON p.participantId = a.participantId WHERE n.settlementId = :id"
)


def content(scene: Scene, pack: Pack, form: str) -> bytes:
    file = next(each for each in scene.desk.packs.files(pack.id) if each.form == form)
    return b"".join(scene.desk.files.read(file.file or ""))


def producer(scene: Scene, holder: str = "worker", stopping: Event | None = None) -> Producer:
    desk = scene.desk
    return Producer(desk.packs, desk.shelf, desk.files, holder, stopping=stopping or Event())


def produce(scene: Scene, holder: str = "worker") -> int:
    with scene.app.app_context():
        return producer(scene, holder).produce_due()


def later(scene: Scene, by: timedelta) -> None:
    """Let time pass, for this app's packs."""
    passed = datetime.now(UTC) + by
    scene.desk.packs.clock = lambda: passed


def test_every_participant_gets_each_report_of_each_settlement_once(delivered: Scene) -> None:
    found = [(pack.report, pack.participant, pack.event.object, pack.state) for pack in delivered.packs()]
    wanted = {(report, name, number, "NEW") for report in REPORTS for name in PARTICIPANTS for number in (1, 2)}
    assert (len(found), set(found)) == (24, wanted)


def test_the_net_amounts_of_the_packs_are_the_hubs(delivered: Scene) -> None:
    for number in (1, 2):
        with delivered.desk.shelf.database.snapshot() as snapshot:
            rows = snapshot._line.batches(HUB_NETS.replace(":id", str(number)), {})
            hub = {(str(r[0]), str(r[1])): Decimal(str(r[2])) for batch in rows for r in batch}
        told = {}
        for name in PARTICIPANTS:
            document = json.loads(content(delivered, delivered.one(name, settlement=number), "json"))
            for row in document["tables"][0]["rows"]:
                assert row["participant"] == name
                told[(name, row["currency"])] = Decimal(row["net"])
        assert told == hub
        assert sum(told.values()) == 0


def test_a_pack_holds_nothing_of_anybody_elses_settling(delivered: Scene) -> None:
    for name in PARTICIPANTS:
        for report in REPORTS[::2]:
            told = json.loads(content(delivered, delivered.one(name, report), "json"))
            rows = told["rows"] + [row for each in told["tables"] for row in each["rows"]]
            assert {row["participant"] for row in rows} == {name}


def test_each_file_has_the_size_and_the_hash_that_is_told_of_it(delivered: Scene) -> None:
    for pack in delivered.packs():
        files = delivered.desk.packs.files(pack.id)
        assert {file.form for file in files} >= {"csv", "xlsx", "json"}
        for file in files:
            body = content(delivered, pack, file.form)
            assert (len(body), sha256(body).hexdigest()) == (file.size, file.sha256)


def test_production_is_proven_and_audited_with_the_hashes_of_the_files(delivered: Scene) -> None:
    pack = delivered.one()
    proof = delivered.desk.packs.proofs(pack.id)[0]
    entry = next(each for each in delivered.audited("pack.produced") if each.target == f"pack:{pack.id}")
    assert (proof.did, proof.seq, entry.participant) == ("PRODUCED", entry.seq, "alphabank")
    assert entry.detail["sha256"] == sorted(file.sha256 for file in delivered.desk.packs.files(pack.id))
    assert pack.produced_seq == entry.seq


def test_each_file_of_a_pack_stands_in_the_run_history_with_event_values_rows_and_hash(delivered: Scene) -> None:
    pack = delivered.one()
    runs = Runs(delivered.desk.packs.engine).read(report_run.c.entry == pack.produced_seq)
    assert {run.form for run in runs} == {file.form for file in delivered.desk.packs.files(pack.id)}
    for run in runs:
        assert (run.report, run.parameters, run.rows) == (pack.report, pack.parameters, pack.rows)
        assert (run.way, run.state, run.by.participants) == (Way.PACK, State.COMPLETE, frozenset({"alphabank"}))
        assert run.sha256
        assert all(len(seal) == 64 for seal in run.sha256)
    auditor = delivered.staff("reports:catalogue:view", "reports:run:view-all", *OPEN_TO_DFSPS)
    page = auditor.get("/runs/everyone?way=pack&report=dfsp-settlement").text
    assert "Settlement 1, created" in page
    assert runs[0].sha256[0] in auditor.get(f"/runs/{runs[0].id}").text
    assert "alphabank" not in delivered.of("betawallet").get("/runs").text


def test_proof_can_neither_be_changed_nor_removed_nor_overwritten(delivered: Scene) -> None:
    for statement in (
        "UPDATE pack_proof SET reason = 'x'",
        "DELETE FROM pack_proof",
        "INSERT OR REPLACE INTO pack_proof SELECT * FROM pack_proof",
    ):
        with pytest.raises(DatabaseError, match="proof stays"), delivered.desk.packs.engine.begin() as connection:
            connection.execute(text(statement))


def test_two_workers_at_once_produce_each_pack_once(bare: Scene) -> None:
    assert bare.noticed() == FEW
    start, taken = Barrier(2), {}

    def work(name: str) -> None:
        start.wait()
        taken[name] = produce(bare, name)

    workers = [Thread(target=work, args=(name,)) for name in ("one", "two")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(taken.values()) == FEW
    assert len(bare.audited("pack.produced")) == FEW


def test_a_worker_that_is_stopped_puts_its_packs_down_and_another_goes_on_at_once(bare: Scene) -> None:
    assert bare.noticed() == FEW
    stopped = Event()
    stopped.set()
    pack = bare.packs()[0]
    with bare.app.app_context():
        assert producer(bare, "one", stopped).take_up(pack.id)
    assert (bare.desk.packs.find(pack.id) or pack).state == "WAITING"
    assert produce(bare, "two") == FEW


def test_a_hub_that_is_away_costs_no_attempt(bare: Scene) -> None:
    assert bare.noticed() == FEW
    path = bare.folder / "hub.sqlite"
    path.rename(bare.folder / "elsewhere")
    for hours in range(MOST + 2):
        later(bare, timedelta(hours=hours))
        produce(bare)
    assert {(pack.state, pack.attempts) for pack in bare.packs()} == {("WAITING", 0)}
    assert {pack.problem for pack in bare.packs()} == {"The hub's database did not answer. It is tried again."}
    (bare.folder / "elsewhere").rename(path)
    later(bare, timedelta(hours=MOST + 3))
    assert produce(bare) == FEW
    assert {(pack.state, pack.problem) for pack in bare.packs()} == {("NEW", "")}


def test_what_goes_wrong_is_kept_as_a_sentence_tried_later_and_in_the_end_given_up(bare: Scene) -> None:
    assert bare.noticed() == FEW
    # Its rows are gone from the hub, so that the report's facts find nothing.
    change(bare.hub_url, "DELETE FROM settlement WHERE settlementId = 2")
    produce(bare)
    assert produce(bare) == 0  # not yet again
    wrong = bare.one(settlement=2)
    assert (wrong.state, wrong.attempts) == ("WAITING", 1)
    assert "The hub knows nothing of Settlement 2" in wrong.problem
    for hours in range(1, MOST + 3):
        later(bare, timedelta(hours=2 * hours))
        produce(bare)
    given_up = bare.one(settlement=2)
    assert (given_up.state, given_up.attempts) == (PackState.FAILED, MOST)
    assert [proof.did for proof in bare.desk.packs.proofs(given_up.id)] == ["FAILED"]
    assert "knows nothing of Settlement 2" in bare.audited("pack.failed")[0].reason
    kept = Runs(bare.desk.packs.engine).read(report_run.c.state == State.FAILED)
    assert {run.by.actor.username for run in kept} == {"settlement_created:2"}
    assert all("knows nothing of Settlement 2" in run.problem for run in kept)
    assert bare.one(settlement=1).state == "NEW"


def test_attempts_come_ever_later_up_to_a_bound() -> None:
    waits = [wait_after(attempts) for attempts in range(20)]
    assert waits == sorted(waits)
    assert waits[-1] == LATEST


def test_a_pack_is_written_in_each_format_that_its_file_names_a_paper_among_them(bare: Scene) -> None:
    bare.rounds().notice()
    pack = bare.one(report="dfsp-settlement-result")
    with bare.app.app_context():
        producer(bare).take_up(pack.id)
    assert [file.form for file in bare.desk.packs.files(pack.id)] == ["csv", "json", "pdf", "xlsx"]
    assert content(bare, pack, "pdf").startswith(b"%PDF-")


def test_a_report_that_has_left_the_catalogue_is_said_to_have(bare: Scene) -> None:
    assert bare.noticed() == FEW
    with bare.desk.packs.engine.begin() as connection:
        connection.execute(text("UPDATE pack SET report = 'gone'"))
    produce(bare)
    assert {pack.problem for pack in bare.packs(report="gone")} == {
        "There is no report of this name any more, or it is no longer distributed."
    }


def test_the_lease_of_whoever_works_is_prolonged_and_whoever_lost_it_writes_nothing(bare: Scene) -> None:
    assert bare.noticed() == FEW
    packs, pack_id = bare.desk.packs, bare.packs()[0].id
    first = packs.claim(pack_id, "one")
    assert first is not None
    assert packs.claim(pack_id, "two") is None
    assert packs.prolong(first, "one")
    later(bare, LEASE * 2)
    second = packs.claim(pack_id, "two")
    assert second is not None
    assert not packs.prolong(first, "one")
    assert packs.prolong(second, "two")


def test_packs_are_written_in_the_language_of_the_site(bare: Scene, tmp_path: Path) -> None:
    assert bare.noticed() == FEW
    with bare.app.app_context():
        desk = bare.desk
        Producer(desk.packs, desk.shelf, desk.files, "worker", "fr").take_up(bare.one().id)
    assert content(bare, bare.one(), "csv").decode().startswith("Participant,Participant externe")
