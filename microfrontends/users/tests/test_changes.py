"""Giving and taking roles and participants: shown first, refused by rules, waiting where the policy says, audited."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.access.holding import Assignments
from bff.change.audit import AuditLog, AuditQuery, Entry
from bff.testing import user_with
from microfrontends.users.permissions import P
from microfrontends.users.tests.conftest import ADA, CLARA, FATIMA, GONE, MARCUS
from microfrontends.users.tests.fakes import FakeDirectory, FakeHub

CLASH = "Permissions audit:settlement:view and participants:cap:change cannot be assigned together for the user: ada"
YES = {"confirmed": "yes"}


def roles(store: Assignments, subject: str) -> list[tuple[str, str]]:
    return [(grant.value, grant.granted_by) for grant in store.roles_of(subject)]


def told(client: FlaskClient, target: str) -> list[tuple[str, str]]:
    """What the audit holds of a target, the oldest first."""
    return [(entry.action, str(entry.outcome)) for entry in entries(client, target)]


def entries(client: FlaskClient, target: str) -> list[Entry]:
    log: AuditLog = client.application.extensions["portal_audit"]
    return list(reversed(log.entries(AuditQuery(target=target, action="users.*")).entries))


def asked(client: FlaskClient, path: str, **form: str) -> str:
    """Ask for what waits for approval; the address of its request."""
    answer = client.post(path, data={**YES, **form})
    assert answer.status_code == 303, answer.text
    assert "/approvals/" in answer.location
    return str(answer.location).removeprefix("/users")


def decide(client: FlaskClient, page: str, verdict: str, reason: str = "") -> int:
    digest = digest_on(client.get(page).text)
    return client.post(page, data={"verdict": verdict, "sha256": digest, "reason": reason}).status_code


def digest_on(page: str) -> str:
    """What a decision must carry, by a page that offers one; nothing where none is offered."""
    found = re.search(r'name="sha256" value="(\w+)"', page)
    return found[1] if found else ""


def test_the_question_says_what_changes_and_changes_nothing(marcus: FlaskClient, store: Assignments) -> None:
    page = marcus.get(f"/people/{CLARA}/roles/assign?role=audit").text
    assert "Assign the role Auditor to Clara Chanda." in page
    assert "May do in addition" in page
    assert "audit:settlement:view" in page
    assert "Sees the data of every participant." in page
    assert "Assign Auditor</button>" in page
    assert roles(store, CLARA) == []


def test_an_assigned_role_is_kept_with_who_gave_it(marcus: FlaskClient, store: Assignments) -> None:
    answer = marcus.post(f"/people/{CLARA}/roles/assign", data={**YES, "role": "audit"})
    assert (answer.status_code, answer.location) == (303, f"/users/people/{CLARA}")
    assert roles(store, CLARA) == [("audit", MARCUS)]


def test_a_role_is_asked_for_where_none_was_named(marcus: FlaskClient) -> None:
    page = marcus.get(f"/people/{CLARA}/roles/assign").text
    assert '<option value="audit">Auditor</option>' in page


def test_a_role_is_removed_after_a_question_that_says_what_goes(marcus: FlaskClient, store: Assignments) -> None:
    store.assign(CLARA, "audit", "u-1")
    store.assign(CLARA, "clerk", "u-1")
    page = marcus.get(f"/people/{CLARA}/roles/audit/remove").text
    assert "Remove the role Auditor from Clara Chanda." in page
    assert "May not do any more" in page
    assert marcus.post(f"/people/{CLARA}/roles/audit/remove", data=YES).status_code == 303
    assert roles(store, CLARA) == [("clerk", "u-1")]


def test_what_may_not_be_held_together_is_refused_with_both_permissions_and_audited(
    marcus: FlaskClient, store: Assignments
) -> None:
    store.assign(ADA, "audit", "u-1")
    question = marcus.get(f"/people/{ADA}/roles/assign?role=financeManager").text
    assert CLASH in question
    assert "An auditor must not be able to change what the audit shows." in question
    assert "<button" not in question.partition("<main")[2].partition("Assign Finance manager</button>")[1]
    refused = marcus.post(f"/people/{ADA}/roles/assign", data={**YES, "role": "financeManager"})
    assert (refused.status_code, CLASH in refused.text) == (409, True)
    assert roles(store, ADA) == [("audit", "u-1")]
    assert ("users.assign_role", "refused") in told(marcus, f"person:{ADA}")


def test_a_role_that_the_policy_guards_waits_for_somebody_else(
    marcus: FlaskClient, fatima: FlaskClient, store: Assignments
) -> None:
    page = asked(marcus, f"/people/{CLARA}/roles/assign", role="manager", reason="She stands in for me.")
    assert roles(store, CLARA) == []
    own = marcus.get(f"/people/{CLARA}").text
    assert "Marcus Mwangi asked for a change of this" in own
    assert f'href="/users{page}"' in own
    assert decide(marcus, page, "approve") == 409
    assert roles(store, CLARA) == []
    assert decide(fatima, page, "approve") == 303
    assert roles(store, CLARA) == [("manager", MARCUS)]
    outcomes = [outcome for _action, outcome in told(fatima, f"person:{CLARA}")]
    assert outcomes == ["requested", "refused", "approved", "intent", "done"]


def test_one_change_of_a_person_is_open_at_a_time(marcus: FlaskClient, store: Assignments) -> None:
    asked(marcus, f"/people/{CLARA}/roles/assign", role="manager")
    refused = marcus.post(f"/people/{CLARA}/roles/assign", data={**YES, "role": "audit"})
    assert (refused.status_code, "It was asked for already" in refused.text) == (409, True)
    assert roles(store, CLARA) == []


def test_a_request_is_stale_once_the_person_holds_something_else(
    marcus: FlaskClient, fatima: FlaskClient, store: Assignments
) -> None:
    page = asked(marcus, f"/people/{CLARA}/roles/assign", role="manager")
    store.assign(CLARA, "clerk", "somebody else")
    shown = fatima.get(page).text
    assert "It can no longer be approved" in shown
    assert "clerk" in shown
    assert roles(store, CLARA) == [("clerk", "somebody else")]


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_nobody_decides_on_a_change_of_their_own_rights(
    app: Flask, marcus: FlaskClient, fatima: FlaskClient, store: Assignments, verdict: str
) -> None:
    store.assign(FATIMA, "operator", "seeds")
    page = asked(marcus, f"/people/{FATIMA}/roles/assign", role="manager")
    shown = fatima.get(page).text
    assert "This changes what you may do yourself: somebody else has to decide." in shown
    assert 'name="verdict"' not in shown
    somebody = user_with(app, P.VIEW_PEOPLE, P.APPROVE_ROLES, sub=ADA, username="ada", name="Ada Adeyemi")
    store.assign(ADA, "financeManager", "seeds")
    form = {"verdict": verdict, "sha256": digest_on(somebody.get(page).text), "reason": "It suits me."}
    assert fatima.post(page, data=form).status_code == 409
    assert roles(store, FATIMA) == [("operator", "seeds")]
    assert told(marcus, f"person:{FATIMA}")[-1] == ("users.assign_role", "refused")
    assert decide(somebody, page, "approve") == 303
    assert roles(store, FATIMA) == [("manager", MARCUS), ("operator", "seeds")]


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("roles/assign", {"role": "clerk"}),
        ("roles/manager/remove", {}),
        ("participants/add", {"participant": "payerfsp"}),
        ("participants/payeefsp/remove", {}),
        ("disable", {}),
        ("enable", {}),
    ],
)
def test_nobody_changes_their_own_rights_and_the_attempt_is_audited(
    marcus: FlaskClient, store: Assignments, path: str, form: dict[str, str]
) -> None:
    store.add_participant(MARCUS, "payeefsp", "u-1")
    refused = marcus.post(f"/people/{MARCUS}/{path}", data={**YES, **form})
    assert (refused.status_code, "Nobody changes their own" in refused.text) == (409, True)
    assert roles(store, MARCUS) == [("manager", "seeds")]
    assert [grant.value for grant in store.participants_of(MARCUS)] == ["payeefsp"]
    assert told(marcus, f"person:{MARCUS}")[-1][1] == "refused"


def test_the_last_who_can_give_roles_stays_one(app: Flask, store: Assignments) -> None:
    store.assign(ADA, "manager", "seeds")
    store.assign(GONE, "manager", "seeds")  # holds the role, and cannot sign in
    other = user_with(app, *P, sub=CLARA, username="clara", name="Clara Chanda")
    for path, form in (
        ("roles/manager/remove", {}),
        ("participants/add", {"participant": "payerfsp"}),
        ("disable", {}),
    ):
        refused = other.post(f"/people/{ADA}/{path}", data={**YES, **form})
        assert (refused.status_code, "is the last user administrator" in refused.text) == (409, True)
    store.assign(MARCUS, "manager", "seeds")
    assert other.post(f"/people/{ADA}/roles/manager/remove", data=YES).status_code == 303


def test_what_the_maker_saw_is_what_they_change(marcus: FlaskClient, store: Assignments) -> None:
    version = store.version(CLARA)
    store.assign(CLARA, "clerk", "somebody else")
    refused = marcus.post(f"/people/{CLARA}/roles/assign", data={**YES, "role": "audit", "version": version})
    assert (refused.status_code, "Somebody else has changed this person" in refused.text) == (409, True)
    assert roles(store, CLARA) == [("clerk", "somebody else")]


@pytest.mark.parametrize(
    "path",
    [
        "/people/u-999/roles/assign?role=audit",
        f"/people/{ADA}/roles/assign?role=nosuch",
        f"/people/{ADA}/roles/audit/remove",
        f"/people/{ADA}/participants/add?participant=nosuchfsp",
        f"/people/{ADA}/participants/add?participant=Hub",
        f"/people/{ADA}/participants/payerfsp/remove",
        "/people/u-999/disable",
        f"/people/{'x' * 300}/enable",
    ],
)
def test_an_unknown_person_role_or_participant_is_not_found(marcus: FlaskClient, path: str) -> None:
    bare, _, query = path.partition("?")
    assert marcus.get(path).status_code == 404
    form = dict([query.split("=")]) if query else {}
    assert marcus.post(bare, data={**YES, **form}).status_code == 404


def test_a_participant_is_added_and_removed_after_a_question_that_says_what_comes_into_view(
    marcus: FlaskClient, store: Assignments
) -> None:
    store.assign(CLARA, "clerk", "u-1")
    question = marcus.get(f"/people/{CLARA}/participants/add?participant=payerfsp").text
    assert "Sees the data of every participant." in question
    assert "Sees only the data of payerfsp." in question
    added = marcus.post(f"/people/{CLARA}/participants/add", data={**YES, "participant": "payerfsp"})
    assert added.status_code == 303
    assert [grant.value for grant in store.participants_of(CLARA)] == ["payerfsp"]
    assert marcus.post(f"/people/{CLARA}/participants/payerfsp/remove", data=YES).status_code == 303
    assert store.participants_of(CLARA) == ()


def test_a_role_can_be_taken_while_the_directory_is_away_and_none_can_be_given(
    marcus: FlaskClient, store: Assignments, directory: FakeDirectory
) -> None:
    store.assign(ADA, "audit", "u-1")
    directory.away = True
    given = marcus.post(f"/people/{ADA}/roles/assign", data={**YES, "role": "clerk"})
    assert (given.status_code, "The directory of people does not answer" in given.text) == (502, True)
    assert marcus.post(f"/people/{ADA}/roles/audit/remove", data=YES).status_code == 303
    assert roles(store, ADA) == []


def test_while_the_hub_is_away_roles_can_be_changed_and_participants_cannot(
    marcus: FlaskClient, hub: FakeHub, store: Assignments
) -> None:
    hub.away = True
    page = marcus.get(f"/people/{ADA}").text
    assert "Participants cannot be added at the moment" in page
    assert "Assign role…" in page
    form = {**YES, "participant": "payerfsp"}
    assert marcus.post(f"/people/{ADA}/participants/add", data=form).status_code == 502
    assert marcus.post(f"/people/{ADA}/roles/assign", data={**YES, "role": "clerk"}).status_code == 303


def test_a_change_counts_at_once_in_this_process(marcus: FlaskClient, app: Flask) -> None:
    access = app.extensions["portal_access"]
    assert access.rights(CLARA).roles == ()
    marcus.post(f"/people/{CLARA}/roles/assign", data={**YES, "role": "clerk"})
    assert access.rights(CLARA).roles == ("clerk",)
    marcus.post(f"/people/{CLARA}/roles/clerk/remove", data=YES)
    assert access.rights(CLARA).permissions == frozenset()


def test_a_change_is_audited_with_before_and_after_and_logged_without_names(
    marcus: FlaskClient, store: Assignments, logs: list[dict[str, object]]
) -> None:
    marcus.post(f"/people/{CLARA}/roles/assign", data={**YES, "role": "clerk", "reason": "The new settlement clerk."})
    entry = entries(marcus, f"person:{CLARA}")[-1]
    assert (entry.outcome, entry.before["roles"], entry.after["roles"]) == ("done", "", "Settlement clerk")
    assert (entry.actor.subject, entry.actor.roles) == (MARCUS, ("manager",))
    assert not [word for word in ("Chanda", "clara@", "Mwangi") if word in str(logs)]
