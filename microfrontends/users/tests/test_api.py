"""The JSON interface: the same people, the same rules, in RFC 9457's shape where refused."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from bff.access.assignments import Assignments
from microfrontends.users.tests.conftest import ADA, CLARA, MARCUS
from microfrontends.users.tests.fakes import FakeDirectory


def told(client: FlaskClient, path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.get_json()
    return said


def test_people_are_found_with_their_roles_some_at_a_time(marcus: FlaskClient, store: Assignments) -> None:
    store.assign(ADA, "audit", "u-1")
    listed = told(marcus, "/api/people?count=1")
    assert (listed["total"], listed["start"]) == (5, 1)
    ada = {"id": ADA, "username": "ada", "name": "Ada Adeyemi", "email": "ada@example.com", "active": True}
    assert listed["people"] == [{**ada, "roles": ["audit"]}]
    assert [each["username"] for each in told(marcus, "/api/people?active=false")["people"]] == ["gone"]
    assert [each["username"] for each in told(marcus, "/api/people?search=chan&start=1")["people"]] == ["clara"]


def test_a_person_is_told_with_what_they_hold_and_may_do(marcus: FlaskClient, store: Assignments) -> None:
    store.assign(ADA, "audit", MARCUS)
    store.add_participant(ADA, "payerfsp", MARCUS)
    person = told(marcus, f"/api/people/{ADA}")
    assert (person["roles"][0]["name"], person["roles"][0]["granted_by"]) == ("audit", MARCUS)
    assert person["roles"][0]["granted_at"].endswith("+00:00")
    assert person["participants"][0]["name"] == "payerfsp"
    assert {"permission": "audit:settlement:view", "roles": ["audit"], "suspended": False} in person["permissions"]
    assert told(marcus, f"/api/people/{ADA}/roles")["roles"] == person["roles"]
    assert told(marcus, f"/api/people/{ADA}/participants")["participants"] == person["participants"]


def test_roles_and_participants_are_put_and_deleted(marcus: FlaskClient, store: Assignments) -> None:
    assert marcus.put(f"/api/people/{CLARA}/roles/audit").status_code == 204
    assert marcus.put(f"/api/people/{CLARA}/roles/audit").status_code == 204
    assert marcus.put(f"/api/people/{CLARA}/participants/payerfsp").status_code == 204
    assert [grant.value for grant in (*store.roles_of(CLARA), *store.participants_of(CLARA))] == ["audit", "payerfsp"]
    assert marcus.delete(f"/api/people/{CLARA}/roles/audit").status_code == 204
    assert marcus.delete(f"/api/people/{CLARA}/participants/payerfsp").status_code == 204
    assert (store.roles_of(CLARA), store.participants_of(CLARA)) == ((), ())


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("PUT", f"{ADA}/roles/financeManager", 409, "audit:settlement:view and participants:cap:change"),
        ("PUT", f"{MARCUS}/roles/audit", 409, "Nobody changes their own"),
        ("DELETE", f"{MARCUS}/roles/manager", 409, "Nobody changes their own"),
        ("PUT", f"{CLARA}/roles/nosuch", 404, "nosuch"),
        ("PUT", "u-999/roles/audit", 404, "u-999"),
        ("DELETE", f"{CLARA}/roles/audit", 404, "audit"),
        ("PUT", f"{CLARA}/participants/nosuchfsp", 404, "nosuchfsp"),
        ("GET", "u-999", 404, "u-999"),
        ("GET", "u-999/roles", 404, "u-999"),
    ],
)
def test_a_refusal_is_problem_json_that_says_why(
    marcus: FlaskClient, store: Assignments, method: str, path: str, status: int, words: str
) -> None:
    store.assign(ADA, "audit", "u-1")
    answer = marcus.open(f"/api/people/{path}", method=method)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert words in answer.get_json()["detail"]


def test_a_query_out_of_bounds_is_refused_by_name(marcus: FlaskClient) -> None:
    answer = marcus.get("/api/people?count=101")
    assert (answer.status_code, "count" in answer.get_json()["detail"]) == (422, True)


def test_a_directory_that_is_away_is_a_502(marcus: FlaskClient, directory: FakeDirectory) -> None:
    directory.away = True
    answer = marcus.get("/api/people")
    assert (answer.status_code, answer.content_type) == (502, "application/problem+json")


def test_looking_is_not_changing(fatima: FlaskClient, store: Assignments) -> None:
    assert fatima.get(f"/api/people/{ADA}").status_code == 200
    refused = [fatima.put(f"/api/people/{ADA}/{path}").status_code for path in ("roles/audit", "participants/payerfsp")]
    assert (refused, store.roles_of(ADA)) == ([403, 403], ())


def test_the_api_describes_itself(marcus: FlaskClient) -> None:
    paths = told(marcus, "/api/openapi.json")["paths"]
    assert set(paths["/api/people/{subject}/roles/{name}"]) >= {"put", "delete"}
