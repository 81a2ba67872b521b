"""Whatever is done to an audit is found, and the first bad entry named: in its database, and in an export offline."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import text

from bff.change.audit import AuditLog
from bff.change.heads import AuditKeys, add_key
from bff.change.tests.auditing import (
    audit_at,
    fill,
    read_export,
    read_rows,
    shut,
    unguarded,
    write_export,
    write_rows,
)
from bff.change.tests.tampering import EXPORT, KINDS, LIVE, SIZE, Keys, Tampering
from bff.change.tests.whole_audit import Case, case_in, copied, run
from tests.figures import figure


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with case_in(tmp_path_factory.mktemp("audit")) as made:
        yield made


def damaged(case: Case, kind: Tampering, place: str, folder: Path) -> Result:
    """Damage the audit at a place, and verify it."""
    keys = Keys(case.log.keys.now().private[-1], case.own.now().private[-1])
    witness = ("--heads", case.heads) if kind.witness else ()
    if place == LIVE:
        log = copied(case, folder)
        lines = read_rows(log.engine)
        kind.damage(lines, keys)
        write_rows(log.engine, lines)
        log.engine.dispose()
        return run(*witness, BIZOPS_STATE_DIR=folder)
    top, lines = read_export(case.export)
    kind.damage(lines, keys)
    folder.mkdir(parents=True)
    path = folder / "export.jsonl"
    # Whoever replaces the key offers it in the export too.
    write_export(path, top | {"keys": [*top["keys"], *case.own.now().document["keys"]]}, lines)
    return run(path, *(("--keys", case.keys) if kind.pinned else ()), *witness)


def test_every_tampering_is_found_and_the_first_bad_entry_named(case: Case, tmp_path: Path) -> None:
    tried = [(kind, place) for kind in KINDS for place in kind.places]
    missed = []
    for number, (kind, place) in enumerate(tried):
        result = damaged(case, kind, place, tmp_path / str(number))
        if result.exit_code != 1 or f"entry {kind.first_bad} is the first bad one" not in result.output:
            missed.append(f"{kind.name} ({place}): {result.exit_code} {result.output} {result.exception or ''}")
    found = len(tried) - len(missed)
    figure("audit_tampers_found", f"{found}/{len(tried)}")
    assert missed == []


def test_an_audit_that_nobody_touched_is_what_it_was(case: Case) -> None:
    for result in (
        run(case.export, "--keys", case.keys, "--heads", case.heads),
        run(case.export, "--keys", case.export),
        run("--heads", case.heads, BIZOPS_STATE_DIR=case.folder),
        run("--keys", case.keys, BIZOPS_STATE_DIR=case.folder),
    ):
        assert result.exit_code == 0, result.output
        assert f"garden: entries 1 to {SIZE} are what they were" in result.output


def test_it_is_said_what_was_not_proven(case: Case) -> None:
    result = run(case.export)
    assert result.exit_code == 0
    assert "--keys" in result.output
    assert "--heads" in result.output


def test_what_writing_rows_back_does_is_nothing_by_itself(case: Case, tmp_path: Path) -> None:
    nothing = Tampering("nothing", lambda lines, keys: None, 0, witness=True)
    for place in (LIVE, EXPORT):
        assert damaged(case, nothing, place, tmp_path / place).exit_code == 0


def test_mending_with_the_true_key_needs_a_witness(case: Case, tmp_path: Path) -> None:
    kind = next(kind for kind in KINDS if kind.name == "rewrite with the key")
    blind = Tampering(kind.name, kind.damage, kind.first_bad, witness=False)
    assert damaged(case, blind, EXPORT, tmp_path / "blind").exit_code == 0


def test_a_head_row_that_was_set_back_or_forward_is_found(case: Case, tmp_path: Path) -> None:
    for number, change in enumerate(("size = 3", "size = 99", "peaks = ''", f"hash = '{'0' * 64}'")):
        folder = tmp_path / str(number)
        log = copied(case, folder)
        unguarded(log.engine)
        with log.engine.begin() as connection:
            connection.execute(text(f"UPDATE audit_head SET {change}"))
        log.engine.dispose()
        assert run(BIZOPS_STATE_DIR=folder).exit_code == 1, change
    with log.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit_head"))
    log.engine.dispose()
    assert "entry 1 is the first bad one (cut)" in run(BIZOPS_STATE_DIR=folder).output


def test_a_body_that_is_written_otherwise_but_means_the_same_is_found(case: Case, tmp_path: Path) -> None:
    log = copied(case, tmp_path)
    unguarded(log.engine)
    with log.engine.begin() as connection:
        connection.execute(text("UPDATE audit_entry SET body = body || ' ' WHERE seq = 4"))
    log.engine.dispose()
    assert "entry 4 is the first bad one (edited)" in run(BIZOPS_STATE_DIR=tmp_path).output


def test_a_key_that_the_old_one_introduced_is_believed(tmp_path: Path) -> None:
    log = audit_at(tmp_path)
    fill(log, 3)
    pinned = tmp_path / "pinned.json"
    pinned.write_text(json.dumps(log.keys.now().document))
    add_key(tmp_path / "audit-keys.json")
    fill(log, 2)
    introduction = log.entry(4)
    assert introduction is not None
    assert introduction.action == "audit.key"
    export = tmp_path / "export.jsonl"
    export.write_text("".join(log.export()), "utf-8")
    log.engine.dispose()
    for keys in (["--keys", pinned], []):
        result = run(export, *keys)
        assert result.exit_code == 0, result.output
        assert log.keys.now().private[-1].kid in result.output
    assert run(BIZOPS_STATE_DIR=tmp_path).exit_code == 0


def test_a_lost_key_cannot_be_replaced_unseen(tmp_path: Path) -> None:
    log = audit_at(tmp_path)
    fill(log, 3)
    pinned = tmp_path / "pinned.json"
    pinned.write_text(json.dumps(log.keys.now().document))
    (tmp_path / "audit-keys.json").unlink()
    again = AuditLog(log.engine, AuditKeys(tmp_path / "audit-keys.json"), "garden")
    assert "BIZOPS_AUDIT_KEYS" in again.trouble()
    again.record(shut(9))
    export = tmp_path / "export.jsonl"
    export.write_text("".join(again.export()), "utf-8")
    log.engine.dispose()
    assert "entry 4 is the first bad one (unknown-key)" in run(export, "--keys", pinned).output
    # Without the old key at hand nothing vouches for what it signed.
    assert "entry 1 is the first bad one (unknown-key)" in run(export).output


def test_an_audit_that_is_not_there_is_not_good(tmp_path: Path) -> None:
    result = run(BIZOPS_STATE_DIR=tmp_path)
    assert result.exit_code == 1
    assert "BIZOPS_AUDIT_KEYS" in result.output
