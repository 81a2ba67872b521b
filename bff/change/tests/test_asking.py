"""Asking for a change: the form, the endpoint, the one open task, the attempt that counts once."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from bff.change.audit import AuditQuery
from bff.change.states import State
from bff.change.tests.conftest import Gardens
from bff.change.tests.policies import ANYONE_WITH_BOTH, TWO
from bff.change.tests.scene import Scene, words
from bff.errors import OutsideAction

CONFIRMED = {"confirmed": "yes", "reason": "rain"}
ALONE = "Nobody else could approve this now"


def test_the_form_shows_what_would_change_and_who_lets_it_through(scene: Scene) -> None:
    page = words(scene.person("greta").get("/gates/1/shut").text)
    assert "Shut gate 1, the old one." in page
    assert "another person for approval: Both, Warden" in page
    assert "It waits for 2 hours at most." in page
    assert ALONE not in page


def test_a_request_waits_for_approval_and_changes_nothing(scene: Scene) -> None:
    task = scene.ask("greta")
    assert "Waiting for approval" in scene.page(task, "greta")
    assert (scene.gates.look(1), scene.history(task)) == (("OPEN", 0), [("requested", "u-greta")])


def test_without_confirmation_the_question_is_asked_first(scene: Scene) -> None:
    answer = scene.person("greta").post("/gates/1/shut", data={"weight": "2"})
    assert answer.status_code == 200
    assert 'name="weight" value="2"' in answer.text


def test_an_empty_form_is_no_mistake_yet(scene: Scene) -> None:
    answer = scene.person("greta").get("/gates/1/paint")
    assert answer.status_code == 200
    assert "Colour" in answer.text
    assert "missing" not in answer.text


def test_a_missing_field_is_named_and_the_next_page_asks(scene: Scene) -> None:
    greta = scene.person("greta")
    answer = greta.post("/gates/1/paint", data={"colour": "", "reason": "dull"})
    assert answer.status_code == 422
    assert "Colour is missing." in words(answer.text)
    page = greta.post("/gates/1/paint", data={"colour": "red"}).text
    assert "Paint gate 1 red." in words(page)
    assert "It is OPEN." in words(page)
    assert re.search(r'<input type="hidden" name="colour" value="red">', page)


def test_a_wrong_field_is_named_and_what_was_typed_is_kept(scene: Scene) -> None:
    answer = scene.person("greta").post("/gates/1/shut", data={"weight": "heavy", "reason": "rain"})
    assert answer.status_code == 422
    assert "heavy" in answer.text
    assert "rain" in answer.text


def test_a_reason_that_is_too_long_is_told_with_its_length_and_kept(scene: Scene) -> None:
    answer = scene.person("greta").post("/gates/1/shut", data={"confirmed": "yes", "reason": "x" * 401})
    assert answer.status_code == 422
    assert "The reason has 401 characters; shorten it to 400." in words(answer.text)
    assert "x" * 401 in answer.text
    answer = scene.decide("wanda", scene.ask(), "reject", reason="x" * 1001)
    assert (answer.status_code, "shorten it to 1000" in words(answer.text)) == (422, True)


def test_the_same_attempt_asks_once(scene: Scene) -> None:
    greta = scene.person("greta")
    first, second = (greta.post("/gates/1/shut", data={**CONFIRMED, "attempt": "a"}).location for _ in range(2))
    assert first == second


def test_the_same_attempt_with_other_values_is_not_the_same(scene: Scene) -> None:
    scene.gates.put(2)
    greta = scene.person("greta")
    key = {"Idempotency-Key": "k"}
    first = greta.post("/api/gates/1/shut", json={}, headers=key)
    assert first.status_code == 202
    for address, body in (("/api/gates/2/shut", {}), ("/api/gates/1/shut", {"weight": "2"})):
        answer = greta.post(address, json=body, headers=key)
        assert answer.status_code == 409
        assert "sent before with other values" in answer.get_json()["detail"]
    assert scene.changes.tasks.open_on(["gate:2"]) == {}


def test_long_keys_are_told_apart_to_their_end(scene: Scene) -> None:
    scene.gates.put(2)
    greta = scene.person("greta")
    ids = [
        greta.post(f"/api/gates/{n}/shut", json={}, headers={"Idempotency-Key": "k" * 90 + str(n)}).get_json()["id"]
        for n in (1, 2)
    ]
    assert len(set(ids)) == 2


def test_a_second_request_for_the_same_target_names_the_first(scene: Scene) -> None:
    task = scene.ask("greta")
    answer = scene.person("gus").post("/gates/1/shut", data={**CONFIRMED, "attempt": "b"})
    assert answer.status_code == 409
    page = words(answer.text)
    assert "It was asked for already Greta asked for this" in page
    assert "and it waits for approval. Nothing was changed." in page
    assert f'href="/garden/approvals/{task}"' in answer.text
    assert "Greta asked for this" in words(scene.person("gus").get("/gates/1/shut").text)
    assert scene.person("gus").post("/api/gates/1/shut", json={}).status_code == 409


@pytest.mark.parametrize("same", [True, False], ids=["one form sent twice", "two people"])
def test_of_two_at_one_instant_one_asks(scene: Scene, same: bool) -> None:
    forms = [("greta", "a"), ("greta", "a") if same else ("gus", "b")] * 3
    clients = [(scene.person(name), attempt) for name, attempt in forms]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda it: it[0].post("/gates/1/shut", data={**CONFIRMED, "attempt": it[1]}), clients))
    assert len(scene.changes.tasks.open_on(["gate:1"])) == 1
    assert len({answer.location for answer in answers if answer.status_code == 303}) == 1
    assert {answer.status_code for answer in answers} <= ({303} if same else {303, 409})


def test_what_the_rules_forbid_is_said_and_audited_once(scene: Scene) -> None:
    scene.gates.put(1, "SHUT")
    before = scene.audit.entries(AuditQuery(action="garden.shut_gate")).total or 0
    answer = scene.person("greta").post("/gates/1/shut", data=CONFIRMED)
    assert answer.status_code == 409
    assert "Gate 1 is shut already." in words(answer.text)
    page = scene.audit.entries(AuditQuery(action="garden.shut_gate"))
    assert page.total == before + 1
    entry = page.entries[0]
    assert (entry.outcome, entry.target, entry.actor.subject) == ("refused", "gate:1", "u-greta")


def test_what_is_not_there_is_not_found_and_audited(scene: Scene) -> None:
    assert scene.person("greta").post("/gates/77/shut", data=CONFIRMED).status_code == 404
    entry = scene.audit.entries(AuditQuery(action="garden.shut_gate", limit=1)).entries[0]
    assert (entry.outcome, entry.target) == ("refused", "gate:77")


def test_a_reason_that_the_policy_wants_must_be_given(garden_under: Gardens) -> None:
    scene = garden_under(ANYONE_WITH_BOTH.replace("approvals: 1", "approvals: 1, reason: required"))
    answer = scene.person("greta").post("/gates/1/shut", data={"confirmed": "yes", "reason": " "})
    assert answer.status_code == 409
    assert "Say why: the policy wants a reason for this." in words(answer.text)
    assert re.search(r"<textarea[^>]* required", answer.text)


def test_who_would_wait_for_ever_is_warned(garden_under: Gardens) -> None:
    scene = garden_under(TWO)

    def form() -> str:
        return words(scene.person("bo").get("/gates/1/shut").text)

    assert ALONE not in form()
    scene.revoke("will")
    assert ALONE in form()


def test_a_checker_who_sees_one_participant_only_is_nobody_who_could_approve(garden_under: Gardens) -> None:
    scene = garden_under(TWO)
    access = scene.app.extensions["portal_access"]
    access.store.add_participant("u-will", "payerfsp", "test")
    access.forget("u-will")
    try:
        assert ALONE in words(scene.person("bo").get("/gates/1/shut").text)
    finally:
        access.store.remove_participant("u-will", "payerfsp")
        access.forget("u-will")


def test_a_program_asks_with_a_key_and_reads_the_same_task(scene: Scene) -> None:
    greta = scene.person("greta")
    headers = {"Idempotency-Key": "k"}
    told = [greta.post("/api/gates/1/shut", json={"reason": "rain", "weight": "2"}, headers=headers) for _ in "ab"]
    assert [answer.status_code for answer in told] == [202, 202]
    first, second = (answer.get_json() for answer in told)
    assert (first["state"], first["amounts"]) == ("PENDING", [{"currency": "KGM", "amount": "2"}])
    assert first["id"] == second["id"]


@pytest.mark.parametrize(("address", "body", "says"), [
    ("/api/gates/1/shut", {"approvals": 0}, "approvals: Unknown field."),
    ("/api/gates/1/shut", {"weight": "NaN"}, "weight: Special numeric values"),
    ("/api/gates/0/shut", {}, "number: Must be greater than or equal to 1."),
])  # fmt: skip
def test_a_program_is_told_which_field_is_wrong(scene: Scene, address: str, body: dict[str, object], says: str) -> None:
    answer = scene.person("greta").post(address, json=body)
    assert answer.status_code == 422
    assert says in answer.get_json()["detail"]


def test_text_that_no_database_keeps_is_cleaned(scene: Scene) -> None:
    told = scene.person("greta").post("/api/gates/1/shut", json={"reason": "a\ud800b\x00c\n d"}).get_json()
    assert told["reason"] == "a?bc d"
    assert scene.entries(told["id"])[0].reason == "a?bc d"


def test_what_needs_no_approval_is_done_at_once(scene: Scene) -> None:
    told = scene.person("greta").post("/api/gates/1/paint", json={"colour": "red"}).get_json()
    assert (told["state"], told["required"]) == ("DONE", 0)
    assert [outcome for outcome, _who in scene.history(told["id"])] == ["requested", "intent", "done"]


def test_what_the_hub_refuses_at_once_is_asked_again_in_its_words(scene: Scene) -> None:
    scene.gates.fault = "refused"
    answer = scene.person("greta").post("/gates/1/shut-unchecked", data=CONFIRMED)
    assert answer.status_code == 409
    assert "The hub refused Nothing was changed. The hub said: 3100 The gate is <stuck>" in words(answer.text)


def test_a_hub_that_is_away_is_a_502_and_nothing_is_kept(scene: Scene) -> None:
    scene.gates.fault = "away"
    answer = scene.person("greta").post("/gates/1/shut", data=CONFIRMED)
    assert answer.status_code == 502
    assert scene.changes.tasks.open_on(["gate:1"]) == {}


def test_a_lost_answer_leads_to_the_requests_page_and_programs_to_read_first(scene: Scene) -> None:
    scene.gates.fault = "before"
    answer = scene.person("greta").post("/gates/1/shut-unchecked", data=CONFIRMED)
    task = answer.location.rpartition("/")[2]
    assert (answer.status_code, scene.state(task)) == (303, State.UNKNOWN)
    scene.gates.put(2)
    told = scene.person("greta").post("/api/gates/2/shut-unchecked", json={})
    assert told.status_code == 502
    assert "read the state again before repeating it" in told.get_json()["detail"]


def test_every_action_is_described(scene: Scene) -> None:
    document = scene.person("greta").get("/api/openapi.json").get_json()
    assert document["paths"]["/api/gates/{number}/shut"]["post"]["summary"] == "Shut a gate"
    assert "/api/approvals/decisions" in document["paths"]


def test_whoever_lacks_the_permission_is_refused_on_both_ways(scene: Scene) -> None:
    wanda = scene.person("wanda")
    assert wanda.get("/gates/1/shut").status_code == 403
    assert wanda.post("/gates/1/shut", data=CONFIRMED).status_code == 403
    assert wanda.post("/api/gates/1/shut", json={}).status_code == 403


def test_whoever_sees_one_participant_only_knows_of_no_gates(scene: Scene) -> None:
    bound = scene.person("greta", participants=["payerfsp"], hub=False)
    assert bound.get("/gates/1/shut").status_code == 404
    assert bound.post("/api/gates/1/shut", json={}).status_code == 404


def test_nobody_writes_outside_an_action(scene: Scene) -> None:
    with pytest.raises(OutsideAction):
        scene.gates.shut(1, "key")
    assert scene.gates.look(1) == ("OPEN", 0)
