"""Deciding: who may let a change through, who may not, and what becomes of it."""

import pytest

from bff.change.audit import AuditQuery
from bff.change.states import State
from bff.change.tests.scene import Scene, words


def test_somebody_elses_approval_carries_it_out_once(scene: Scene) -> None:
    task = scene.ask("greta")
    answer = scene.decide("wanda", task)
    assert (answer.status_code, answer.location) == (303, f"/garden/approvals/{task}")
    assert (scene.gates.look(1), scene.gates.sent) == (("SHUT", 1), 1)
    assert scene.history(task) == [
        ("requested", "u-greta"),
        ("approved", "u-wanda"),
        ("intent", "u-wanda"),
        ("done", "u-wanda"),
    ]
    assert "It was done" in scene.page(task)


def test_the_makers_own_approval_is_refused_on_the_page(scene: Scene) -> None:
    task = scene.ask("bo")
    page = scene.page(task, "bo")
    assert "You asked for it yourself: somebody else has to decide." in page
    assert "Approve:" not in page
    answer = scene.decide("bo", task)
    assert answer.status_code == 409
    assert "Maker and checker cannot be the same person" in words(answer.text)
    assert (scene.state(task), scene.gates.sent) == (State.PENDING, 0)
    assert scene.history(task)[-1] == ("refused", "u-bo")


def test_the_makers_own_approval_is_refused_to_programs(scene: Scene) -> None:
    task = scene.ask("bo")
    told = scene.told(task, "bo")
    assert told["may"] == {"approve": False, "reject": False, "withdraw": True}
    (answer,) = scene.decide_many("bo", {"id": task})
    assert (answer["ok"], answer["state"]) == (False, "PENDING")
    assert "Maker and checker cannot be the same person" in answer["problem"]
    assert scene.gates.sent == 0


def test_a_maker_cannot_reject_either_but_only_withdraw(scene: Scene) -> None:
    task = scene.ask("bo")
    assert scene.decide("bo", task, "reject", reason="no").status_code == 409
    assert scene.state(task) is State.PENDING


def test_a_rejection_needs_a_reason_keeps_it_and_changes_nothing(scene: Scene) -> None:
    task = scene.ask("greta")
    answer = scene.decide("wanda", task, "reject", reason="  ")
    assert answer.status_code == 409
    assert "Say why it is rejected" in words(answer.text)
    assert scene.state(task) is State.PENDING
    assert scene.decide("wanda", task, "reject", reason="not in\n the rain").status_code == 303
    assert (scene.state(task), scene.gates.sent) == (State.REJECTED, 0)
    page = scene.page(task, "greta")
    assert "It was rejected" in page
    assert "Rejected it" in page
    assert "not in the rain" in page
    assert scene.task(task).decisions[0].reason == scene.entries(task)[-1].reason == "not in the rain"


def test_the_target_of_a_rejected_request_can_be_asked_for_again(scene: Scene) -> None:
    scene.decide("wanda", scene.ask("greta"), "reject", reason="no")
    assert scene.state(scene.ask("greta")) is State.PENDING


def test_only_the_maker_withdraws(scene: Scene) -> None:
    task = scene.ask("greta")
    answer = scene.decide("gus", task, "withdraw")
    assert answer.status_code == 409
    assert "Only Greta can withdraw this request." in words(answer.text)
    assert scene.decide("greta", task, "withdraw").status_code == 303
    assert scene.state(task) is State.WITHDRAWN
    assert "It was withdrawn" in scene.page(task)


def test_a_maker_withdraws_while_the_hub_is_silent_and_a_checker_rejects(scene: Scene) -> None:
    first = scene.ask("greta")
    scene.gates.fault = "away"
    assert scene.decide("greta", first, "withdraw").status_code == 303
    scene.gates.fault = ""
    second = scene.ask("greta")
    scene.gates.fault = "away"
    assert scene.decide("wanda", second, "reject", reason="no").status_code == 303
    assert (scene.state(first), scene.state(second)) == (State.WITHDRAWN, State.REJECTED)


