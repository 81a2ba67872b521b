"""With the code bypassed: what the database refuses by itself, and what the audit does not confirm."""

from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from bff.change.states import State
from bff.change.tasks import digest
from bff.change.tests.conftest import Gardens
from bff.change.tests.policies import TWO
from bff.change.tests.scene import Scene, words
from bff.errors import RuleBroken

DECISION = (
    "INSERT INTO change_decision (task, maker, subject, name, username, verdict, reason, sha256, at)"
    " VALUES (:task, :maker, :subject, 'X', 'x', :verdict, '', :sha256, '2026-01-01 00:00:00')"
)


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_the_database_itself_refuses_own_work(scene: Scene, verdict: str) -> None:
    task = scene.task(scene.ask("greta"))
    own = {"task": task.id, "maker": "u-greta", "subject": "u-greta", "verdict": verdict, "sha256": task.sha256}
    with pytest.raises(IntegrityError):
        scene.sql(DECISION, **own)


def test_the_database_itself_refuses_a_lie_about_the_maker(scene: Scene) -> None:
    task = scene.task(scene.ask("greta"))
    lie = {"task": task.id, "maker": "u-gus", "subject": "u-greta", "verdict": "approve", "sha256": task.sha256}
    with pytest.raises(IntegrityError):
        scene.sql(DECISION, **lie)


def test_the_database_itself_refuses_a_second_decision_of_one_person(garden_under: Gardens) -> None:
    scene = garden_under(TWO)
    task = scene.task(scene.ask("greta"))
    scene.decide("wanda", task.id)
    again = {"task": task.id, "maker": "u-greta", "subject": "u-wanda", "verdict": "approve", "sha256": task.sha256}
    with pytest.raises(IntegrityError):
        scene.sql(DECISION, **again)
    assert "You have decided already" in words(scene.decide("wanda", task.id).text)


def test_the_database_itself_refuses_a_withdrawal_by_another(scene: Scene) -> None:
    task = scene.task(scene.ask("greta"))
    other = {"task": task.id, "maker": "u-greta", "subject": "u-gus", "verdict": "withdraw", "sha256": task.sha256}
    with pytest.raises(IntegrityError):
        scene.sql(DECISION, **other)


def test_the_code_lets_a_second_decision_and_own_work_through_to_nobody(scene: Scene) -> None:
    """Even where every check before the database is left out."""
    task = scene.task(scene.ask("bo"))
    with scene.app.test_request_context():
        maker = next(entry.actor for entry in scene.entries(task.id))
        who: Any = maker
        with pytest.raises(RuleBroken):
            scene.changes._decide(task, "approve", "", who)
    assert scene.history(task.id) == [("requested", "u-bo")]


def test_nothing_is_carried_out_by_writing_a_state(scene: Scene) -> None:
    task = scene.ask("greta")
    for state in ("APPROVED", "EXECUTING", "DONE"):
        with pytest.raises(IntegrityError, match="without its approvals"):
            scene.sql("UPDATE change_task SET state = :state WHERE id = :task", state=state, task=task)


def test_a_decision_that_the_audit_does_not_know_counts_for_nothing(scene: Scene) -> None:
    task = scene.task(scene.ask("greta"))
    forged = {"task": task.id, "maker": "u-greta", "subject": "u-wanda", "verdict": "approve", "sha256": task.sha256}
    scene.sql(DECISION, **forged)
    scene.sql(
        "UPDATE change_task SET state = 'APPROVED', changed_at = '2026-01-01 00:00:00' WHERE id = :id", id=task.id
    )
    assert scene.person("wanda").get(f"/approvals/{task.id}").status_code == 404
    scene.tend()
    assert (scene.state(task.id), scene.gates.sent) == (State.STALE, 0)
    assert scene.task(task.id).problem == "The audit does not confirm it, so it was not carried out."


@pytest.mark.parametrize("column", ["body", "sha256", "target", "required", "action"])
def test_what_was_asked_for_cannot_be_rewritten(scene: Scene, column: str) -> None:
    task = scene.ask("greta")
    with pytest.raises(IntegrityError, match="stays as it was asked for"):
        scene.sql(f"UPDATE change_task SET {column} = {column} || '1' WHERE id = :id", id=task)


