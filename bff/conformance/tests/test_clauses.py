"""An app that keeps the contract passes every clause, and each clause can fail."""

import threading
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.serving import make_server

from bff.conformance.clauses import Clause, Verdict, clauses
from bff.conformance.running import found, run
from bff.conformance.subject import Answer, Subject, Wish
from bff.conformance.tests.conftest import Garden

ALL = clauses()


def test_an_app_that_keeps_the_contract_passes_every_clause_and_has_something_to_show_for_each(served: Garden) -> None:
    report = run(served.subject())
    assert {finding.clause.id: finding.seen for finding in report.findings if finding.verdict is not Verdict.OK} == {}
    assert report.kept
    assert report.name == "garden"


@pytest.mark.parametrize(
    "clause", [clause for clause in ALL if clause.id != "offers.deadline"], ids=lambda each: each.id
)
def test_a_clause_fails_where_an_app_breaks_it(broken: Garden, clause: Clause) -> None:
    broken.flaws.add(clause.id)
    finding = found(clause, broken.subject())
    assert finding.verdict is Verdict.FAILS, finding.seen
    assert finding.seen


class Late(Subject):
    """Takes each answer for one that took a second more."""

    def ask(self, path: str, wish: Wish | None = None) -> Answer:
        answer = super().ask(path, wish)
        return replace(answer, seconds=answer.seconds + 1)


def test_a_slot_that_is_late_breaks_its_clause(served: Garden) -> None:
    clause = next(clause for clause in ALL if clause.id == "offers.deadline")
    finding = found(clause, Late(served.url, served.speaker, about={"id": "12"}))
    assert finding.verdict is Verdict.FAILS
    assert "/panel took 1." in finding.seen


@pytest.mark.parametrize("clause", ALL, ids=lambda each: each.id)
def test_a_clause_says_what_it_asks_and_what_repairs_it(clause: Clause) -> None:
    assert clause.sentence.endswith(".")
    assert clause.remedy.endswith(".")
    assert clause.group == clause.check.__module__.rpartition(".")[2]


def test_where_nothing_answers_the_first_clause_fails_and_the_rest_is_not_run(served: Garden) -> None:
    report = run(Subject("http://localhost:9", served.speaker))
    assert not report.kept
    assert report.findings[0].verdict is Verdict.FAILS
    assert "not answered" in report.findings[0].seen
    assert {finding.verdict for finding in report.findings[3:]} == {Verdict.NOT_RUN, Verdict.NOT_APPLICABLE}


def test_an_app_with_nothing_but_a_manifest_keeps_the_contract(served: Garden) -> None:
    bare = Flask(__name__)
    told = {"contract": "1", "name": "bare", "version": "1", "title": "Bare", "navigation": []}
    bare.add_url_rule("/manifest.json", "manifest", lambda: told)
    server = make_server("127.0.0.1", 0, bare)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    report = run(Subject(f"http://localhost:{server.port}", served.speaker))
    server.shutdown()
    server.server_close()
    broken = [finding.clause.id for finding in report.ended(Verdict.FAILS)]
    assert broken == ["failures.page"], report.ended(Verdict.FAILS)  # Flask's own 404 is a whole document


def test_a_part_of_the_contract_can_be_checked_by_itself(served: Garden) -> None:
    report = run(served.subject(), only=["changes", "manifest.schema"])
    assert [finding.clause.id for finding in report.findings] == [
        "manifest.schema", "changes.without_token", "changes.foreign_token", "changes.field",
    ]  # fmt: skip
