"""The list of people and the page of one, as a user administrator meets them."""

import csv
import io

import pytest
from flask import Flask, g, make_response
from flask.testing import FlaskClient

from bff import Identity
from bff.access.holding import Assignments
from bff.change.audit import AuditLog, AuditQuery, Entry
from bff.testing import user_with
from microfrontends.users.permissions import P
from microfrontends.users.tests.conftest import ADA, CLARA, MARCUS, RAVI
from microfrontends.users.tests.fakes import FakeDirectory
from microfrontends.users.tests.test_changes import YES


def reads(client: FlaskClient, action: str) -> list[Entry]:
    log: AuditLog = client.application.extensions["portal_audit"]
    return list(log.entries(AuditQuery(action=action)).entries)


def sheet(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_the_list_names_people_with_their_roles_and_leads_to_them(marcus: FlaskClient, store: Assignments) -> None:
    store.assign(ADA, "audit", "u-1")
    page = marcus.get("/people").text
    assert f'href="/users/people/{ADA}"' in page
    assert "Auditor" in page
    assert "1 day ago" in page
    assert "1\u20136 of 6" in page


def test_the_list_pages_on_the_server(marcus: FlaskClient, directory: FakeDirectory) -> None:
    for number in range(200):
        directory.add(f"x-{number}", f"Zed{number:03} Zulu")
    third = marcus.get("/people?page=3").text
    assert "101\u2013150 of 206" in third
    assert 'href="/users/people?page=2"' in third
    assert 'href="/users/people?page=4"' in third
    assert "Next page" not in marcus.get("/people?page=5").text


def test_the_list_is_searched_by_a_piece_of_a_name_by_state_and_by_role(
    marcus: FlaskClient, store: Assignments
) -> None:
    found = marcus.get("/people?search=CHAN").text
    assert "Clara Chanda" in found
    assert "Ada Adeyemi" not in found
    assert "Contains: CHAN" in found
    inactive = marcus.get("/people?state=inactive").text
    assert ("Gone Gakuru" in inactive, "Clara Chanda" in inactive) == (True, False)
    assert "Nobody matches" in marcus.get("/people?search=nobody-at-all").text
    store.assign(CLARA, "clerk", "u-1")
    store.assign(ADA, "clerk", "u-1")
    clerks = marcus.get("/people?role=clerk").text
    assert ("Clara Chanda" in clerks, "Ada Adeyemi" in clerks, "Ravi Rao" in clerks) == (True, True, False)
    assert "Role: Settlement clerk" in clerks
    assert "Clara Chanda" not in marcus.get("/people?role=clerk&search=ada").text


def test_the_list_is_sorted_by_name_or_by_user_name(marcus: FlaskClient, directory: FakeDirectory) -> None:
    directory.add("x-1", "Zoe Abebe")
    directory.people["x-1"] = type(directory.people["x-1"])("x-1", "aaa", "Zoe Abebe", "z@example.com", True)
    by_name, by_username = (marcus.get(f"/people?sort={sort}").text for sort in ("name", "username"))
    assert by_name.index("Ada Adeyemi") < by_name.index("Zoe Abebe")
    assert by_username.index("Zoe Abebe") < by_username.index("Ada Adeyemi")


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999", "٣"])
def test_a_page_number_that_makes_no_sense_is_the_first_page(marcus: FlaskClient, number: str) -> None:
    assert "Ada Adeyemi" in marcus.get(f"/people?page={number}").text


def test_everybody_that_was_asked_for_leaves_as_a_file_and_that_is_audited(
    marcus: FlaskClient, directory: FakeDirectory, store: Assignments
) -> None:
    for number in range(600):
        directory.add(f"x-{number}", f"Zed{number:03} Zulu")
    directory.add("x-evil", "=HYPERLINK(1)")
    store.assign(ADA, "audit", "u-1")
    answer = marcus.get("/people.csv")
    rows = sheet(answer.text)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="people.csv"'
    assert len(rows) == 1 + 607
    assert next(row for row in rows if row[1] == "ada")[:6] == [
        "Ada Adeyemi", "ada", "ada@example.com", "Hub", "ACTIVE", "audit",
    ]  # fmt: skip
    assert next(row for row in rows if row[-1] == "x-evil")[0] == "'=HYPERLINK(1)"
    assert sheet(marcus.get("/people.csv?state=inactive").text)[1][0] == "Gone Gakuru"
    newest = reads(marcus, "people.export")[0]
    assert (newest.outcome, newest.detail["people"], newest.detail["state"]) == ("read", 1, "inactive")


def test_a_person_shows_what_they_hold_who_gave_it_and_what_it_lets_them_do(
    marcus: FlaskClient, store: Assignments
) -> None:
    store.assign(RAVI, "dfspReconciliationReports", MARCUS)
    store.add_participant(RAVI, "payerfsp", MARCUS)
    page = marcus.get(f"/people/{RAVI}").text
    assert "DFSP reconciliation" in page
    assert "Marcus Mwangi" in page
    assert "Sees only the data of payerfsp." in page
    assert "reports:dfsp-settlement:view" in page
    assert "10 permissions" in page


def test_permissions_are_said_in_words_where_their_app_says_them(marcus: FlaskClient) -> None:
    page = marcus.get(f"/people/{MARCUS}").text
    assert "Assign roles to other people, and remove them <code>users:role:assign</code>" in page


def test_looking_a_person_up_is_audited(marcus: FlaskClient) -> None:
    marcus.get(f"/people/{ADA}")
    newest = reads(marcus, "person.read")[0]
    assert (newest.target, newest.outcome, newest.actor.subject) == (f"person:{ADA}", "read", MARCUS)


def test_a_person_shows_the_history_of_their_rights_with_what_was_refused(
    marcus: FlaskClient, store: Assignments
) -> None:
    marcus.post(f"/people/{ADA}/roles/assign", data={**YES, "role": "audit", "reason": "Our new auditor."})
    marcus.post(f"/people/{ADA}/roles/assign", data={**YES, "role": "financeManager"})
    history = marcus.get(f"/people/{ADA}").text.partition('id="history"')[2]
    refused, done = history.find("Assign a role: refused"), history.find("Assign a role: done")
    assert 0 < refused < done
    assert "cannot be assigned together for the user: ada" in history
    assert "Our new auditor." in history
    assert "Marcus Mwangi, Operations manager" in history


def test_a_role_that_no_file_defines_any_more_is_shown_as_giving_nothing(
    marcus: FlaskClient, store: Assignments
) -> None:
    store.assign(ADA, "abolished", "seeds")
    page = marcus.get(f"/people/{ADA}").text
    assert "not defined any more: gives nothing" in page
    assert "seeds" in page


def test_a_clash_that_came_in_behind_our_back_is_shown(marcus: FlaskClient, store: Assignments) -> None:
    store.assign(ADA, "audit", "x")
    store.assign(ADA, "financeManager", "x")
    page = marcus.get(f"/people/{ADA}").text
    assert "Two permissions clash" in page
    assert page.count(">suspended<") == 3


def test_changes_are_offered_to_whoever_may_make_them_and_not_for_oneself(
    marcus: FlaskClient, fatima: FlaskClient, store: Assignments
) -> None:
    store.assign(ADA, "audit", "x")
    assert "Assign role…" in marcus.get(f"/people/{ADA}").text
    looked = fatima.get(f"/people/{ADA}").text
    own = marcus.get(f"/people/{MARCUS}").text
    for word in ("Assign role…", "Add participant…", ">Remove<", "Disable account"):
        assert word not in looked
        assert word not in own
    assert "This is you" in own


def test_an_unknown_person_is_not_found(marcus: FlaskClient) -> None:
    assert marcus.get("/people/u-999").status_code == 404


def test_while_the_directory_is_away_the_list_says_so(marcus: FlaskClient, directory: FakeDirectory) -> None:
    directory.away = True
    answer = marcus.get("/people")
    assert answer.status_code == 502
    assert "The directory of people does not answer. Nothing was changed" in answer.text


def test_while_the_directory_is_away_a_person_still_shows_what_they_hold(
    marcus: FlaskClient, directory: FakeDirectory, store: Assignments
) -> None:
    store.assign(ADA, "audit", MARCUS)
    directory.away = True
    page = marcus.get(f"/people/{ADA}").text
    assert "The directory of people does not answer" in page
    assert "Auditor" in page
    assert "Assign role…" not in page
    assert ">Remove<" in page


def test_who_has_left_the_directory_can_still_be_seen_and_relieved(
    marcus: FlaskClient, directory: FakeDirectory, store: Assignments
) -> None:
    store.assign(ADA, "audit", MARCUS)
    del directory.people[ADA]
    assert "does not know this person any more" in marcus.get(f"/people/{ADA}").text
    assert marcus.post(f"/people/{ADA}/roles/audit/remove", data=YES).status_code == 303
    assert store.roles_of(ADA) == ()
    assert marcus.get(f"/people/{ADA}").status_code == 404


PAGES = ["/people", f"/people/{ADA}", f"/people/{ADA}/roles/assign?role=audit", "/people/create", "/roles"]


@pytest.mark.parametrize("path", [*PAGES, "/roles/audit", "/roles/audit/preview", "/review"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_stands_alone_too_in_both_languages(app: Flask, path: str, language: str) -> None:
    who = Identity("u-102", "Marcus Mwangi", "marcus", frozenset(), True, frozenset(map(str, P)), (), "token", "sid")
    with app.test_request_context(path, headers={"Accept-Language": language}):
        g.identity = who
        page = make_response(app.dispatch_request()).get_data(as_text=True)
    assert (page.count("<html"), page.count("<h1")) == (1, 1)
    assert f'<html lang="{language}"' in page


def test_whoever_is_bound_to_a_participant_learns_of_nobody(app: Flask, store: Assignments) -> None:
    store.assign(ADA, "audit", "u-1")
    ravi = user_with(app, *P, sub=RAVI, username="ravi", participants=["payerfsp"], hub=False)
    bound = user_with(app, *P, sub="u-101", username="olivia", participants=["payerfsp"], hub=True)
    for client in (ravi, bound):
        for path in (*PAGES, "/people.csv", "/roles/audit", "/roles/audit/preview", "/review", "/review.csv"):
            answer = client.get(path)
            assert (path, answer.status_code, "Adeyemi" in answer.text) == (path, 404, False)


def test_a_participants_page_names_its_people_to_staff_and_to_nobody_else(
    app: Flask, marcus: FlaskClient, store: Assignments
) -> None:
    assert "Nobody belongs to this participant" in marcus.get("/slots/participant/payerfsp").text
    store.add_participant(RAVI, "payerfsp", "u-1")
    store.assign(RAVI, "dfspReconciliationReports", "u-1")
    panel = marcus.get("/slots/participant/payerfsp").text
    assert f'href="/users/people/{RAVI}"' in panel
    assert "DFSP reconciliation" in panel
    assert "Clara Chanda" not in panel
    assert reads(marcus, "people.list")[0].participant == "payerfsp"
    bound = user_with(app, P.VIEW_PEOPLE, hub=False, participants=["payerfsp"])
    assert bound.get("/slots/participant/payerfsp").data == b""
