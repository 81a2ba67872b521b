"""What is kept, in whose name, in what order: entries go in with the change or not at all, and never come out."""

import multiprocessing
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bff.change.audit import SYSTEM, Actor, AuditDamaged, AuditLog, AuditQuery, Happening, Outcome
from bff.change.happening import canonical, plain
from bff.change.heads import AuditKeys
from bff.change.tests.auditing import ADA, OLIVIA, audit_at, fill, quiet, shut, unguarded, whole
from bff.database import engine_for
from bff.money import Money
from bff.testing import captured_logs
from tests.figures import figure
from tests.statements import statements


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AuditLog]:
    made = audit_at(tmp_path)
    yield made
    made.engine.dispose()


def test_an_entry_says_who_did_what_to_what_and_how_it_ended(log: AuditLog) -> None:
    entry = log.record(shut(4), OLIVIA)
    assert log.entry(1) == entry
    assert (entry.seq, entry.app, entry.version, entry.actor) == (1, "garden", "7", OLIVIA)
    assert (entry.action, entry.target, entry.outcome) == ("garden.shut_gate", "gate:4", "done")
    assert (entry.before, entry.after["state"], entry.reason) == ({"state": "OPEN"}, "SHUT", "Évening")
    assert datetime.fromisoformat(entry.at).tzinfo == UTC
    assert log.entry(2) is None


def test_entries_are_numbered_without_a_gap_and_each_names_the_one_before(log: AuditLog) -> None:
    fill(log, 5)
    entries = [log.entry(number) for number in range(1, 6)]
    links = [(entry.seq, entry.previous) for entry in entries if entry]
    hashes = ["0" * 64, *(entry.hash for entry in entries if entry)]
    assert links == list(zip(range(1, 6), hashes, strict=False))


def test_an_entry_goes_in_with_the_change_or_not_at_all(log: AuditLog) -> None:
    fill(log, 2)
    with log.engine.connect() as connection:
        log.append(connection, shut(1), ADA)
        log.append(connection, shut(2), ADA)
        connection.rollback()
    assert log.entry(3) is None
    assert log.record(shut(3), ADA).seq == 3


def test_nobody_changes_an_entry_in_the_database(log: AuditLog) -> None:
    fill(log, 3)
    refused = [
        "UPDATE audit_entry SET body = '{}' WHERE seq = 2",
        "UPDATE audit_entry SET actor = 'u-nobody'",
        "DELETE FROM audit_entry WHERE seq = 3",
        "DELETE FROM audit_entry",
        "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry WHERE seq = 1",
        "REPLACE INTO audit_entry SELECT * FROM audit_entry WHERE seq = 2",
        "UPDATE audit_head SET size = 1",
        "UPDATE audit_head SET size = 9",
        "DELETE FROM audit_head",
    ]
    for statement in refused:
        with pytest.raises(DBAPIError, match="audit"), log.engine.begin() as connection:
            connection.execute(text(statement))
    assert whole(log) == 3


def test_an_audit_whose_head_is_gone_takes_nothing_more(log: AuditLog) -> None:
    fill(log, 1)
    unguarded(log.engine)
    with log.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit_head"))
    with pytest.raises(AuditDamaged):
        log.record(shut(1), ADA)
    log.attempt(shut(1), ADA)  # a refusal goes on


def test_a_refusal_that_cannot_be_kept_stands_in_the_log(log: AuditLog) -> None:
    with log.engine.begin() as connection:
        connection.execute(text("DROP TABLE audit_head"))
    with captured_logs() as lines:
        log.attempt(Happening(action="route.refused", outcome=Outcome.REFUSED, target="route:x", reason="private"), ADA)
    (line,) = [line for line in lines if line["event"] == "audit_not_written"]
    assert (line["action"], line["target"], line["log_level"]) == ("route.refused", "route:x", "error")
    assert "private" not in str(line)


