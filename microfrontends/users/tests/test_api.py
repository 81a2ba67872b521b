"""The JSON interface: the Roles API's shapes, made whole: 404, 409 with both permissions, totals, RFC 9457."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from bff.access.holding import Assignments
from microfrontends.users.tests.conftest import ADA, CLARA, MARCUS
from microfrontends.users.tests.fakes import FakeDirectory
from microfrontends.users.tests.test_pages import reads


def told(client: FlaskClient, path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.get_json()
    return said


def patched(client: FlaskClient, subject: str, *operations: tuple[str, str], **more: str) -> Any:
    body = {"roleOperations": [{"roleId": role, "action": action} for role, action in operations], **more}
    return client.patch(f"/api/users/{subject}/roles", json=body)


def test_people_are_found_with_their_roles_some_at_a_time(marcus: FlaskClient, store: Assignments) -> None:
    store.assign(ADA, "audit", "u-1")
    listed = told(marcus, "/api/users?count=1")
    assert (listed["total"], listed["start"]) == (6, 1)
    ada = listed["users"][0]
    assert ada.pop("lastLogin").endswith("+00:00")
    assert ada == {
        "id": ADA,
        "username": "ada",
        "name": {"givenName": "Ada", "familyName": "Adeyemi"},
        "displayName": "Ada Adeyemi",
        "emails": ["ada@example.com"],
        "active": True,
        "kind": "person",
        "organisation": "Hub",
        "roles": ["audit"],
    }
    assert [each["username"] for each in told(marcus, "/api/users?active=false")["users"]] == ["gone"]
    assert [each["username"] for each in told(marcus, "/api/users?search=chan&start=1")["users"]] == ["clara"]
    assert [each["username"] for each in told(marcus, "/api/users?role=audit")["users"]] == ["ada"]
    assert [each["username"] for each in told(marcus, "/api/users?start=6")["users"]] == ["ravi"]
    assert reads(marcus, "people.list")


def test_a_person_is_told_with_what_they_hold_and_may_do(marcus: FlaskClient, store: Assignments) -> None:
    store.assign(ADA, "audit", MARCUS)
    store.add_participant(ADA, "payerfsp", MARCUS)
    user = told(marcus, f"/api/users/{ADA}")["user"]
    assert (user["roles"], user["participants"]) == (["audit"], ["payerfsp"])
    assert {"permission": "audit:settlement:view", "roles": ["audit"], "suspended": False} in user["permissions"]
    roles = told(marcus, f"/api/users/{ADA}/roles")
    assert (roles["roles"], roles["version"]) == (["audit"], user["version"])
    assert (roles["grants"][0]["name"], roles["grants"][0]["grantedBy"]) == ("audit", MARCUS)
    assert told(marcus, f"/api/users/{ADA}/participants")["participants"] == ["payerfsp"]
    assert [entry.target for entry in reads(marcus, "person.read")] == [f"person:{ADA}"] * 3


def test_roles_are_told_with_their_holders_and_what_they_exclude(marcus: FlaskClient, store: Assignments) -> None:
    store.assign(ADA, "audit", MARCUS)
    listed = told(marcus, "/api/roles")
    assert "audit" in listed["roles"]
    assert next(each for each in listed["details"] if each["name"] == "audit")["holders"] == 1
    one = told(marcus, "/api/roles/audit")
    assert (one["total"], one["holders"][0]["id"], one["holders"][0]["username"]) == (1, ADA, "ada")
    excluded = {"role": "financeManager", "permissions": ["audit:settlement:view", "participants:cap:change"]}
    assert excluded in one["excludes"]
    assert told(marcus, "/api/roles/audit?start=2")["holders"] == []
    assert told(marcus, "/api/participants") == {"participants": ["payeefsp", "payerfsp"]}


def test_operations_are_made_one_after_the_other_with_an_answer_for_each(
    marcus: FlaskClient, store: Assignments
) -> None:
    store.assign(ADA, "audit", "u-1")
    answer = patched(marcus, ADA, ("audit", "delete"), ("financeManager", "insert"), ("operator", "delete"))
    assert answer.status_code == 200, answer.text
    said = answer.get_json()
    assert [(each["id"], each["ok"], each["state"]) for each in said["operations"]] == [
        ("audit", True, "DONE"),
        ("financeManager", True, "DONE"),
        ("operator", True, ""),
    ]
    assert said["holds"] == ["financeManager"]
    assert said["version"] == store.version(ADA)


def test_a_refused_operation_names_both_permissions_and_the_others_are_made(
    marcus: FlaskClient, store: Assignments
) -> None:
    store.assign(ADA, "audit", "u-1")
    answer = patched(marcus, ADA, ("financeManager", "insert"), ("clerk", "insert"), ("nosuch", "insert"))
    assert (answer.status_code, answer.content_type) == (409, "application/problem+json")
    said = answer.get_json()
    clash = (
        "Permissions audit:settlement:view and participants:cap:change cannot be assigned together for the user: ada"
    )
    assert said["detail"] == clash
    assert [(each["ok"], each["status"]) for each in said["operations"]] == [(False, 409), (True, 200), (False, 404)]
    assert said["holds"] == ["audit", "clerk"]


def test_what_waits_for_approval_is_accepted_and_leads_to_its_request(marcus: FlaskClient, store: Assignments) -> None:
    answer = patched(marcus, CLARA, ("manager", "insert"), reason="She stands in.")
    said = answer.get_json()["operations"][0]
    assert (answer.status_code, said["state"], store.roles_of(CLARA)) == (202, "PENDING", ())
    assert marcus.get(said["request"].removeprefix("/users")).status_code == 200


def test_a_version_keeps_two_writers_from_overwriting_each_other(marcus: FlaskClient, store: Assignments) -> None:
    version = told(marcus, f"/api/users/{CLARA}/roles")["version"]
    both = patched(marcus, CLARA, ("clerk", "insert"), ("operator", "insert"), version=version)
    assert (both.status_code, both.get_json()["holds"]) == (200, ["clerk", "operator"])
    late = patched(marcus, CLARA, ("audit", "insert"), version=version)
    assert (late.status_code, late.get_json()["holds"]) == (409, ["clerk", "operator"])


def test_the_same_key_asks_only_once(marcus: FlaskClient, store: Assignments) -> None:
    body = {"roleOperations": [{"roleId": "manager", "action": "insert"}]}
    headers = {"Idempotency-Key": "one"}
    first, again = (marcus.patch(f"/api/users/{CLARA}/roles", json=body, headers=headers).get_json() for _ in range(2))
    assert first["operations"][0]["request"] == again["operations"][0]["request"]


def test_participants_are_patched_alike(marcus: FlaskClient, store: Assignments) -> None:
    body = {"participantOperations": [{"participantId": "payerfsp", "action": "insert"}]}
    answer = marcus.patch(f"/api/users/{CLARA}/participants", json=body)
    assert (answer.status_code, answer.get_json()["holds"]) == (200, ["payerfsp"])
    body["participantOperations"][0]["participantId"] = "nosuchfsp"
    assert marcus.patch(f"/api/users/{CLARA}/participants", json=body).status_code == 404


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("users/u-999", "u-999"),
        ("users/u-999/roles", "u-999"),
        ("users/u-999/participants", "u-999"),
        ("roles/nosuch", "nosuch"),
        ("users?role=nosuch", "nosuch"),
    ],
)
def test_what_is_not_there_is_a_404_that_says_so(marcus: FlaskClient, path: str, words: str) -> None:
    answer = marcus.get(f"/api/{path}")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert words in answer.get_json()["detail"]


def test_an_unknown_person_cannot_be_patched_nor_can_oneself(marcus: FlaskClient, store: Assignments) -> None:
    assert patched(marcus, "u-999", ("audit", "insert")).status_code == 404
    own = patched(marcus, MARCUS, ("clerk", "insert"))
    assert (own.status_code, "Nobody changes their own" in own.get_json()["detail"]) == (409, True)
    assert [grant.value for grant in store.roles_of(MARCUS)] == ["manager"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"roleOperations": []},
        {"roleOperations": [{"roleId": "audit"}]},
        {"roleOperations": [{"roleId": "audit", "action": "replace"}]},
        {"roleOperations": [{"roleId": "", "action": "insert"}]},
        {"roleOperations": [{"roleId": ["audit"], "action": "insert"}]},
        {"roleOperations": [{"roleId": "audit", "action": "insert", "by": "u-1"}]},
        {"roleOperations": [{"roleId": "audit", "action": "insert"}], "subject": "u-105"},
        {"roleOperations": [{"roleId": "audit", "action": "insert"}] * 51},
    ],
)
def test_a_body_that_is_none_of_ours_changes_nothing(
    marcus: FlaskClient, store: Assignments, body: dict[str, Any]
) -> None:
    answer = marcus.patch(f"/api/users/{CLARA}/roles", json=body)
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert store.roles_of(CLARA) == ()


def test_a_query_out_of_bounds_is_refused_by_name(marcus: FlaskClient) -> None:
    answer = marcus.get("/api/users?count=101")
    assert (answer.status_code, "count" in answer.get_json()["detail"]) == (422, True)


def test_a_directory_that_is_away_is_a_502(marcus: FlaskClient, directory: FakeDirectory) -> None:
    directory.away = True
    answer = marcus.get("/api/users")
    assert (answer.status_code, answer.content_type) == (502, "application/problem+json")


def test_looking_is_not_changing(fatima: FlaskClient, store: Assignments) -> None:
    assert fatima.get(f"/api/users/{ADA}").status_code == 200
    body = {"participantOperations": [{"participantId": "payerfsp", "action": "insert"}]}
    assert patched(fatima, ADA, ("audit", "insert")).status_code == 403
    assert fatima.patch(f"/api/users/{ADA}/participants", json=body).status_code == 403
    assert store.holding(ADA).items == frozenset()


def test_the_api_describes_itself(marcus: FlaskClient) -> None:
    paths = told(marcus, "/api/openapi.json")["paths"]
    assert set(paths["/api/users/{subject}/roles"]) >= {"get", "patch"}
    assert "post" in paths["/api/people/{subject}/roles/assign"]
