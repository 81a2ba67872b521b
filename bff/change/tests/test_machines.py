"""Clients among makers and checkers: a client may ask for what its role lets it, and never decides."""

import pytest
from flask.testing import FlaskClient

from bff.access.rights import Access
from bff.change.audit import AuditQuery
from bff.change.states import State
from bff.change.tests.conftest import Gardens
from bff.change.tests.garden import POLICY
from bff.change.tests.scene import Scene
from bff.change.tests.test_step_up import FRESH, STRONG
from bff.testing import machine

FREE = POLICY.replace("approvals: 1", "approvals: 0")
WISH = {"reason": "rain", "weight": "2.50"}


def client(scene: Scene, role: str, name: str = "pipeline") -> FlaskClient:
    """A client that holds a role of the garden."""
    access: Access = scene.app.extensions["portal_access"]
    access.store.assign(name, role, "a test")
    access.forget(name)
    return machine(scene.app, name)


def test_a_client_asks_for_what_its_role_lets_it_and_a_person_decides(scene: Scene) -> None:
    answer = client(scene, "gardener").post("/api/gates/1/shut", json=WISH)
    assert (answer.status_code, answer.get_json()["state"]) == (202, "PENDING"), answer.text
    task = answer.get_json()["id"]
    assert scene.decide("wanda", task).status_code == 303
    assert (scene.state(task), scene.gates.sent) == (State.DONE, 1)
    asked = scene.entries(task)[0].actor
    assert (asked.subject, asked.name, asked.kind) == ("pipeline", "pipeline", "machine")
    assert "kind" not in scene.entries(task)[1].as_json()["actor"]


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_a_client_never_decides_whatever_its_roles(scene: Scene, verdict: str) -> None:
    task = scene.ask("greta")
    checker = client(scene, "warden", "robot-warden")
    told = checker.get(f"/api/approvals/{task}").get_json()
    assert told["may"] == {"approve": False, "reject": False, "withdraw": False}
    decision = {"id": task, "verdict": verdict, "sha256": scene.task(task).sha256, "reason": "because"}
    (answer,) = checker.post("/api/approvals/decisions", json={"decisions": [decision]}).get_json()["decisions"]
    assert (answer["ok"], answer["state"]) == (False, "PENDING")
    assert answer["problem"] == "A client cannot approve or reject anything: a person has to decide."
    assert (scene.state(task), scene.gates.sent) == (State.PENDING, 0)
    last = scene.entries(task)[-1]
    assert (last.outcome, last.actor.subject, last.actor.kind) == ("refused", "robot-warden", "machine")


def test_a_client_may_withdraw_what_it_asked_for_and_not_approve_it(scene: Scene) -> None:
    robot = client(scene, "both", "robot")
    task = robot.post("/api/gates/1/shut", json=WISH).get_json()["id"]
    decision = {"id": task, "verdict": "approve", "sha256": scene.task(task).sha256, "reason": ""}
    (refused,) = robot.post("/api/approvals/decisions", json={"decisions": [decision]}).get_json()["decisions"]
    assert refused["ok"] is False
    (done,) = robot.post(
        "/api/approvals/decisions", json={"decisions": [decision | {"verdict": "withdraw"}]}
    ).get_json()["decisions"]
    assert (done["ok"], done["state"]) == (True, "WITHDRAWN")


def test_a_client_without_the_right_is_told_which_it_lacks_and_that_is_kept(scene: Scene) -> None:
    answer = client(scene, "warden", "robot-warden").post("/api/gates/1/shut", json=WISH)
    assert (answer.status_code, answer.get_json()["permission"]) == (403, "garden:gate:shut")
    (entry,) = scene.audit.entries(AuditQuery(action="route.refused", actor="robot-warden", limit=1)).entries
    assert entry.actor.kind == "machine"


@pytest.mark.parametrize("policy", [FRESH, STRONG])
def test_a_demand_for_a_stronger_sign_in_is_never_met_by_a_client(garden_under: Gardens, policy: str) -> None:
    scene = garden_under(policy)
    answer = client(scene, "gardener").post("/api/gates/1/shut", json=WISH)
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith('Bearer error="insufficient_user_authentication"')
    assert answer.get_json()["title"] == "A person's own sign-in is needed"
    assert scene.gates.sent == 0
    (entry,) = scene.audit.entries(AuditQuery(action="route.refused", actor="pipeline", limit=1)).entries
    assert entry.detail["why"] == "insufficient_user_authentication"


def test_where_nobody_has_to_approve_a_client_changes_at_once_and_no_more_once_its_role_is_gone(
    garden_under: Gardens,
) -> None:
    scene = garden_under(FREE)
    robot = client(scene, "gardener", "robot")
    assert robot.post("/api/gates/1/shut", json=WISH).get_json()["state"] == "DONE"
    access: Access = scene.app.extensions["portal_access"]
    access.store.remove("robot", "gardener")
    access.forget("robot")
    assert robot.post("/api/gates/1/shut", json=WISH).status_code == 403
    assert scene.gates.sent == 1
