"""A running app sees by itself what was done to its audit, also to entries that it has verified before, and soon."""

import copy
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bff.change.audit import AuditLog
from bff.change.audit_watch import Standing, Watch
from bff.change.heads import AuditKeys
from bff.change.tests.auditing import audit_at, fill, quiet, read_rows, rehash, shut, unguarded, write_rows
from bff.change.tests.tampering import KINDS, LIVE, SIZE, Keys
from bff.change.verify import Fault

WITHOUT_THE_KEY = [kind for kind in KINDS if LIVE in kind.places]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AuditLog]:
    quiet()
    made = audit_at(tmp_path / "app")
    fill(made, SIZE)
    yield made
    made.engine.dispose()


@pytest.fixture
def watch(log: AuditLog, tmp_path: Path) -> Watch:
    return Watch(log.reading, log.keys, tmp_path / "verified.json")


def look(log: AuditLog, watch: Watch) -> Standing:
    return watch.look(log.head())


def test_an_audit_is_verified_as_it_grows(log: AuditLog, watch: Watch) -> None:
    assert look(log, watch).verified == SIZE
    fill(log, 3)
    standing = look(log, watch)
    assert (standing.verified, standing.finding) == (SIZE + 3, None)
    assert standing.read_again


def test_an_empty_audit_holds(tmp_path: Path) -> None:
    log = audit_at(tmp_path / "empty")
    standing = Watch(log.reading, log.keys, tmp_path / "verified.json").look(log.head())
    assert (standing.verified, standing.finding) == (0, None)
    log.engine.dispose()


@pytest.mark.parametrize("kind", WITHOUT_THE_KEY, ids=lambda kind: kind.name)
def test_what_was_verified_before_and_is_damaged_now_is_found(
    log: AuditLog, watch: Watch, tmp_path: Path, kind: object
) -> None:
    assert look(log, watch).finding is None
    lines = read_rows(log.engine)
    own = AuditKeys(tmp_path / "own.json")
    kind.damage(lines, Keys(log.keys.now().private[-1], own.now().private[-1]))  # type: ignore[attr-defined]
    write_rows(log.engine, lines)
    assert look(log, watch).finding is not None


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET body = replace(body, 'SHUT', 'OPEN') WHERE seq = 5"])
def test_the_bad_entry_is_named(log: AuditLog, watch: Watch, statement: str) -> None:
    look(log, watch)
    unguarded(log.engine)
    with log.engine.begin() as connection:
        connection.execute(text(statement))
    finding = look(log, watch).finding
    assert finding is not None
    assert (finding.seq, finding.fault) == (5, Fault.EDITED)
    assert "edited" in finding.sentence


def test_a_tail_that_was_cut_is_found_by_what_the_app_saw(log: AuditLog, watch: Watch) -> None:
    look(log, watch)
    write_rows(log.engine, read_rows(log.engine)[:7])
    finding = look(log, watch).finding
    assert finding is not None
    assert (finding.seq, finding.fault) == (8, Fault.CUT)
    # And it stays found when new entries fill the gap.
    fill(log, 9)
    finding = look(log, watch).finding
    assert finding is not None
    assert finding.fault is Fault.DENIED


def test_an_old_copy_that_was_put_back_is_found(log: AuditLog, watch: Watch, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "app" / "app.sqlite") as source, sqlite3.connect(tmp_path / "copy") as target:
        source.backup(target)
    source.close()
    target.close()
    fill(log, 4)
    look(log, watch)
    log.engine.dispose()
    for path in (tmp_path / "app").glob("app.sqlite*"):
        path.unlink()
    shutil.copy(tmp_path / "copy", tmp_path / "app" / "app.sqlite")
    fill(log, 4)
    finding = look(log, watch).finding
    assert finding is not None
    assert finding.fault is Fault.DENIED


def test_the_true_key_does_not_help_to_rewrite_what_was_seen(log: AuditLog, watch: Watch) -> None:
    look(log, watch)
    lines = copy.deepcopy(read_rows(log.engine))
    lines[4].body["reason"] = "never said"
    rehash(lines, log.keys.now().private[-1])
    write_rows(log.engine, lines)
    assert look(log, watch).finding is not None


def test_what_was_verified_is_remembered_by_the_next_process(log: AuditLog, watch: Watch, tmp_path: Path) -> None:
    look(log, watch)
    write_rows(log.engine, read_rows(log.engine)[:7])
    again = Watch(log.reading, log.keys, tmp_path / "verified.json")
    assert again.look(log.head()).finding is not None
    for content in ("", "{}", '{"app":"garden","peaks":"zz"}', '{"app":"orchard","size":3}'):
        (tmp_path / "verified.json").write_text(content)
        anew = Watch(log.reading, log.keys, tmp_path / "verified.json").look(log.head())
        assert (anew.verified, anew.finding) == (7, None)


def test_a_long_audit_is_verified_over_several_looks(log: AuditLog, tmp_path: Path) -> None:
    hasty = Watch(log.reading, log.keys, tmp_path / "verified.json", (0.0, 0.0))
    seen = [look(log, hasty).verified for _ in range(SIZE + 1)]
    assert seen == [*range(1, SIZE + 1), SIZE]


def test_old_blocks_are_read_again_one_after_the_other(log: AuditLog, tmp_path: Path) -> None:
    watch = Watch(log.reading, log.keys, tmp_path / "verified.json", (60.0, 60.0))  # on a slow machine too
    fill(log, 3 * 128)
    first = look(log, watch)
    assert first.read_again
    unguarded(log.engine)
    with log.engine.begin() as connection:
        connection.execute(text("UPDATE audit_entry SET body = replace(body, 'SHUT', 'OPEN') WHERE seq = 200"))
    finding = look(log, watch).finding
    assert finding is not None
    assert finding.seq == 200


def test_a_folder_that_cannot_be_written_costs_only_the_memory(log: AuditLog, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    watch = Watch(log.reading, log.keys, tmp_path / "file" / "verified.json")
    assert look(log, watch).verified == SIZE
    assert look(log, watch).verified == SIZE


def test_a_new_key_that_the_old_one_introduced_changes_nothing(log: AuditLog, watch: Watch, tmp_path: Path) -> None:
    from bff.change.heads import add_key

    look(log, watch)
    add_key(tmp_path / "app" / "audit-keys.json")
    log.record(shut(1))
    standing = look(log, watch)
    assert (standing.finding, standing.verified) == (None, SIZE + 2)
