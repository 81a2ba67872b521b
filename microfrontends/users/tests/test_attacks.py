"""What somebody with bad intentions would try here, on every route that this app has."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.access.holding import Assignments
from bff.access.permissions import ANY_LOGIN, ANYONE, access_of
from bff.testing import user_with
from microfrontends.users.permissions import P
from microfrontends.users.tests.conftest import ADA, CLARA, MARCUS, RAVI
from microfrontends.users.tests.fakes import FakeDirectory
from microfrontends.users.tests.test_changes import YES, told

EXAMPLES = {"subject": CLARA, "role": "clerk", "participant": "payerfsp", "name": "clerk", "task_id": "x", "seq": "1"}
BODIES = {
    "roles": {"roleOperations": [{"roleId": "clerk", "action": "insert"}]},
    "participants": {"participantOperations": [{"participantId": "payerfsp", "action": "insert"}]},
}
FORM = {**YES, "role": "audit", "participant": "payeefsp", "name": "X Y", "username": "xyz", "email": "x@y.example"}


def own_routes(app: Flask) -> Iterator[tuple[str, str]]:
    """Each route of this app that asks for one of its permissions."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            access = access_of(app, rule.endpoint, method)
            if access not in (ANYONE, ANY_LOGIN, None, "users:audit:view"):
                path = rule.rule
                for argument in rule.arguments:
                    path = path.replace(f"<{argument}>", EXAMPLES[argument])
                yield method, path


def knock(client: FlaskClient, method: str, path: str, **headers: str) -> int:
    body = next((body for ending, body in BODIES.items() if path.endswith(ending)), {"role": "audit"})
    form = {"json": body} if "/api/" in path else {"data": FORM}
    return client.open(path, method=method, headers=headers, **({} if method == "GET" else form)).status_code


def state(app: Flask, store: Assignments) -> object:
    desk = app.extensions["users"]
    return store.holdings(), {subject: person.active for subject, person in desk.directory.people.items()}


def test_whoever_is_bound_to_a_participant_reaches_no_route_with_every_permission_there_is(
    app: Flask, store: Assignments
) -> None:
    store.assign(CLARA, "clerk", "seeds")
    store.add_participant(CLARA, "payerfsp", "seeds")
    before = state(app, store)
    for claims in ({"participants": ["payerfsp"], "hub": False}, {"participants": ["payerfsp"], "hub": True}):
        bound = user_with(app, *P, sub=RAVI, username="ravi", **claims)
        slots = {path for _method, path in own_routes(app) if path.startswith("/slots/")}
        # A place in somebody else's page is left empty, without a word of why.
        assert {(path, bound.get(path).text) for path in slots} == {(path, "") for path in slots}
        others = [(method, path) for method, path in own_routes(app) if path not in slots]
        answers = {f"{method} {path}": knock(bound, method, path) for method, path in others}
        # A body that is none of the endpoint's is refused before anything is looked up.
        assert set(answers.values()) <= {404, 422}, answers
        assert {status for what, status in answers.items() if not what.startswith("POST /api/")} == {404}, answers
    assert state(app, store) == before


def test_a_change_without_the_sessions_token_or_from_another_site_is_refused_everywhere(
    app: Flask, store: Assignments
) -> None:
    marcus = user_with(app, *P, sub=MARCUS, username="marcus", name="Marcus Mwangi")
    before = state(app, store)
    changing = [(method, path) for method, path in own_routes(app) if method != "GET"]
    assert len(changing) >= 16
    for method, path in changing:
        assert knock(marcus, method, path, **{"X-CSRF-Token": "forged"}) == 403, path
        assert knock(marcus, method, path, **{"X-CSRF-Token": ""}) == 403, path
    assert state(app, store) == before