def test_a_clock_that_is_set_back_does_not_put_an_entry_before_an_earlier_one(log: AuditLog) -> None:
    with time_machine.travel(datetime(2030, 5, 1, 12, 0, tzinfo=UTC), tick=False):
        first = log.record(shut(1), ADA)
    with time_machine.travel(datetime(2030, 5, 1, 11, 0, tzinfo=UTC), tick=False):
        second = log.record(shut(2), ADA)
    assert first.at == second.at == "2030-05-01T12:00:00.000000Z"


def test_every_committed_entry_is_told_to_the_log_and_none_that_was_not(log: AuditLog) -> None:
    with captured_logs() as lines:
        log.record(shut(1), ADA)
        with log.engine.connect() as connection:
            log.append(connection, shut(2), ADA)
            connection.rollback()
        log.record(shut(3), ADA)
    heads = [line for line in lines if line["event"] == "audit_head"]
    assert [head["size"] for head in heads] == [1, 2]
    newest = log.head()
    assert newest is not None
    assert (heads[-1]["root"], heads[-1]["signature"]) == (newest.root, newest.signature)


def test_a_member_acts_for_their_only_participant_unless_another_is_named(log: AuditLog) -> None:
    member = Actor("u-106", "Ravi", "ravi", (), "s", ("payerfsp",))
    read = Happening(action="report.read", outcome=Outcome.READ)
    assert log.record(read, member).participant == "payerfsp"
    named = Happening(action="report.read", outcome=Outcome.READ, participant="payeefsp")
    assert log.record(named, member).participant == "payeefsp"
    of_two = Actor("u-107", "Ruth", "ruth", (), "s", ("payerfsp", "payeefsp"))
    assert log.record(read, of_two).participant == ""


def test_outside_a_request_the_portal_itself_acts(log: AuditLog) -> None:
    assert log.record(shut(1)).actor == SYSTEM


def test_values_have_one_form_and_money_keeps_every_digit() -> None:
    given = {
        "amount": Decimal("0.10"),
        "large": Decimal("1E+3"),
        "money": Money("USD", Decimal("12.5")),
        "when": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        "day": date(2026, 1, 2),
        "id": UUID(int=5),
        "outcome": Outcome.DONE,
        "set": {"b", "a"},
        "list": (1, True, None),
        "half": "\ud800x",
        "nested": {1: {"é": "\x00"}},
    }
    assert plain(given) == {
        "amount": "0.10",
        "large": "1000",
        "money": {"amount": "12.50", "currency": "USD"},
        "when": "2026-01-02T03:04:00+00:00",
        "day": "2026-01-02",
        "id": "00000000-0000-0000-0000-000000000005",
        "outcome": "done",
        "set": ["a", "b"],
        "list": [1, True, None],
        "half": "?x",
        "nested": {"1": {"é": "\x00"}},
    }
    assert canonical({"b": 1, "a": "é"}) == '{"a":"é","b":1}'.encode()


@pytest.mark.parametrize("value", [1.5, float("nan"), b"bytes", object(), {"deep": [{"x": 0.1}]}])
def test_a_value_without_one_form_is_refused_and_nothing_is_written(log: AuditLog, value: object) -> None:
    with pytest.raises(TypeError):
        log.record(Happening(action="x", outcome=Outcome.DONE, after={"value": value}), ADA)
    assert log.head() is None


def test_long_and_odd_words_are_kept_whole_and_still_fit_their_columns(log: AuditLog) -> None:
    odd = Happening(action="x", outcome=Outcome.DONE, target="t" * 900, participant="nul\x00", reason="\U0001f511" * 9)
    entry = log.record(odd, Actor("s" * 300, "n", "u"))
    assert (len(entry.target), entry.participant, len(entry.actor.subject)) == (900, "nul\x00", 300)
    assert whole(log) == 1


