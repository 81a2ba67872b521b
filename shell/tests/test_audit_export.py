"""The audit as a file: whole or not at all, harmless to spreadsheets, and itself audited."""

import csv
import hashlib
import re
from io import StringIO
from pathlib import Path

import pytest

from bff.change.audit import AuditQuery
from shell.tests.apps import Asked, hangs
from shell.tests.auditing import AUDIT, Kept
from shell.tests.conftest import MakePortal
from shell.tests.scripted import ROOM, Peer
from shell.tests.test_audit import own_log


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def test_the_file_holds_every_entry_of_every_chain_once_and_by_time(portal: MakePortal, tmp_path: Path) -> None:
    alpha, beta = Kept("alpha", tmp_path), Kept("beta", tmp_path)
    alpha.write_many(230)
    beta.write_many(15)
    alpha.write_many(230)
    made = portal(alpha=alpha.app(), beta=beta.app())
    answer = made.user("auditor").get("/audit/rows.csv?actor=mary")
    assert answer.content_type == "text/csv; charset=utf-8; header=present"
    assert re.fullmatch(r'attachment; filename="audit-\d{8}T\d{6}Z.csv"', answer.headers["Content-Disposition"])
    rows = rows_of(answer.text)
    assert len(rows) == 475
    assert {(row["app"], row["seq"]) for row in rows} == {("alpha", str(n)) for n in range(1, 461)} | {
        ("beta", str(n)) for n in range(1, 16)
    }
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    assert rows[0]["name"] == "Mary Maker"
    assert rows[0]["hash"] == alpha.log.entry(460).hash  # type: ignore[union-attr]
    assert len(made.asked("alpha")) == 3, "a few pages, not an entry at a time"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\uff1d", "\uff20"])
def test_no_cell_is_taken_for_a_formula(portal: MakePortal, tmp_path: Path, start: str) -> None:
    alpha = Kept("alpha", tmp_path)
    bad = f'{start}HYPERLINK("http://evil.example","x")'
    alpha.write(target=bad, reason=bad, participant=bad)
    row = rows_of(portal(alpha=alpha.app()).user("auditor").get("/audit/rows.csv?app=alpha").text)[0]
    assert [row["target"], row["reason"], row["participant"]] == [f"'{bad}"] * 3
    assert not any(cell.startswith(start) for cell in row.values())


def test_taking_the_file_is_audited_with_its_digest(portal: MakePortal, tmp_path: Path) -> None:
    alpha = Kept("alpha", tmp_path)
    alpha.write_many(3)
    made = portal(alpha=alpha.app())
    answer = made.user("auditor").get("/audit/rows.csv?app=alpha&target=gate:1")
    digest = hashlib.sha256(answer.data).hexdigest()
    done, begun = own_log(made).entries(AuditQuery(action="audit.export")).entries
    assert (begun.outcome, begun.detail) == ("read", {"app": "alpha", "target": "gate:1", "chains": ["alpha"]})
    assert (done.outcome, done.actor.subject) == ("done", "u-auditor")
    assert done.detail == {"rows": 1, "sha256": digest}
    assert done.target in answer.headers["Content-Disposition"]


def test_there_is_no_file_where_a_chain_is_silent(portal: MakePortal, tmp_path: Path) -> None:
    beta = Kept("beta", tmp_path)
    beta.write()
    made = portal(
        settings={"gather_seconds": ROOM}, alpha=Kept("alpha", tmp_path).app(**{AUDIT: hangs}), beta=beta.app()
    )
    browser = made.user("auditor")
    refused = browser.get("/audit/rows.csv")
    assert refused.status_code == 503
    assert "App alpha does not answer" in refused.text
    assert len(rows_of(browser.get("/audit/rows.csv?app=beta").text)) == 1


def test_a_file_is_cut_rather_than_ended_where_a_chain_falls_silent_on_the_way(
    portal: MakePortal, tmp_path: Path
) -> None:
    alpha = Kept("alpha", tmp_path)
    alpha.write_many(300)
    whole = alpha.app()

    def once(peer: Peer, asked: Asked) -> None:
        if "before=" in asked.target:
            peer.sock.close()
        else:
            whole[AUDIT](peer, asked)

    made = portal(alpha={**whole, AUDIT: once})
    browser = made.user("alphaAuditor")
    with pytest.raises(Exception, match="alpha"):
        _ = browser.get("/audit/rows.csv").text
    failed = own_log(made).entries(AuditQuery(action="audit.export", outcome="failed")).entries
    assert [entry.detail for entry in failed] == [{"rows": 200}]


def test_an_entry_that_cannot_be_believed_leaves_no_file(portal: MakePortal, tmp_path: Path) -> None:
    alpha = Kept("alpha", tmp_path)
    alpha.spoken = {"entries": [alpha.write().as_json() | {"at": "never"}]}
    assert portal(alpha=alpha.app()).user("alphaAuditor").get("/audit/rows.csv").status_code == 503
