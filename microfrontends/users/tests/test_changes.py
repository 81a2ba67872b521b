"""Giving and taking roles and participants: asked first, refused by the rules, noted without names, quick to count."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.access.assignments import Assignments, SqlAssignments
from bff.access.rights import Access
from bff.testing import user_with
from microfrontends.users.actions import Desk
from microfrontends.users.permissions import P
from microfrontends.users.tests.conftest import ADA, CLARA, MARCUS
from microfrontends.users.tests.fakes import FakeDirectory

CLASH = "Permissions audit:settlement:view and participants:cap:change cannot be assigned together for the user: ada"


def roles(store: Assignments, subject: str) -> list[tuple[str, str]]:
    return [(grant.value, grant.granted_by) for grant in store.roles_of(subject)]


def test_the_question_names_person_role_and_what_comes_with_it_and_changes_nothing(
    marcus: FlaskClient, store: Assignments
) -> None:
    page = marcus.get(f"/people/{CLARA}/roles/assign?role=audit").text
    assert "Assign the role Auditor to Clara Chanda." in page
    assert "3 permissions more" in page
    assert "<code>audit:settlement:view</code>" in page
    assert "Assign Auditor</button>" in page
    assert roles(store, CLARA) == []


def test_an_assigned_role_is_kept_with_who_gave_it_and_told(marcus: FlaskClient, store: Assignments) -> None:
    answer = marcus.post(f"/people/{CLARA}/roles/assign", data={"value": "audit"})
    assert (answer.status_code, answer.location) == (303, f"/users/people/{CLARA}?done=audit")
    assert roles(store, CLARA) == [("audit", MARCUS)]
    assert "Auditor was added" in marcus.get(f"/people/{CLARA}?done=audit").text


def test_a_role_assigned_twice_stays_as_it_was(marcus: FlaskClient, store: Assignments) -> None:
    store.assign(CLARA, "audit", "u-1")
    assert marcus.post(f"/people/{CLARA}/roles/assign", data={"value": "audit"}).status_code == 303
    assert roles(store, CLARA) == [("audit", "u-1")]


def test_a_role_is_removed_after_a_question_that_says_what_goes(marcus: FlaskClient, store: Assignments) -> None:
    store.assign(CLARA, "audit", "u-1")
    store.assign(CLARA, "clerk", "u-1")
    page = marcus.get(f"/people/{CLARA}/roles/audit/remove").text
    assert "Remove the role Auditor from Clara Chanda." in page
    assert "1 permission less" in page
    assert marcus.post(f"/people/{CLARA}/roles/audit/remove").status_code == 303
    assert roles(store, CLARA) == [("clerk", "u-1")]
    assert "Auditor was removed" in marcus.get(f"/people/{CLARA}?done=audit").text


def test_what_may_not_be_held_together_is_shown_before_and_refused_with_both_permissions(
    marcus: FlaskClient, store: Assignments
) -> None:
    store.assign(ADA, "audit", "u-1")
    question = marcus.get(f"/people/{ADA}/roles/assign?role=financeManager").text
    assert CLASH in question
    assert "Finance manager cannot be assigned" in question
    assert "An auditor must not be able to change what the audit shows." in question
    assert "<form" not in question
    refused = marcus.post(f"/people/{ADA}/roles/assign", data={"value": "financeManager"})
    assert (refused.status_code, CLASH in refused.text) == (409, True)
    assert roles(store, ADA) == [("audit", "u-1")]


def test_of_two_sides_assigned_at_the_same_moment_the_later_gives_way(app: Flask, store: Assignments) -> None:
    class Racing(SqlAssignments):
        """Somebody else assigns the other side just before our write."""

        def assign(self, subject: str, role: str, by: str) -> bool:
            super().assign(subject, "audit", "somebody else")
            return super().assign(subject, role, by)

    desk: Desk = app.extensions["users"]
    racing = Racing(app.extensions["portal_settings"].access_database_url)
    app.extensions["users"] = Desk(desk.directory, desk.hub, Access(desk.access.book, racing))
    refused = user_with(app, *P, sub=MARCUS).post(f"/people/{ADA}/roles/assign", data={"value": "financeManager"})
    assert (refused.status_code, CLASH in refused.text) == (409, True)
    assert roles(store, ADA) == [("audit", "somebody else")]


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("roles/assign", {"value": "financeManager"}),
        ("roles/manager/remove", {}),
        ("participants/add", {"value": "payerfsp"}),
        ("participants/payeefsp/remove", {}),
    ],
)
def test_nobody_changes_their_own_rights(
    marcus: FlaskClient, store: Assignments, path: str, form: dict[str, str]
) -> None:
    store.assign(MARCUS, "manager", "u-1")
    store.add_participant(MARCUS, "payeefsp", "u-1")
    refused = marcus.post(f"/people/{MARCUS}/{path}", data=form)
    assert (refused.status_code, "Nobody changes their own roles" in refused.text) == (409, True)
    assert roles(store, MARCUS) == [("manager", "u-1")]
    assert [grant.value for grant in store.participants_of(MARCUS)] == ["payeefsp"]


@pytest.mark.parametrize(
    "path",
    [
        "/people/u-999/roles/assign?role=audit",
        f"/people/{ADA}/roles/assign?role=nosuch",
        f"/people/{ADA}/roles/assign",
        f"/people/{ADA}/roles/audit/remove",
        f"/people/{ADA}/participants/add?participant=nosuchfsp",
        f"/people/{ADA}/participants/add?participant=Hub",
        f"/people/{ADA}/participants/payerfsp/remove",
    ],
)
def test_an_unknown_person_role_or_participant_is_not_found(marcus: FlaskClient, path: str) -> None:
    bare, _, query = path.partition("?")
    assert marcus.get(path).status_code == 404
    assert marcus.post(bare, data={"value": query.partition("=")[2]}).status_code == 404


def test_a_participant_is_added_and_removed_after_a_question_that_says_what_comes_into_view(
    marcus: FlaskClient, store: Assignments
) -> None:
    store.assign(CLARA, "clerk", "u-1")
    question = marcus.get(f"/people/{CLARA}/participants/add?participant=payerfsp").text
    assert "Sees the data of every participant." in question
    assert "Sees only the data of payerfsp." in question
    assert marcus.post(f"/people/{CLARA}/participants/add", data={"value": "payerfsp"}).status_code == 303
    assert [grant.value for grant in store.participants_of(CLARA)] == ["payerfsp"]
    assert marcus.post(f"/people/{CLARA}/participants/payerfsp/remove").status_code == 303
    assert store.participants_of(CLARA) == ()
    assert "payerfsp was removed" in marcus.get(f"/people/{CLARA}?done=payerfsp").text
    assert "was " not in marcus.get(f"/people/{CLARA}?done=somebank").text


def test_a_role_can_be_taken_while_the_directory_is_away_and_none_can_be_given(
    marcus: FlaskClient, store: Assignments, directory: FakeDirectory
) -> None:
    store.assign(ADA, "audit", "u-1")
    directory.away = True
    assert marcus.post(f"/people/{ADA}/roles/assign", data={"value": "clerk"}).status_code == 502
    assert marcus.post(f"/people/{ADA}/roles/audit/remove").status_code == 303
    assert roles(store, ADA) == []


def test_a_form_without_the_sessions_token_changes_nothing(marcus: FlaskClient, store: Assignments) -> None:
    refused = marcus.post(f"/people/{CLARA}/roles/assign", data={"value": "audit"}, headers={"X-CSRF-Token": "forged"})
    assert (refused.status_code, roles(store, CLARA)) == (403, [])


def test_who_may_assign_roles_may_not_for_that_add_participants(app: Flask, store: Assignments) -> None:
    roles_only = user_with(app, P.VIEW_PEOPLE, P.ASSIGN_ROLES, sub=MARCUS)
    assert roles_only.post(f"/people/{CLARA}/participants/add", data={"value": "payerfsp"}).status_code == 403
    assert "Add participant…" not in roles_only.get(f"/people/{CLARA}").text
    assert store.participants_of(CLARA) == ()


def test_each_change_and_each_refusal_is_logged_by_subjects_alone(
    marcus: FlaskClient, store: Assignments, logs: list[dict[str, object]]
) -> None:
    store.assign(ADA, "audit", "u-1")
    marcus.post(f"/people/{ADA}/roles/assign", data={"value": "clerk"})
    marcus.post(f"/people/{ADA}/roles/assign", data={"value": "financeManager"})
    marcus.post(f"/people/{ADA}/participants/add", data={"value": "payerfsp"})
    marcus.get("/people?search=Adeyemi")
    told = [{key: entry.get(key) for key in ("event", "actor", "target", "role", "outcome")} for entry in logs]
    shared = {"actor": MARCUS, "target": ADA}
    assert [entry for entry in told if entry["actor"]] == [
        {"event": "role_given", **shared, "role": "clerk", "outcome": "done"},
        {"event": "role_given", **shared, "role": "financeManager", "outcome": "Excluded"},
        {"event": "participant_given", **shared, "role": None, "outcome": "done"},
    ]
    assert not [word for word in ("Adeyemi", "ada@", "Marcus", "Mwangi") if word in str(logs)]


def test_a_change_counts_at_once_in_this_process(marcus: FlaskClient, app: Flask) -> None:
    access = app.extensions["users"].access
    assert access.rights(CLARA).roles == ()
    marcus.post(f"/people/{CLARA}/roles/assign", data={"value": "clerk"})
    assert access.rights(CLARA).roles == ("clerk",)
    marcus.post(f"/people/{CLARA}/roles/clerk/remove")
    assert access.rights(CLARA).permissions == frozenset()
