"""Asking for a change: the form, the endpoint, the one open task, the attempt that counts once."""

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from bff.change.tests.garden import Gates

People = Callable[..., FlaskClient]
CONFIRMED = {"confirmed": "yes", "reason": "rain"}


def test_the_form_shows_what_would_change_and_who_lets_it_through(as_person: People) -> None:
    page = as_person("greta").get("/gates/1/shut").text
    assert "Shut gate 1, the old one." in page
    assert "Warden" in page
    assert "2 hours" in page


def test_a_request_waits_for_approval_and_changes_nothing(as_person: People, gates: Gates) -> None:
    answer = as_person("greta").post("/gates/1/shut", data={**CONFIRMED, "attempt": "a"})
    assert answer.status_code == 303
    page = as_person("greta").get(answer.location.removeprefix("/garden")).text
    assert "Waiting for approval" in page
    assert gates.look(1) == ("OPEN", 0)


def test_without_confirmation_the_question_is_asked_first(as_person: People) -> None:
    answer = as_person("greta").post("/gates/1/shut", data={"weight": "2"})
    assert answer.status_code == 200
    assert 'name="weight" value="2"' in answer.text


def test_a_wrong_field_is_named_and_what_was_typed_is_kept(as_person: People) -> None:
    answer = as_person("greta").post("/gates/1/shut", data={"weight": "heavy", "reason": "rain"})
    assert answer.status_code == 422
    assert "heavy" in answer.text
    assert "rain" in answer.text


def test_the_same_attempt_asks_once(as_person: People) -> None:
    greta = as_person("greta")
    first, second = (greta.post("/gates/1/shut", data={**CONFIRMED, "attempt": "a"}).location for _ in range(2))
    assert first == second


def test_a_second_request_for_the_same_target_names_the_first(as_person: People) -> None:
    as_person("greta").post("/gates/1/shut", data={**CONFIRMED, "attempt": "a"})
    answer = as_person("gus").post("/gates/1/shut", data={**CONFIRMED, "attempt": "b"})
    assert answer.status_code == 409
    assert "Greta asked for this" in answer.text
    assert "Open the request of Greta" in answer.text


def test_what_the_rules_forbid_is_said_and_audited(app: Flask, as_person: People, gates: Gates) -> None:
    gates.put(1, "SHUT")
    answer = as_person("greta").post("/gates/1/shut", data=CONFIRMED)
    assert answer.status_code == 409
    assert "Gate 1 is shut already." in answer.text
    (entry,) = as_of(app, "garden.shut_gate")[:1]
    assert (entry.outcome, entry.target, entry.actor.subject) == ("refused", "gate:1", "u-greta")


def test_a_program_asks_with_a_key_and_reads_the_same_task(as_person: People) -> None:
    greta = as_person("greta")
    sent = {"json": {"reason": "rain", "weight": "2"}, "headers": {"Idempotency-Key": "k"}}
    first, second = (greta.post("/api/gates/1/shut", **sent) for _ in range(2))
    assert first.status_code == 202
    assert first.json["state"] == "PENDING"
    assert first.json["amounts"] == [{"currency": "KGM", "amount": "2"}]
    assert first.json["id"] == second.json["id"]


def test_a_program_cannot_send_fields_that_are_none(as_person: People) -> None:
    answer = as_person("greta").post("/api/gates/1/shut", json={"approvals": 0})
    assert answer.status_code == 422
    assert "approvals" in answer.json["detail"]


def test_every_action_is_described(as_person: People) -> None:
    document = as_person("greta").get("/api/openapi.json").json
    assert document["paths"]["/api/gates/{number}/shut"]["post"]["summary"] == "Shut a gate"
    assert "/api/approvals/decisions" in document["paths"]


def test_whoever_lacks_the_permission_is_refused_on_both_ways(as_person: People) -> None:
    wanda = as_person("wanda")
    assert wanda.get("/gates/1/shut").status_code == 403
    assert wanda.post("/gates/1/shut", data=CONFIRMED).status_code == 403
    assert wanda.post("/api/gates/1/shut", json={}).status_code == 403


def test_whoever_sees_one_participant_only_knows_of_no_gates(as_person: People) -> None:
    bound = as_person("greta", participants=["payerfsp"], hub=False)
    assert bound.get("/gates/1/shut").status_code == 404
    assert bound.post("/api/gates/1/shut", json={}).status_code == 404


def test_nobody_writes_outside_an_action(gates: Gates) -> None:
    import pytest

    from bff.errors import OutsideAction

    with pytest.raises(OutsideAction):
        gates.shut(1, "key")


def as_of(app: Flask, action: str) -> list[object]:
    from bff.change.audit import AuditQuery

    return list(app.extensions["portal_audit"].entries(AuditQuery(action=action)).entries)


def test_the_page_names_the_digest_that_a_decision_needs(as_person: People) -> None:
    where = as_person("greta").post("/gates/1/shut", data=CONFIRMED).location.removeprefix("/garden")
    page = as_person("wanda").get(where).text
    assert re.search(r'name="sha256" value="[0-9a-f]{64}"', page)
