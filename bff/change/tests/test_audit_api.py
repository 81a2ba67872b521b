"""The audit's routes: for auditors of the whole hub, and each look at it is itself kept."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from bff.change.audit import Happening, Outcome
from bff.change.tests.audited_garden import PATHS, VIEW, auditor_of, kept, log_of, made_in
from bff.change.tests.auditing import ADA, fill, unguarded
from bff.cli import main
from bff.testing import user_with


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    made = made_in(tmp_path)
    yield made
    log_of(made).engine.dispose()


@pytest.fixture
def auditor(app: Flask) -> FlaskClient:
    return auditor_of(app)


@pytest.fixture(scope="module")
def of_two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """An auditor of an app with two entries and those of their own looks, for questions that change nothing else."""
    made = made_in(tmp_path_factory.mktemp("app"))
    fill(log_of(made), 2)
    yield auditor_of(made)
    log_of(made).engine.dispose()


def test_an_auditor_reads_entries_the_newest_first(app: Flask, auditor: FlaskClient) -> None:
    fill(log_of(app), 3)
    told = auditor.get("/api/audit?limit=2").get_json()
    assert [entry["seq"] for entry in told["entries"]] == [3, 2]
    assert (told["next"], told["total_known"], told["total_exact"]) == (2, 3, True)
    rest = auditor.get("/api/audit?limit=2&before=2").get_json()
    assert [entry["seq"] for entry in rest["entries"]] == [1]
    assert rest["next"] is None
    one = told["entries"][0]
    assert one["actor"] == {
        "subject": "u-olivia", "name": "Olivia Okello", "username": "olivia", "roles": ["operator"],
        "session": "5e56", "participants": [],
    }  # fmt: skip
    assert one["hash"] == log_of(app).entry(3).hash  # type: ignore[union-attr]


def test_every_look_at_the_audit_is_kept_in_it(app: Flask, auditor: FlaskClient) -> None:
    fill(log_of(app), 1)
    for path in ("/api/audit?actor=u-olivia", *PATHS[1:]):
        assert auditor.get(path, buffered=True).status_code == 200
    looks = kept(app, action="audit.read")
    assert [entry.target for entry in looks] == ["audit", "entry:1", "integrity", "export"]
    assert {entry.outcome for entry in looks} == {"read"}
    assert {entry.actor.subject for entry in looks} == {"u-ada"}
    assert looks[0].detail == {"query": {"actor": "u-olivia"}, "entries": 1}


@pytest.mark.parametrize("path", PATHS)
def test_nobody_else_reads_it(app: Flask, path: str) -> None:
    fill(log_of(app), 1)
    others = {
        "without the permission": user_with(app, "garden:gate:shut"),
        "an auditor of another app": user_with(app, "shell:audit:view", "orchard:audit:view"),
        "a member of a participant": user_with(app, VIEW, hub=False, participants=["payerfsp"]),
        "hub staff who also belong to one": user_with(app, VIEW, hub=True, participants=["payerfsp"]),
        "no hub role and no participant": user_with(app, VIEW, hub=False, participants=[]),
    }
    for who, client in others.items():
        answer = client.get(path)
        assert answer.status_code == 403, who
        assert "gate:" not in answer.text, who
    assert app.test_client().get(path).status_code == 401
    assert kept(app, action="audit.read") == []
    refusals = kept(app, action="route.refused")
    assert len(refusals) == len(others)
    assert {entry.detail["permission"] for entry in refusals} == {VIEW}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_written_through_it(of_two: FlaskClient, method: str, path: str) -> None:
    assert of_two.open(path, method=method, json={"action": "x"}).status_code == 405


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=-1", "limit=x", "limit=1e3", "limit=" + "9" * 40, "before=0", "before=-3",
        "before=99999999999999999999", "before=%C2%B2",
        "from=yesterday", "from=2026-13-01", "to=0001-01-01T00:00:00%2B23:59", "to=2026-01-01T99",
        "to=9999-12-31", "actor=%00", "target=" + "x" * 256, "from=%00",
    ],
)  # fmt: skip
def test_a_query_that_cannot_be_understood_is_refused_with_a_word(of_two: FlaskClient, query: str) -> None:
    answer = of_two.get(f"/api/audit?{query}")
    assert answer.status_code == 422
    assert query.partition("=")[0] in answer.get_json()["detail"]


@pytest.mark.parametrize("words", ["' OR 1=1 --", "%", "_", "*", "person:*' --", "\\", "x" * 255, "é\U0001f511"])
@pytest.mark.parametrize("name", ["actor", "action", "target", "outcome", "participant", "task"])
def test_words_of_a_query_are_looked_for_and_never_executed(of_two: FlaskClient, name: str, words: str) -> None:
    told = of_two.get("/api/audit", query_string={name: words})
    assert told.status_code == 200
    everything = words == "*" and name in ("action", "target")
    assert (len(told.get_json()["entries"]) > 1) == everything
    assert of_two.get("/api/audit/2").status_code == 200


def test_times_are_instants_and_days_are_whole(app: Flask, auditor: FlaskClient) -> None:
    entry = log_of(app).record(Happening(action="x", outcome=Outcome.DONE), ADA)
    day = entry.at[:10]

    def found(**query: str) -> int:
        told = auditor.get("/api/audit", query_string={"action": "x", **query}).get_json()
        return len(told["entries"])

    assert found(**{"from": day, "to": day}) == 1
    assert found(**{"from": entry.at}) == 1
    assert found(to=entry.at) == 0
    assert found(**{"from": entry.at.replace("Z", "+00:00")}) == 1
    assert found(to=entry.at.replace("Z", "-05:00")) == 1
    assert found(to=entry.at.replace("Z", "+05:00")) == 0
    assert found(to="2001-01-01") == 0


@pytest.mark.parametrize("number", ["2", "0", "99999999999999999999999", "4611686018427387904"])
def test_an_entry_that_is_not_there_is_missing(app: Flask, auditor: FlaskClient, number: str) -> None:
    fill(log_of(app), 1)
    assert auditor.get(f"/api/audit/{number}").status_code == 404


def test_one_entry_comes_with_its_proof(app: Flask, auditor: FlaskClient, tmp_path: Path) -> None:
    fill(log_of(app), 5)
    path = tmp_path / "entry.json"
    path.write_bytes(auditor.get("/api/audit/2").data)
    result = CliRunner().invoke(main, ["audit", "verify", str(path)])
    assert result.exit_code == 0, result.output


def test_the_export_is_what_the_command_verifies(app: Flask, auditor: FlaskClient, tmp_path: Path) -> None:
    fill(log_of(app), 5)
    answer = auditor.get("/api/audit/export")
    assert answer.content_type == "application/x-ndjson"
    assert re.fullmatch(
        r'attachment; filename="garden-audit-\d{8}T\d{6}Z\.jsonl"', answer.headers["Content-Disposition"]
    )
    path, keys = tmp_path / "export.jsonl", tmp_path / "keys.json"
    path.write_bytes(answer.data)
    keys.write_text(json.dumps(auditor.get("/api/audit/integrity").get_json()["keys"]))
    result = CliRunner().invoke(main, ["audit", "verify", str(path), "--keys", str(keys)])
    assert result.exit_code == 0, result.output
    assert "entries 1 to 6" in result.output
    assert len(auditor.get("/api/audit/export?from=6").data.splitlines()) == 2 + 3


def test_no_answer_ever_holds_a_private_key(app: Flask, auditor: FlaskClient) -> None:
    fill(log_of(app), 2)
    secret = json.loads((Path(log_of(app).keys._path)).read_text())["keys"][0]["d"]
    for path in PATHS:
        assert secret not in auditor.get(path).text


def test_integrity_says_that_all_is_well_and_gives_witnesses_what_they_need(app: Flask, auditor: FlaskClient) -> None:
    fill(log_of(app), 4)
    first = auditor.get("/api/audit/integrity").get_json()
    assert (first["app"], first["size"], first["verified"], first["problem"]) == ("garden", 5, True, "")
    assert first["head"]["root"] == first["root"]
    assert first["open_intents"] == []
    assert first["consistency"] is None
    then = auditor.get("/api/audit/integrity?since=5").get_json()
    assert then["size"] == 6
    assert then["consistency"]
    assert auditor.get("/api/audit/integrity?since=77").get_json()["consistency"] is None
    log_of(app).record(Happening(action="x", outcome=Outcome.INTENT, task="t-1"), ADA)
    (intent,) = auditor.get("/api/audit/integrity").get_json()["open_intents"]
    assert intent["task"] == "t-1"


@pytest.mark.parametrize(("language", "word"), [("en", "edited"), ("fr", "modifié")])
def test_integrity_names_the_first_bad_entry_in_the_readers_language(
    app: Flask, auditor: FlaskClient, language: str, word: str
) -> None:
    fill(log_of(app), 4)
    assert auditor.get("/api/audit/integrity").get_json()["verified"]
    unguarded(log_of(app).engine)
    with log_of(app).engine.begin() as connection:
        connection.execute(text("UPDATE audit_entry SET body = replace(body, 'SHUT', 'OPEN') WHERE seq = 3"))
    told = auditor.get("/api/audit/integrity", headers={"Portal-Locale": language}).get_json()
    assert (told["verified"], told["first_bad"], told["fault"]) == (False, 3, "edited")
    assert word in told["problem"]
