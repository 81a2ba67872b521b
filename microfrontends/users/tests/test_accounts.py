"""Letting people in and keeping them out: checked, kept from oneself and the last, found again after silence."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.access.holding import Assignments
from bff.testing import user_with
from microfrontends.users.permissions import P
from microfrontends.users.tests.conftest import ADA, CLARA, GONE
from microfrontends.users.tests.fakes import FakeDirectory
from microfrontends.users.tests.test_changes import YES, asked, decide, told

NIA = {"name": "Nia Nkosi", "username": "nia", "email": "nia@hub.example", "organisation": "Hub"}


def test_somebody_new_is_let_in_without_any_right(
    marcus: FlaskClient, directory: FakeDirectory, store: Assignments
) -> None:
    assert "User name" in marcus.get("/people/create").text
    question = marcus.post("/people/create", data=NIA).text
    assert "Create an account for Nia Nkosi, user name nia." in question
    assert directory.with_username("nia") is None
    made = marcus.post("/people/create", data={**YES, **NIA})
    person = directory.with_username("nia")
    assert person is not None
    assert (made.status_code, made.location) == (303, f"/users/people/{person.subject}")
    assert (person.email, person.organisation, store.holding(person.subject).items) == (
        "nia@hub.example",
        "Hub",
        frozenset(),
    )
    assert told(marcus, "username:nia")[-1] == ("users.create_person", "done")


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": ""},
        {"username": "ab"},
        {"username": "Nia"},
        {"username": "nia nkosi"},
        {"username": "nia\n"},
        {"username": "../nia"},
        {"username": "x" * 65},
        {"email": "nowhere"},
        {"email": ""},
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 121},
        {"organisation": "x" * 121},
    ],
)
def test_what_cannot_be_a_person_is_asked_for_again_with_what_was_typed(
    marcus: FlaskClient, directory: FakeDirectory, wrong: dict[str, str]
) -> None:
    before = dict(directory.people)
    answer = marcus.post("/people/create", data={**YES, **NIA, **wrong})
    assert answer.status_code == 422
    assert "nia@hub.example" in answer.text or "email" in wrong
    assert directory.people == before


def test_nothing_else_can_be_slipped_into_a_new_account(marcus: FlaskClient, directory: FakeDirectory) -> None:
    more = {"subject": ADA, "roles": "manager", "active": "false", "version": "9", "reason": "r"}
    assert marcus.post("/people/create", data={**YES, **NIA, **more}).status_code == 303
    person = directory.with_username("nia")
    assert person is not None
    assert (person.subject != ADA, person.active) == (True, True)
    refused = marcus.post("/api/people/create", json={**NIA, "username": "nora", "roles": ["manager"]})
    assert (refused.status_code, directory.with_username("nora")) == (422, None)


def test_a_user_name_is_given_once(marcus: FlaskClient, directory: FakeDirectory) -> None:
    refused = marcus.post("/people/create", data={**YES, **NIA, "username": "ada"})
    assert (refused.status_code, "The user name ada is taken by Ada Adeyemi." in refused.text) == (409, True)
    assert len([each for each in directory.people.values() if each.username == "ada"]) == 1


def test_a_new_person_may_need_a_second_pair_of_eyes(
    marcus: FlaskClient, fatima: FlaskClient, directory: FakeDirectory
) -> None:
    page = asked(marcus, "/people/create", **{**NIA, "organisation": "Payer FSP"})
    assert directory.with_username("nia") is None
    assert decide(marcus, page, "approve") == 409
    assert decide(fatima, page, "approve") == 303
    assert directory.with_username("nia") is not None


def test_who_was_created_although_no_answer_came_is_found_again(marcus: FlaskClient, directory: FakeDirectory) -> None:
    directory.lost = True
    answer = marcus.post("/people/create", data={**YES, **NIA})
    person = directory.with_username("nia")
    assert person is not None
    assert (answer.status_code, answer.location) == (303, f"/users/people/{person.subject}")


def test_an_account_is_disabled_and_enabled_again(
    marcus: FlaskClient, directory: FakeDirectory, store: Assignments
) -> None:
    store.assign(CLARA, "clerk", "seeds")
    assert "Disable account" in marcus.get(f"/people/{CLARA}").text
    question = marcus.get(f"/people/{CLARA}/disable").text
    assert "Disable the account of Clara Chanda." in question
    assert "Their roles and participants stay." in question
    assert marcus.post(f"/people/{CLARA}/disable", data=YES).status_code == 303
    assert directory.people[CLARA].active is False
    assert "Enable account" in marcus.get(f"/people/{CLARA}").text
    assert marcus.post(f"/people/{CLARA}/enable", data=YES).status_code == 303
    assert directory.people[CLARA].active is True
    steps = [action for action, outcome in told(marcus, f"person:{CLARA}") if outcome == "done"]
    assert steps[-2:] == ["users.disable_person", "users.enable_person"]


@pytest.mark.parametrize(("subject", "verb"), [(ADA, "enable"), (GONE, "disable")])
def test_what_is_so_already_is_not_done_again(marcus: FlaskClient, subject: str, verb: str) -> None:
    refused = marcus.post(f"/people/{subject}/{verb}", data=YES)
    assert (refused.status_code, "already." in refused.text) == (409, True)


def test_an_account_that_changes_just_now_is_looked_at_again(app: Flask, directory: FakeDirectory) -> None:
    class Slow(FakeDirectory):
        """Somebody else changes the account between our look and our write."""

        def set_active(self, subject: str, active: bool, version: str = "") -> object:  # type: ignore[override]
            super().set_active(subject, True)
            return super().set_active(subject, active, version)

    slow = Slow(directory.people)
    desk = app.extensions["users"]
    app.extensions["users"] = type(desk)(slow, desk.hub, desk.access, desk.manifests)
    refused = user_with(app, *P, sub="u-102").post(f"/people/{CLARA}/disable", data=YES)
    assert (refused.status_code, "Somebody else has changed this account meanwhile" in refused.text) == (409, True)
    assert slow.people[CLARA].active is True


def test_who_may_create_may_not_for_that_disable(app: Flask, directory: FakeDirectory) -> None:
    client = user_with(app, P.VIEW_PEOPLE, P.CREATE_PEOPLE, sub="u-102")
    assert client.post(f"/people/{CLARA}/disable", data=YES).status_code == 403
    page = client.get(f"/people/{CLARA}").text
    assert "Disable account" not in page
    assert directory.people[CLARA].active is True
