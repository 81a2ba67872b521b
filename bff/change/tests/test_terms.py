"""On what terms: how many must approve, above what amount, and which role checks which."""

import pytest

from bff.change.states import State
from bff.change.tests.conftest import Gardens
from bff.change.tests.garden import ShutGate
from bff.change.tests.policies import ANYONE_WITH_BOTH, BANDS, PAIRS, TWO
from bff.change.tests.scene import words
from bff.errors import RuleBroken


def test_two_different_people_must_approve_where_the_policy_wants_two(garden_under: Gardens) -> None:
    scene = garden_under(TWO)
    task = scene.ask("greta")
    scene.decide("wanda", task)
    assert (scene.state(task), scene.gates.sent) == (State.PENDING, 0)
    page = scene.page(task, "wanda")
    assert "1 of 2" in page
    assert "You have decided already; it needs another person too." in page
    assert scene.decide("wanda", task).status_code == 409
    assert scene.gates.sent == 0
    scene.decide("will", task)
    assert (scene.state(task), scene.gates.look(1)) == (State.DONE, ("SHUT", 1))


def test_one_rejection_ends_it_whoever_approved_before(garden_under: Gardens) -> None:
    scene = garden_under(TWO)
    task = scene.ask("greta")
    scene.decide("wanda", task)
    scene.decide("will", task, "reject", reason="no")
    assert scene.state(task) is State.REJECTED
    assert "Will has decided already." in words(scene.decide("bo", task).text)


@pytest.mark.parametrize(("weight", "approvals"), [("9.99", 0), ("10", 1), ("99.99", 1), ("100", 2), ("-100", 2)])
def test_the_amount_decides_how_many_approve(garden_under: Gardens, weight: str, approvals: int) -> None:
    scene = garden_under(BANDS)
    form = {"confirmed": "yes", "weight": weight}
    answer = scene.person("greta").post("/gates/1/shut", data=form)
    assert answer.status_code == 303
    if not approvals:
        assert (answer.location, scene.gates.look(1)) == ("/gates", ("SHUT", 1))
        return
    task = answer.location.rpartition("/")[2]
    assert scene.told(task)["required"] == approvals
    for name in ("wanda", "will")[:approvals]:
        assert scene.gates.sent == 0
        scene.decide(name, task)
    assert scene.gates.look(1) == ("SHUT", 1)


def test_in_a_strict_pair_one_role_makes_and_the_other_checks(garden_under: Gardens) -> None:
    scene = garden_under(PAIRS)
    assert "another person for approval: Warden" in words(scene.person("greta").get("/gates/1/shut").text)
    task = scene.ask("greta")
    # The permission is everybody's here, so that the roles alone decide.
    refused = scene.decide("gus", task)
    assert refused.status_code == 409
    assert "your role does not check what this maker's role asks for" in words(refused.text)
    assert scene.decide("wanda", task).status_code == 303
    assert scene.state(task) is State.DONE


def test_in_a_strict_pair_nobody_with_both_roles_checks(garden_under: Gardens) -> None:
    scene = garden_under(PAIRS)
    task = scene.ask("greta")
    (answer,) = scene.decide_many("wanda", {"id": task}, roles=["gardener", "warden"])
    assert "By the policy" in answer["problem"]
    assert scene.state(task) is State.PENDING


def test_in_a_strict_pair_only_the_makers_role_makes(garden_under: Gardens) -> None:
    scene = garden_under(PAIRS)
    answer = scene.person("bo").post("/gates/1/shut", data={"confirmed": "yes"})
    assert answer.status_code == 409
    assert "only these roles may ask for this: gardener" in words(answer.text)


def test_without_pairs_anybody_with_the_permission_checks_but_never_own_work(garden_under: Gardens) -> None:
    scene = garden_under(ANYONE_WITH_BOTH)
    task = scene.ask("bo")
    assert scene.decide("bo", task).status_code == 409
    assert scene.decide("greta", task).status_code == 303
    assert scene.state(task) is State.DONE


class Careful(ShutGate):
    """Shutting a gate that nobody may shut without saying why."""

    name = "shut_gate_carefully"
    reasoned = True


def test_an_action_may_want_a_reason_whatever_the_policy_says(garden_under: Gardens) -> None:
    scene = garden_under(BANDS)
    full = scene.changes.add(Careful(scene.gates))
    assert scene.changes.terms(full, {"number": 1}, {}).reason
    assert not scene.changes.terms("garden.shut_gate", {"number": 1}, {}).reason
    command = Careful.schema().load({"number": 1})
    with scene.app.test_request_context(), pytest.raises(RuleBroken, match="Say why"):
        scene.changes.ask(full, command, "once", scene.identity("greta"))