def test_an_intent_stays_open_until_something_settles_it(log: AuditLog) -> None:
    def happen(task: str, outcome: Outcome, action: str = "garden.shut_gate") -> None:
        log.record(Happening(action=action, outcome=outcome, task=task), ADA)

    for task in ("t1", "t2", "t3", "t4"):
        happen(task, Outcome.INTENT)
    happen("t1", Outcome.DONE)
    happen("t2", Outcome.UNKNOWN)
    happen("t3", Outcome.DONE, "garden.another")
    happen("t4", Outcome.FAILED)
    happen("t4", Outcome.INTENT)
    assert [(entry.task, entry.seq) for entry in log.open_intents()] == [("t2", 2), ("t3", 3), ("t4", 9)]
    assert [entry.outcome for entry in log.history("t4")] == ["intent", "failed", "intent"]


def test_entries_are_found_by_every_part_and_page_by_page(log: AuditLog) -> None:
    fill(log, 9)
    log.record(Happening(action="login", outcome=Outcome.SIGNED_IN, target="person:u-ada", participant="payerfsp"), ADA)
    log.record(Happening(action="100%_sure", outcome=Outcome.DONE, task="t-1"), OLIVIA)

    def found(**query: str) -> list[int]:
        return [entry.seq for entry in log.entries(AuditQuery(**query)).entries]  # type: ignore[arg-type]

    assert found(actor="u-ada") == found(actor="ada") == [10, 8, 6, 4, 2]
    assert found(action="login") == found(target="person:*") == found(participant="payerfsp") == [10]
    assert len(found(action="garden.*")) == 9
    assert found(action="100%*") == found(task="t-1") == [11]
    assert found(action="%*") == []
    assert found(outcome="signed_in,read") == [10]
    third = log.entry(3)
    assert third is not None
    assert found(since=third.at, until=third.at) == []
    assert 3 in found(since=third.at)
    assert 3 not in found(until=third.at)
    page = log.entries(AuditQuery(limit=4))
    assert ([entry.seq for entry in page.entries], page.next, page.total) == ([11, 10, 9, 8], 8, 11)
    last = log.entries(AuditQuery(limit=4, before=4))
    assert ([entry.seq for entry in last.entries], last.next, last.total) == ([3, 2, 1], None, 11)


def _append(folder: str, count: int) -> None:
    quiet()
    path = Path(folder)
    log = AuditLog(engine_for(f"sqlite:///{path / 'app.sqlite'}"), AuditKeys(path / "audit-keys.json"), "garden", "7")
    for number in range(count):
        log.record(shut(number), ADA)


def test_four_processes_at_once_make_one_chain_without_a_gap(tmp_path: Path) -> None:
    log = audit_at(tmp_path)
    log.engine.dispose()
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_append, args=(str(tmp_path), 50)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert whole(log) == 200
    log.engine.dispose()


def test_keys_that_two_processes_make_at_once_are_the_same(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: AuditKeys(tmp_path / "new" / "keys.json").now().private[-1].kid, range(8)))
    assert len(set(made)) == 1
    assert (tmp_path / "new" / "keys.json").stat().st_mode & 0o077 == 0


def test_a_key_file_that_is_half_edited_stops_nothing(log: AuditLog, tmp_path: Path) -> None:
    before = log.record(shut(1), ADA)
    (tmp_path / "audit-keys.json").write_text("{")
    log.record(shut(2), ADA)
    first, second = log.reading.row(before.seq), log.head()
    assert first
    assert second
    assert first.signer == second.key


def cost_of_one(log: AuditLog) -> int:
    """How many statements one more entry takes."""
    with statements(log.engine) as said:
        log.record(shut(0), ADA)
    return len(said)


def test_appending_costs_the_same_however_many_entries_there_are(log: AuditLog) -> None:
    quiet()
    early = cost_of_one(log)
    fill(log, 300)
    begun = time.perf_counter()
    for number in range(200):
        log.record(shut(number), ADA)
    each = (time.perf_counter() - begun) / 200
    figure("audit_append_ms", f"{each * 1000:.2f}", "ms")
    assert cost_of_one(log) == early
