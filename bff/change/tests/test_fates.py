"""What may come between a request and its execution: time, a moved target, a lost right, a lost answer."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from bff.change.audit import AuditQuery
from bff.change.policy import A_DAY
from bff.change.states import State
from bff.change.tests.conftest import Gardens
from bff.change.tests.policies import BANDS, PAIRS, TWO
from bff.change.tests.scene import Scene, words


def later(span: timedelta) -> time_machine.travel:
    """So much later, by every clock of this process."""
    return time_machine.travel(datetime.now(UTC) + span, tick=True)


A_MINUTE, TWO_HOURS = timedelta(seconds=61), timedelta(hours=2)


def test_whoever_looks_at_a_request_that_is_out_of_time_finds_it_expired(scene: Scene) -> None:
    task = scene.ask("greta")
    with later(TWO_HOURS):
        assert "Nobody decided in time." in scene.page(task)
    assert scene.state(task) is State.EXPIRED
    assert scene.history(task)[-1] == ("expired", "system")


def test_a_decision_that_comes_too_late_is_none(scene: Scene) -> None:
    task = scene.ask("greta")
    with later(TWO_HOURS):
        answer = scene.decide("wanda", task)
    assert answer.status_code == 409
    assert "It was not decided in time" in words(answer.text)
    assert (scene.state(task), scene.gates.sent) == (State.EXPIRED, 0)


def test_the_list_and_the_caretaker_expire_what_nobody_looks_at(scene: Scene) -> None:
    for look in (scene.tend, lambda: scene.person("wanda").get("/api/approvals")):
        task = scene.ask("greta")
        with later(TWO_HOURS):
            look()
        assert scene.state(task) is State.EXPIRED


def test_a_target_that_moved_makes_the_request_stale_and_shows_how(scene: Scene) -> None:
    task = scene.ask("greta")
    scene.gates.put(1, "AJAR")
    page = scene.page(task)
    assert "It can no longer be approved It has changed since this was asked for." in page
    assert "What has changed since it was asked for Field Before After State Open AJAR" in page.replace("Ajar", "AJAR")
    told = scene.told(task)
    assert told["state"] == "STALE"
    (moved,) = told["moved"]
    assert (moved["label"], moved["before"], moved["after"], moved["kind"]) == ("State", "OPEN", "AJAR", "state")
    assert scene.history(task)[-1] == ("stale", "system")


def test_an_approval_of_what_has_moved_is_refused(scene: Scene) -> None:
    task = scene.ask("greta")
    scene.gates.put(1, "AJAR")
    answer = scene.decide("wanda", task)
    assert answer.status_code == 409
    assert "What it would change has changed meanwhile" in words(answer.text)
    assert (scene.state(task), scene.gates.sent) == (State.STALE, 0)


def test_a_target_that_is_gone_makes_the_request_stale(scene: Scene) -> None:
    task = scene.ask("greta")
    with scene.gates.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM gate")
    assert "There is no gate 1." in scene.page(task)
    assert scene.state(task) is State.STALE


def test_a_rule_that_has_come_to_forbid_it_makes_it_stale(scene: Scene) -> None:
    task = scene.ask("greta")
    scene.gates.put(1, "SHUT")
    scene.page(task)
    assert scene.state(task) is State.STALE


def test_an_amount_that_grew_beyond_its_approvals_makes_it_stale(garden_under: Gardens) -> None:
    scene = garden_under(BANDS)
    task = scene.ask("greta", weight="10")
    scene.gates.heavier = 90
    try:
        answer = scene.decide("wanda", task)
    finally:
        scene.gates.heavier = 0
    assert answer.status_code == 409
    assert scene.task(task).problem == "It needs more approval now than when it was asked for."
    assert scene.gates.sent == 0


@pytest.mark.parametrize("lost", ["greta", "wanda"])
def test_it_is_not_carried_out_when_somebody_who_counts_lost_the_right(garden_under: Gardens, lost: str) -> None:
    scene = garden_under(TWO)
    task = scene.ask("greta")
    scene.decide("wanda", task)
    scene.revoke(lost)
    scene.decide("will", task)
    assert (scene.state(task), scene.gates.sent) == (State.STALE, 0)
    expected = f"{lost.capitalize()} may not do this any more, so it was not carried out."
    assert expected in scene.page(task, "will")
    assert scene.entries(task)[-1].reason == expected
    (answer,) = scene.decide_many("bo", {"id": task})
    assert not answer["ok"]


def test_a_checker_who_took_on_the_makers_role_does_not_count_in_a_strict_pair(garden_under: Gardens) -> None:
    scene = garden_under(PAIRS.replace("pairs:", "approvals: 2\n      pairs:"))
    task = scene.ask("greta")
    scene.decide("wanda", task)
    access = scene.app.extensions["portal_access"]
    access.store.assign("u-wanda", "gardener", "test")
    access.forget("u-wanda")
    scene.decide("will", task)
    assert (scene.state(task), scene.gates.sent) == (State.STALE, 0)


def test_bulk_decisions_tell_when_the_last_approval_did_not_carry_it_out(garden_under: Gardens) -> None:
    scene = garden_under(TWO)
    task = scene.ask("greta")
    scene.decide("wanda", task)
    scene.revoke("wanda")
    (answer,) = scene.decide_many("will", {"id": task})
    assert (answer["ok"], answer["state"]) == (False, "STALE")
    assert answer["problem"].startswith("Wanda may not do this any more")


def test_nobody_approves_while_the_hub_is_silent(scene: Scene) -> None:
    task = scene.ask("greta")
    scene.gates.fault = "away"
    assert "What it would do now cannot be shown" in scene.page(task)
    assert scene.told(task)["now"] is None
    answer = scene.decide("wanda", task, reason="because")
    assert answer.status_code == 502
    assert "Nothing was decided" in words(answer.text)
    assert "because" in answer.text
    (bulk,) = scene.decide_many("wanda", {"id": task})
    assert (bulk["ok"], bulk["state"], "Nothing was decided" in bulk["problem"]) == (False, "PENDING", True)
    assert scene.state(task) is State.PENDING


def approved_and_left(scene: Scene) -> str:
    """A request whose last approval was kept by a process that died before it began."""
    task = scene.ask("greta")
    with scene.app.test_request_context():
        found = scene.task(task)
        who = scene.identity("wanda")
        scene.changes._decide(found, "approve", "", who)
    assert scene.state(task) is State.APPROVED
    return task


def test_what_was_approved_and_never_begun_is_carried_out_by_the_caretaker_once(scene: Scene) -> None:
    task = approved_and_left(scene)
    assert "It is approved" in scene.page(task)
    scene.tend()
    assert scene.state(task) is State.APPROVED
    with later(timedelta(seconds=11)):
        scene.tend()
        scene.tend()
    assert (scene.state(task), scene.gates.look(1)) == (State.DONE, ("SHUT", 1))
    assert scene.history(task)[-2:] == [("intent", "system"), ("done", "system")]


def test_the_caretaker_waits_for_the_hub_but_not_beyond_the_requests_time(scene: Scene) -> None:
    task = approved_and_left(scene)
    scene.gates.fault = "away"
    with later(timedelta(seconds=11)):
        scene.tend()
    assert scene.state(task) is State.APPROVED
    scene.gates.fault = ""
    with later(TWO_HOURS):
        scene.tend()
    assert (scene.state(task), scene.gates.sent) == (State.EXPIRED, 0)
    assert "could not be carried out in time" in scene.page(task)


def test_the_caretaker_too_looks_at_who_lost_the_right(scene: Scene) -> None:
    task = approved_and_left(scene)
    scene.revoke("wanda")
    with later(timedelta(seconds=11)):
        scene.tend()
    assert (scene.state(task), scene.gates.sent) == (State.STALE, 0)


def test_a_lost_answer_is_read_back_at_once(scene: Scene) -> None:
    task = scene.ask("greta")
    scene.gates.fault = "after"
    assert scene.decide("wanda", task).status_code == 303
    assert (scene.state(task), scene.gates.sent) == (State.DONE, 1)
    assert scene.entries(task)[-1].detail["read_back"] is True


def test_what_got_lost_on_its_way_is_unknown_and_after_a_minute_failed(scene: Scene) -> None:
    task = scene.ask("greta")
    scene.gates.fault = "before"
    scene.decide("wanda", task)
    assert scene.state(task) is State.UNKNOWN
    assert "The outcome is not known" in scene.page(task)
    assert "nobody can ask for the same again" in scene.page(task)
    scene.gates.fault = ""
    scene.tend()
    assert scene.state(task) is State.UNKNOWN
    with later(A_MINUTE):
        scene.tend()
        assert "Nothing of it was found a minute later" in scene.page(task)
    assert (scene.state(task), scene.gates.sent) == (State.FAILED, 1)


def test_what_arrived_late_is_found_by_whoever_looks(scene: Scene) -> None:
    task = scene.ask("greta")
    scene.gates.fault = "before"
    scene.decide("wanda", task)
    scene.gates.put(1, "SHUT")
    scene.gates.fault = ""
    assert "It was done" in scene.page(task)


def test_what_tells_a_repetition_is_done_again_once(scene: Scene) -> None:
    task = scene.ask("greta", by_key=True)
    scene.gates.fault = "before"
    scene.decide("wanda", task)
    assert "It is sent again, under the same key" in scene.page(task)
    scene.gates.fault = ""
    with later(A_MINUTE):
        scene.page(task)
        assert scene.state(task) is State.UNKNOWN
        scene.tend()
        scene.tend()
    assert (scene.state(task), scene.gates.look(1), scene.gates.sent) == (State.DONE, ("SHUT", 1), 2)
    outcomes = [outcome for outcome, _who in scene.history(task)]
    assert outcomes[2:] == ["intent", "unknown", "intent", "done"]


def test_a_repetition_that_is_refused_is_read_back_before_it_is_called_failed(scene: Scene) -> None:
    task = scene.ask("greta", by_key=True)
    scene.gates.fault = "before"
    scene.decide("wanda", task)
    scene.gates.fault = "refused"
    # The first sending arrives between the look and the second, which is refused for that.
    scene.gates.at = lambda _step: scene.gates.put(1, "SHUT")
    try:
        scene.tend()
    finally:
        scene.gates.at = lambda _step: None
    assert scene.state(task) is State.DONE


def test_a_repetition_that_could_not_leave_says_nothing_of_the_first(scene: Scene) -> None:
    task = scene.ask("greta", by_key=True)
    scene.gates.fault = "before"
    scene.decide("wanda", task)
    scene.gates.fault = "unsent"
    scene.tend()
    assert scene.state(task) is State.UNKNOWN


def test_it_is_not_done_again_for_ever(scene: Scene) -> None:
    task = scene.ask("greta", by_key=True)
    scene.gates.fault = "before"
    scene.decide("wanda", task)
    with later(TWO_HOURS):
        scene.tend()
    assert (scene.state(task), scene.gates.sent) == (State.FAILED, 1)


def test_what_breaks_half_way_is_never_called_failed_before_somebody_looked(scene: Scene) -> None:
    task = scene.ask("greta")
    scene.gates.fault = "broken"
    assert scene.decide("wanda", task).status_code == 500
    assert (scene.state(task), scene.task(task).problem) == (State.UNKNOWN, "ZeroDivisionError")


def test_a_change_of_two_steps_whose_second_fails_is_told_on_its_own_page(scene: Scene) -> None:
    scene.gates.fault = "unsent"
    answer = scene.person("greta").post("/gates/1/paint", data={"confirmed": "yes", "colour": "red"})
    assert answer.status_code == 303
    task = answer.location.rpartition("/")[2]
    assert scene.state(task) is State.UNKNOWN
    scene.gates.fault = "refused"
    scene.tend()
    with later(A_DAY):
        scene.gates.fault = ""
        scene.tend()
    assert scene.state(task) is State.FAILED


def test_whatever_an_execution_tells_is_kept(scene: Scene) -> None:
    answer = scene.person("greta").post("/gates/1/paint", data={"confirmed": "yes", "colour": "red", "attempt": "x"})
    assert (answer.status_code, answer.location) == (303, "/gates")
    (entry,) = scene.audit.entries(AuditQuery(action="garden.paint_gate", outcome="done", limit=1)).entries
    assert entry.detail["task"] == "1.5"
    assert entry.detail["reason"] == "it was dull"
