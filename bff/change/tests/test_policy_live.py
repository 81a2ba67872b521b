"""The approval policy changes while the portal runs; one that is bad, or gone, never loosens anything."""

import os
from pathlib import Path

import pytest

from bff.change.policy import BadPolicy
from bff.change.policy_live import LivePolicy
from bff.change.states import State
from bff.change.tests.garden import make_app, roles_folder
from bff.change.tests.policies import ANYONE_WITH_BOTH, TWO
from bff.change.tests.scene import Scene
from bff.change.wiring import policy_in_force
from bff.errors import Note

FIELDS = {"garden.shut_gate": frozenset({"number"})}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return roles_folder(tmp_path, TWO) / "approvals.yaml"


@pytest.fixture
def live(file: Path) -> LivePolicy:
    return LivePolicy(file.parent, "garden", FIELDS, look_s=0)


def wanted(live: LivePolicy) -> int:
    """How many approvals shutting a gate needs now."""
    return live.now().terms("garden.shut_gate", "garden:gate:shut", {}, {}).approvals


def test_a_changed_policy_takes_effect_without_a_restart(file: Path, live: LivePolicy) -> None:
    assert wanted(live) == 2
    file.write_text(ANYONE_WITH_BOTH)
    assert (wanted(live), live.problem()) == (1, "")


@pytest.mark.parametrize(("text", "says"), [
    ("kind: [", "not YAML"),
    (TWO.replace("approvals: 2", "approvals: many"), "many"),
    (TWO.replace("shut_gate", "shut_gaet"), "there is no such action"),
    ("kind: MojaloopApprovalPolicy\nspec: {rules: []}\n", "no rule is left"),
])  # fmt: skip
def test_a_policy_that_cannot_be_used_leaves_the_old_one_in_force(
    file: Path, live: LivePolicy, text: str, says: str
) -> None:
    file.write_text(text)
    assert wanted(live) == 2
    assert says in live.problem()
    file.write_text(ANYONE_WITH_BOTH)
    assert (wanted(live), live.problem()) == (1, "")


def test_a_policy_that_went_away_lets_nothing_through(file: Path, live: LivePolicy) -> None:
    file.unlink()
    assert wanted(live) == 2
    assert "put the policy back" in live.problem()


def test_an_app_does_not_start_on_a_bad_policy(file: Path) -> None:
    file.write_text(TWO.replace("shut_gate", "shut_gaet"))
    with pytest.raises(BadPolicy, match="there is no such action"):
        LivePolicy(file.parent, "garden", FIELDS)


def test_a_request_keeps_its_terms_until_a_stricter_policy_comes_and_the_next_is_asked_by_the_new_one(
    tmp_path: Path,
) -> None:
    app, gates = make_app(tmp_path)
    gates.put(1)
    scene, file = Scene(app, gates), tmp_path / "roles" / "approvals.yaml"
    task = scene.ask("greta")
    app.extensions["portal_policy"]._look_s = app.extensions["portal_policy"]._next_look = 0
    file.write_text(TWO)
    os.utime(file, (1, 1))
    scene.decide("wanda", task)
    assert scene.state(task) is State.STALE  # it needs more approval now than when it was asked for
    again = scene.ask("greta")
    scene.decide("wanda", again)
    assert (scene.state(again), gates.sent) == (State.PENDING, 0)
    assert policy_in_force(app) == ""
    file.unlink()
    assert isinstance(policy_in_force(app), Note)
