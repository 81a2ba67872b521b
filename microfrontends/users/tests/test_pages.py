"""The list of people and the page of one, as a user administrator meets them."""

import pytest
from flask import Flask, g, make_response
from flask.testing import FlaskClient

from bff import Identity
from bff.access.assignments import Assignments
from microfrontends.users.permissions import P
from microfrontends.users.tests.conftest import ADA, MARCUS, RAVI
from microfrontends.users.tests.fakes import FakeDirectory, FakeHub


def test_the_list_names_people_with_their_roles_and_leads_to_them(marcus: FlaskClient, store: Assignments) -> None:
    store.assign(ADA, "audit", "u-1")
    page = marcus.get("/people").text
    assert f'href="/users/people/{ADA}"' in page
    assert "Auditor" in page
    assert "5" in page


def test_the_list_pages_on_the_server(marcus: FlaskClient, directory: FakeDirectory) -> None:
    for number in range(200):
        directory.add(f"x-{number}", f"Zed{number:03} Zulu")
    third = marcus.get("/people?page=3").text
    assert "101\u2013150 of 205" in third
    assert 'href="/users/people?page=2"' in third
    assert 'href="/users/people?page=4"' in third
    assert "Next page" not in marcus.get("/people?page=5").text


def test_the_list_is_searched_by_a_piece_of_a_name_and_by_state(marcus: FlaskClient) -> None:
    found = marcus.get("/people?search=CHAN").text
    assert "Clara Chanda" in found
    assert "Ada Adeyemi" not in found
    assert "Contains: CHAN" in found
    inactive = marcus.get("/people?state=inactive").text
    assert ("Gone Gakuru" in inactive, "Clara Chanda" in inactive) == (True, False)
    assert "Nobody matches" in marcus.get("/people?search=nobody-at-all").text


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999", "٣"])
def test_a_page_number_that_makes_no_sense_is_the_first_page(marcus: FlaskClient, number: str) -> None:
    assert "Ada Adeyemi" in marcus.get(f"/people?page={number}").text


def test_a_person_shows_what_they_hold_who_gave_it_and_what_it_lets_them_do(
    marcus: FlaskClient, store: Assignments
) -> None:
    store.assign(RAVI, "dfspReconciliationReports", MARCUS)
    store.add_participant(RAVI, "payerfsp", MARCUS)
    page = marcus.get(f"/people/{RAVI}").text
    assert "DFSP reconciliation" in page
    assert "Marcus Mwangi" in page
    assert "Sees only the data of payerfsp." in page
    assert "<code>reports:dfsp-settlement:view</code>" in page
    assert "6 permissions" in page


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
    store.assign(MARCUS, "manager", "x")
    assert "Assign role…" in marcus.get(f"/people/{ADA}").text
    looked = fatima.get(f"/people/{ADA}").text
    own = marcus.get(f"/people/{MARCUS}").text
    for word in ("Assign role…", "Add participant…", ">Remove<"):
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
    assert marcus.post(f"/people/{ADA}/roles/audit/remove").status_code == 303
    assert store.roles_of(ADA) == ()
    assert marcus.get(f"/people/{ADA}").status_code == 404


def test_while_the_hub_is_away_roles_can_be_changed_and_participants_cannot(marcus: FlaskClient, hub: FakeHub) -> None:
    hub.away = True
    page = marcus.get(f"/people/{ADA}").text
    assert "Participants cannot be added at the moment" in page
    assert "Assign role…" in page
    assert marcus.post(f"/people/{ADA}/participants/add", data={"value": "payerfsp"}).status_code == 502


@pytest.mark.parametrize("path", ["/people", f"/people/{ADA}", f"/people/{ADA}/roles/assign?role=audit"])
def test_every_page_stands_alone_too(app: Flask, path: str) -> None:
    who = Identity("u-102", "Marcus Mwangi", "marcus", frozenset(), True, frozenset(map(str, P)), (), "token", "sid")
    with app.test_request_context(path):
        g.identity = who
        page = make_response(app.dispatch_request()).get_data(as_text=True)
    assert (page.count("<html"), page.count("<h1")) == (1, 1)