@pytest.mark.parametrize("sha256", ["", "0" * 64])
def test_nobody_decides_on_what_they_did_not_see(scene: Scene, sha256: str) -> None:
    task = scene.ask("greta")
    answer = scene.decide("wanda", task, sha256=sha256)
    assert answer.status_code == 409
    assert "This is not what was asked for." in words(answer.text)
    assert scene.state(task) is State.PENDING


def test_what_is_no_verdict_is_refused(scene: Scene) -> None:
    task = scene.ask("greta")
    assert scene.decide("wanda", task, "<i>").status_code == 409
    body = {"decisions": [{"id": task, "verdict": "delete", "sha256": "0"}]}
    answer = scene.person("wanda").post("/api/approvals/decisions", json=body)
    assert answer.status_code == 422
    assert "decisions.0.verdict: Must be one of: approve, reject, withdraw." in answer.get_json()["detail"]


@pytest.mark.parametrize("task", ["", "x", "00000000-0000-4000-8000-000000000000"])
def test_a_request_that_is_none_is_not_found(scene: Scene, task: str) -> None:
    wanda = scene.person("wanda")
    assert wanda.get(f"/approvals/{task}").status_code == 404
    assert wanda.post(f"/approvals/{task}", data={"verdict": "approve"}).status_code == 404


def test_a_request_of_an_action_that_the_app_has_no_more_is_not_found(scene: Scene) -> None:
    task = scene.ask("greta")
    gone = scene.changes.actions.pop("garden.shut_gate")
    try:
        assert scene.person("wanda").get(f"/approvals/{task}").status_code == 404
        assert scene.person("wanda").get("/api/approvals").get_json()["total"] == 0
        scene.tend()
    finally:
        scene.changes.actions["garden.shut_gate"] = gone
    assert scene.state(task) is State.PENDING


def test_whoever_sees_one_participant_only_knows_of_no_request(scene: Scene) -> None:
    task = scene.ask("greta")
    bound = scene.person("wanda", participants=["payerfsp"], hub=False)
    assert bound.get(f"/approvals/{task}").status_code == 404
    assert bound.get(f"/api/approvals/{task}").status_code == 404
    assert bound.get("/api/approvals").get_json() == {"approvals": [], "total": 0, "waiting": 0, "next": ""}
    (answer,) = scene.decide_many("wanda", {"id": task}, participants=["payerfsp"], hub=False)
    assert (answer["ok"], answer["state"]) == (False, "")
    assert scene.state(task) is State.PENDING


def test_whoever_makes_no_such_changes_and_checks_none_knows_of_none(scene: Scene) -> None:
    task = scene.ask("greta")
    assert scene.person("wanda", rights=()).get(f"/approvals/{task}").status_code == 404
    assert scene.person("wanda", rights=("garden:audit:view",)).get(f"/approvals/{task}").status_code == 200


def test_without_the_checkers_permission_it_is_403_and_audited_once(scene: Scene) -> None:
    task = scene.ask("greta")
    before = scene.audit.entries(AuditQuery(actor="u-gus")).total or 0
    answer = scene.decide("gus", task)
    assert answer.status_code == 403
    assert "Approve the shutting of a gate" in words(answer.text)
    assert scene.audit.entries(AuditQuery(actor="u-gus")).total == before + 1
    (bulk,) = scene.decide_many("gus", {"id": task})
    assert bulk["problem"] == "This needs the permission garden:gate:approve."
    assert scene.audit.entries(AuditQuery(actor="u-gus")).total == before + 2
    assert scene.state(task) is State.PENDING


def test_a_refused_decision_is_kept_with_its_request(scene: Scene) -> None:
    task = scene.ask("greta")
    scene.decide("wanda", task, sha256="")
    assert scene.history(task)[-1] == ("refused", "u-wanda")
    assert "Was refused" in scene.page(task)


def test_what_the_hub_refuses_is_told_in_its_words_and_fails(scene: Scene) -> None:
    task = scene.ask("greta")
    scene.gates.fault = "refused"
    (answer,) = scene.decide_many("wanda", {"id": task})
    assert (answer["ok"], answer["state"], answer["problem"]) == (False, "FAILED", "3100 The gate is <stuck>")
    assert "3100 The gate is <stuck>" in scene.page(task)
    assert scene.history(task)[-2:] == [("intent", "u-wanda"), ("failed", "u-wanda")]