def test_a_request_that_was_altered_is_never_shown_and_never_executed(damaged: Scene) -> None:
    task = damaged.ask("greta")
    damaged.sql("DROP TRIGGER change_task_asked")
    other = {"old": '"number":1', "new": '"number":2', "id": task}
    damaged.sql("UPDATE change_task SET body = replace(body, :old, :new) WHERE id = :id", **other)
    damaged.gates.put(2)
    assert damaged.person("wanda").get(f"/approvals/{task}").status_code == 404
    assert damaged.person("wanda").get("/api/approvals").get_json()["approvals"] == []
    (answer,) = damaged.decide_many("wanda", {"id": task})
    assert (answer["ok"], answer["state"]) == (False, "")
    damaged.tend()
    assert (damaged.gates.look(1), damaged.gates.look(2), damaged.gates.sent) == (("OPEN", 0), ("OPEN", 0), 0)


def test_one_that_was_altered_and_hashed_anew_is_not_known_to_the_audit(damaged: Scene) -> None:
    task = damaged.ask("greta")
    body = damaged.task(task).wish.body().replace('"number":1', '"number":2')
    damaged.sql("DROP TRIGGER change_task_asked")
    both = "UPDATE change_task SET body = :body, sha256 = :sha256 WHERE id = :id"
    damaged.sql(both, body=body, sha256=digest(body), id=task)
    damaged.gates.put(2)
    assert damaged.task(task).wish.command["number"] == 2
    assert damaged.person("wanda").get(f"/approvals/{task}").status_code == 404
    (answer,) = damaged.decide_many("wanda", {"id": task})
    assert not answer["ok"]
    assert damaged.gates.sent == 0


def test_a_request_that_this_version_cannot_read_hides_no_other(damaged: Scene) -> None:
    odd, body = damaged.ask("greta"), '{"from": "another version"}'
    damaged.sql("DROP TRIGGER change_task_asked")
    both = "UPDATE change_task SET body = :body, sha256 = :sha256 WHERE id = :id"
    damaged.sql(both, body=body, sha256=digest(body), id=odd)
    damaged.gates.put(2)
    answer = damaged.person("greta").post("/gates/2/shut", data={"confirmed": "yes"})
    listed = damaged.person("wanda").get("/api/approvals").get_json()["approvals"]
    assert [each["id"] for each in listed] == [answer.location.rpartition("/")[2]]
    damaged.tend()


def test_a_target_whose_request_was_altered_takes_no_other_and_says_so(damaged: Scene) -> None:
    task = damaged.ask("greta")
    damaged.sql("DROP TRIGGER change_task_asked")
    damaged.sql("UPDATE change_task SET body = body || ' ' WHERE id = :id", id=task)
    answer = damaged.person("gus").post("/gates/1/shut", data={"confirmed": "yes"})
    assert answer.status_code == 409
    assert "Somebody else asked for this at the same moment." in words(answer.text)


@pytest.mark.parametrize("table", ["change_task", "change_decision"])
def test_nothing_is_ever_deleted(scene: Scene, table: str) -> None:
    scene.decide("wanda", scene.ask("greta"))
    with pytest.raises(IntegrityError, match="never deleted"):
        scene.sql(f"DELETE FROM {table}")


def test_no_decision_is_changed_or_taken_late(scene: Scene) -> None:
    task = scene.task(scene.ask("greta"))
    scene.decide("wanda", task.id)
    with pytest.raises(IntegrityError, match="stay as they were taken"):
        scene.sql("UPDATE change_decision SET verdict = 'reject'")
    late = {"task": task.id, "maker": "u-greta", "subject": "u-will", "verdict": "reject", "sha256": task.sha256}
    with pytest.raises(IntegrityError, match="only what waits is decided"):
        scene.sql(DECISION, **late)


def test_what_has_ended_stays_as_it_ended(scene: Scene) -> None:
    task = scene.ask("greta")
    scene.decide("wanda", task, "reject", reason="no")
    with pytest.raises(DBAPIError, match="stays as it ended"):
        scene.sql("UPDATE change_task SET state = 'PENDING' WHERE id = :id", id=task)
