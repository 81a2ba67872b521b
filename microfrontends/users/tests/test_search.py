"""People are found by a piece of their name, by whoever may see people, and the audit knows who looked for whom."""

from flask import Flask
from flask.testing import FlaskClient

from bff.testing import user_with
from microfrontends.users.permissions import P
from microfrontends.users.tests.conftest import CLARA
from microfrontends.users.tests.fakes import FakeDirectory
from microfrontends.users.tests.test_pages import reads


def test_somebody_is_found_by_a_piece_of_their_name_and_that_is_kept(marcus: FlaskClient) -> None:
    page = marcus.get("/slots/search?q=chan").text
    assert f'href="/users/people/{CLARA}"' in page
    assert "clara · Hub" in page
    assert "@" not in page
    (read,) = reads(marcus, "people.list")
    assert read.detail == {"search": "chan", "people": 1}


def test_two_letters_would_name_half_of_them(marcus: FlaskClient) -> None:
    assert marcus.get("/slots/search?q=ch").data == b""
    assert reads(marcus, "people.list") == []


def test_whoever_is_bound_to_participants_finds_nobody(app: Flask, directory: FakeDirectory) -> None:
    directory.away = True
    ravi = user_with(app, P.VIEW_PEOPLE, hub=False, participants=["payerfsp"])
    answer = ravi.get("/slots/search?q=clara")
    assert (answer.status_code, answer.data) == (200, b"")
    assert reads(ravi, "people.list") == []


def test_whoever_may_not_see_people_is_refused(app: Flask) -> None:
    assert user_with(app, P.VIEW_ROLES).get("/slots/search?q=clara").status_code == 403