def test_no_way_leads_to_rights_of_ones_own(marcus: FlaskClient, app: Flask, store: Assignments) -> None:
    before = state(app, store)
    ways: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", f"/people/{MARCUS}/roles/assign", {"data": {**YES, "role": "financeManager"}}),
        ("POST", f"/people/{CLARA}/roles/assign", {"data": {**YES, "role": "clerk", "subject": MARCUS}}),
        ("POST", f"/api/people/{MARCUS}/roles/assign", {"json": {"role": "financeManager"}}),
        ("POST", f"/api/people/{CLARA}/roles/assign", {"json": {"role": "clerk", "subject": MARCUS}}),
        ("PATCH", f"/api/users/{MARCUS}/roles", {"json": BODIES["roles"]}),
        ("PATCH", f"/api/users/{MARCUS}/participants", {"json": BODIES["participants"]}),
        ("POST", f"/people/{MARCUS}/participants/add", {"data": {**YES, "participant": "payerfsp"}}),
    ]
    for method, path, sent in ways:
        marcus.open(path, method=method, **sent)
        assert [grant.value for grant in store.roles_of(MARCUS)] == ["manager"], path
        assert store.participants_of(MARCUS) == (), path
    # A form cannot say another subject than its address does: that one went to Clara, whom the address names.
    store.remove(CLARA, "clerk")
    assert state(app, store) == before
    assert [outcome for _action, outcome in told(marcus, f"person:{MARCUS}")] == ["refused"] * 5


@pytest.mark.parametrize("permission", [each for each in P if each is not P.ASSIGN_ROLES])
def test_no_other_permission_gives_roles(app: Flask, store: Assignments, permission: P) -> None:
    client = user_with(app, permission, sub=MARCUS)
    assert client.post(f"/people/{CLARA}/roles/assign", data={**YES, "role": "audit"}).status_code == 403
    assert client.post(f"/api/people/{CLARA}/roles/assign", json={"role": "audit"}).status_code == 403
    assert client.patch(f"/api/users/{CLARA}/roles", json=BODIES["roles"]).status_code == 403
    assert store.roles_of(CLARA) == ()


def test_a_person_cannot_put_code_into_the_pages_that_show_them(
    marcus: FlaskClient, directory: FakeDirectory, store: Assignments
) -> None:
    evil = "<img src=x onerror=alert(1)>"
    directory.add("u-evil", f"{evil} Surname")
    store.assign("u-evil", "clerk", evil)
    marcus.post("/people/u-evil/roles/assign", data={**YES, "role": "operator", "reason": evil})
    for path in ("/people", f"/people?search={evil}", "/people/u-evil", "/review", "/roles/clerk"):
        page = marcus.get(path).text
        assert evil not in page, path
    assert "&lt;img src=x" in marcus.get("/people/u-evil").text


@pytest.mark.parametrize(
    "subject", ["..%2F..%2Fsecrets", "%2e%2e", "u-105%22%20or%20id%20pr", "x" * 4000, "%F0%9F%92%A3"]
)
def test_a_made_up_subject_is_nobody(marcus: FlaskClient, subject: str) -> None:
    assert marcus.get(f"/people/{subject}").status_code == 404
    assert marcus.get(f"/api/users/{subject}").status_code == 404
    assert marcus.post(f"/people/{subject}/disable", data=YES).status_code == 404


@pytest.mark.parametrize("role", ["", " ", "nosuch", "manager\n", "MANAGER", "x" * 5000, "../manager", "\x00"])
def test_a_made_up_role_is_given_to_nobody(marcus: FlaskClient, store: Assignments, role: str) -> None:
    answer = marcus.post(f"/people/{CLARA}/roles/assign", data={**YES, "role": role})
    assert answer.status_code in (404, 422)
    assert marcus.post(f"/api/people/{CLARA}/roles/assign", json={"role": role}).status_code in (404, 422)
    assert store.roles_of(CLARA) == ()


def test_a_task_of_somebody_else_shows_nothing_to_who_may_not_know_of_it(app: Flask, marcus: FlaskClient) -> None:
    answer = marcus.post(f"/people/{CLARA}/roles/assign", data={**YES, "role": "manager"})
    page = answer.location.removeprefix("/users")
    stranger = user_with(app, P.VIEW_ROLES, sub=ADA)
    assert stranger.get(page).status_code == 404
    assert stranger.get("/api/approvals?show=open").get_json()["approvals"] == []
    bound = user_with(app, *P, sub=RAVI, participants=["payerfsp"], hub=True)
    assert bound.get(page).status_code == 404
