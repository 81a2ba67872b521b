"""Exports, keys and heads as files: read in one way only, verified whole, in part, or one entry by itself."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from bff.change.audit import AuditLog
from bff.change.tests.auditing import (
    audit_at,
    fill,
    read_export,
    rehash,
    write_export,
)
from bff.change.tests.tampering import SIZE
from bff.change.tests.whole_audit import Case, case_in, run
from bff.cli import main


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with case_in(tmp_path_factory.mktemp("audit")) as made:
        yield made


def test_an_export_that_was_cut_while_it_was_written_is_found(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl"
    whole = case.export.read_text("utf-8").splitlines(keepends=True)
    for kept, bad in ((SIZE + 1, SIZE + 1), (SIZE - 3, SIZE - 3), (1, 1)):
        path.write_text("".join(whole[:kept]), "utf-8")
        result = run(path, "--keys", case.keys)
        assert result.exit_code == 1
        assert f"entry {bad} is the first bad one (cut)" in result.output
    path.write_text("".join(whole)[:-700], "utf-8")
    assert run(path, "--keys", case.keys).exit_code == 1


def test_an_export_that_says_of_itself_another_size_is_found(case: Case, tmp_path: Path) -> None:
    path, whole = tmp_path / "other.jsonl", case.export.read_text("utf-8")
    for size in (SIZE - 1, SIZE + 1):
        path.write_text(whole.replace(f'"size":{SIZE}}}', f'"size":{size}}}', 1), "utf-8")
        assert run(path, "--keys", case.keys).exit_code == 1


@pytest.mark.parametrize(
    "was_and_is",
    [
        ('"action":"garden.shut_gate"', '"action":"garden.open_gate","action":"garden.shut_gate"'),
        ('"seq":5', '"seq":5.0'),
        ('"seq":5', '"seq":NaN'),
        ('"seq":5', '"seq":true'),
        ('"seq":5', '"seq":' + "9" * 5000),
        ('"before":{', '"before":' + "[" * 5000 + "]" * 5000 + ',"x":{'),
        ('"entry":{', '"entry":null,"was":{'),
    ],
    ids=["a key twice", "a fraction", "no number", "a truth", "a vast number", "a deep one", "no entry"],
)
def test_a_line_that_two_readers_could_read_differently_is_bad(
    case: Case, tmp_path: Path, was_and_is: tuple[str, str]
) -> None:
    lines = case.export.read_text("utf-8").splitlines()
    lines[5] = lines[5].replace(*was_and_is, 1)
    path = tmp_path / "odd.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    result = run(path, "--keys", case.keys)
    assert result.exit_code == 1
    assert "entry 5 is the first bad one" in result.output


def test_the_exports_of_two_apps_cannot_take_each_others_place(case: Case, tmp_path: Path) -> None:
    other = audit_at(tmp_path / "other", "orchard")
    fill(other, SIZE)
    path = tmp_path / "orchard.jsonl"
    path.write_text("".join(other.export()), "utf-8")
    assert "entry 1 is the first bad one (unknown-key)" in run(path, "--keys", case.keys).output
    renamed = path.read_text("utf-8").replace('{"app":"orchard"', '{"app":"garden"', 1)
    path.write_text(renamed, "utf-8")
    assert "entry 1 is the first bad one (foreign)" in run(path).output
    assert run(path, "--heads", case.heads).exit_code == 1
    # One key for two apps proves nothing more: the app's name is part of what is signed.
    same = AuditLog(audit_at(tmp_path / "twin", "twin").engine, case.log.keys, "twin")
    fill(same, 3)
    path.write_text("".join(same.export()).replace('"app":"twin"', '"app":"garden"'), "utf-8")
    assert run(path, "--keys", case.keys).exit_code == 1
    other.engine.dispose()
    same.engine.dispose()


def test_the_log_of_an_app_is_a_witness(case: Case, tmp_path: Path) -> None:
    head = case.log.head()
    assert head is not None
    log = tmp_path / "garden.log"
    lines = [
        "starting",
        json.dumps({"event": "request", "ms": 3.5}),
        json.dumps({"event": "audit_head"} | head.as_json()),
    ]
    log.write_text("\n".join(lines), "utf-8")
    assert run(case.export, "--keys", case.keys, "--heads", log).exit_code == 0
    top, entries = read_export(case.export)
    write_export(tmp_path / "short.jsonl", top, entries[:-1])
    result = run(tmp_path / "short.jsonl", "--keys", case.keys, "--heads", log)
    assert f"entry {SIZE} is the first bad one (cut)" in result.output


def test_a_head_that_nobody_signed_accuses_nobody(case: Case, tmp_path: Path) -> None:
    head = case.log.head()
    assert head is not None
    heads = tmp_path / "heads.jsonl"
    junk = head.as_json() | {"size": 3, "root": "00" * 32}
    heads.write_text(json.dumps(junk) + "\n" + json.dumps(head.as_json()), "utf-8")
    assert run(case.export, "--keys", case.keys, "--heads", heads).exit_code == 0


def test_both_branches_of_a_fork_in_a_witness_are_seen(case: Case, tmp_path: Path) -> None:
    key, (top, lines) = case.log.keys.now().private[-1], read_export(case.export)
    lines[8].body["reason"] = "another history"
    rehash(lines, key)
    write_export(tmp_path / "fork.jsonl", top, lines)
    heads = tmp_path / "both.jsonl"
    heads.write_text(case.export.read_text("utf-8") + (tmp_path / "fork.jsonl").read_text("utf-8"), "utf-8")
    for branch in (case.export, tmp_path / "fork.jsonl"):
        assert "entry 9 is the first bad one (denied)" in run(branch, "--keys", case.keys, "--heads", heads).output


def test_part_of_an_audit_is_verified_by_itself(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "part.jsonl"
    for first in (1, 2, 7, SIZE, SIZE + 1, SIZE + 9):
        path.write_text("".join(case.log.export(first)), "utf-8")
        result = run(path, "--keys", case.keys, "--heads", case.heads)
        assert result.exit_code == 0, (first, result.output)
    path.write_text("".join(case.log.export(7)).replace('"peaks":["', '"peaks":["0', 1), "utf-8")
    assert run(path, "--keys", case.keys).exit_code == 1
    hidden = "".join(case.log.export(7)).replace(case.log.entry(6).hash, "0" * 64, 1)  # type: ignore[union-attr]
    path.write_text(hidden, "utf-8")
    assert "entry 7 is the first bad one" in run(path, "--keys", case.keys).output


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"export":"bizops-audit-1"}', "no json", '{"proof":1}', "\x00"])
def test_what_is_no_export_is_called_so(tmp_path: Path, content: str) -> None:
    path = tmp_path / "file"
    path.write_text(content, "utf-8")
    result = run(path)
    assert result.exit_code == 1
    assert "first bad" not in result.output
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)


def test_keys_and_heads_that_are_none_are_called_so(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in ("", "{}", '{"keys":[]}', '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}', '{"keys":[1]}'):
        path.write_text(content, "utf-8")
        assert "key" in run(case.export, "--keys", path).output
        assert "no earlier head" in run(case.export, "--heads", path).output


def test_one_entry_is_proven_by_itself(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "entry.json"
    for number in (1, 6, SIZE):
        entry = case.log.entry(number)
        assert entry is not None
        told = case.log.evidence(entry)
        path.write_text(json.dumps(told), "utf-8")
        assert run(path, "--keys", case.keys).exit_code == 0
        forged = [
            told | {"entry": dict(told["entry"]) | {"reason": "another"}},
            told | {"proof": told["proof"][1:]},
            told | {"head": told["head"] | {"size": SIZE + 1}},
            told | {"head": told["head"] | {"signature": "00"}},
            told | {"keys": case.own.now().document["keys"], "head": told["head"] | {"key": "x"}},
        ]
        for wrong in forged:
            path.write_text(json.dumps(wrong), "utf-8")
            assert f"entry {number} is the first bad one" in run(path, "--keys", case.keys).output


def test_an_empty_audit_is_what_it_was(tmp_path: Path) -> None:
    log = audit_at(tmp_path)
    log.engine.dispose()
    assert run(BIZOPS_STATE_DIR=tmp_path).exit_code == 0
    written = CliRunner().invoke(main, ["audit", "export"], env={"BIZOPS_STATE_DIR": str(tmp_path)})
    assert written.exit_code == 0
    (tmp_path / "empty.jsonl").write_text(written.output, "utf-8")
    assert run(tmp_path / "empty.jsonl").exit_code == 0


def test_the_command_writes_what_it_can_verify(case: Case, tmp_path: Path) -> None:
    into = tmp_path / "out.jsonl"
    words = ["audit", "export", "--from", "4", "--into", str(into)]
    assert CliRunner().invoke(main, words, env={"BIZOPS_STATE_DIR": str(case.folder)}).exit_code == 0
    assert f"entries 4 to {SIZE}" in run(into, "--keys", case.keys).output
