"""The access review: what stands out, since when, by whom and last used; the same as a file; every look audited."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.access.holding import Assignments
from bff.testing import user_with
from microfrontends.users.permissions import P
from microfrontends.users.tests.conftest import ADA, CLARA, GONE, MARCUS, RAVI
from microfrontends.users.tests.fakes import FakeDirectory
from microfrontends.users.tests.test_pages import reads, sheet


@pytest.fixture
def holders(store: Assignments, directory: FakeDirectory) -> Assignments:
    """One of each kind: Ada clashes, Clara does not come, Gone has left, Ravi belongs to a participant."""
    directory.add(CLARA, "Clara Chanda", seen_days_ago=120)
    store.assign(ADA, "audit", MARCUS)
    store.assign(ADA, "financeManager", "seeds")
    for subject in (CLARA, GONE, "u-999", RAVI):
        store.assign(subject, "dfspReconciliationReports", MARCUS)
    store.add_participant(RAVI, "payerfsp", MARCUS)
    return store


def lines(client: FlaskClient, finding: str = "") -> list[list[str]]:
    return sheet(client.get(f"/review.csv?finding={finding}").text)[1:]


@pytest.mark.parametrize(
    ("finding", "whom"),
    [
        ("conflict", ["Ada Adeyemi", "Ada Adeyemi"]),
        ("dormant", ["Clara Chanda"]),
        ("left", ["Gone Gakuru", "u-999"]),
        ("privileged", ["Ada Adeyemi", "Ada Adeyemi", "Marcus Mwangi"]),
    ],
)
def test_each_finding_has_its_people_on_the_page_and_in_the_file(
    marcus: FlaskClient, holders: Assignments, finding: str, whom: list[str]
) -> None:
    assert [line[0] for line in lines(marcus, finding)] == whom
    page = marcus.get(f"/review?finding={finding}").text
    for name in whom:
        assert name in page
    assert "Ravi Rao" not in page


def test_a_line_says_what_since_when_by_whom_and_last_used(marcus: FlaskClient, holders: Assignments) -> None:
    ada = next(line for line in lines(marcus) if line[1] == "ada" and line[4] == "audit")
    assert ada[2:5] == ["Hub", "role", "audit"]
    assert ada[5].endswith("Z")
    assert ada[6] == "Marcus Mwangi"
    assert ada[7].endswith("Z")
    assert ada[8:] == ["conflict privileged", "audit:settlement:view", "person", ADA]
    ravi = [line[3:5] for line in lines(marcus) if line[1] == "ravi"]
    assert ravi == [["participant", "payerfsp"], ["role", "dfspReconciliationReports"]]


def test_the_page_counts_each_finding(marcus: FlaskClient, holders: Assignments) -> None:
    page = marcus.get("/review").text
    assert 'href="/users/review?finding=conflict">Conflicts <span class="count">2</span>' in page
    assert "1\u20138 of 8" in page
    assert "Nobody has signed in with the account for 90 days." in marcus.get("/review?finding=dormant").text


def test_the_page_pages(marcus: FlaskClient, store: Assignments) -> None:
    for number in range(120):
        store.assign(f"x-{number:03}", "clerk", "seeds")
    assert "51\u2013100 of 121" in marcus.get("/review?page=2").text
    assert 'href="/users/review?finding=left&amp;page=2"' in marcus.get("/review?finding=left").text


def test_a_review_and_its_file_are_audited(marcus: FlaskClient, holders: Assignments) -> None:
    marcus.get("/review?finding=left")
    marcus.get("/review.csv")
    assert reads(marcus, "access.review")[0].detail == {"finding": "left", "lines": 2}
    assert reads(marcus, "access.review.export")[0].detail["finding"] == ""


def test_while_the_directory_is_away_what_is_kept_here_is_still_reviewed(
    marcus: FlaskClient, holders: Assignments, directory: FakeDirectory
) -> None:
    directory.away = True
    page = marcus.get("/review").text
    assert "nobody can be called dormant or left at the moment" in page
    assert ADA in page
    assert lines(marcus, "left") == []


def test_a_finding_that_is_none_is_everything(marcus: FlaskClient, holders: Assignments) -> None:
    assert lines(marcus, "'; drop table") == lines(marcus)


def test_it_takes_its_own_permission(app: Flask) -> None:
    looker = user_with(app, P.VIEW_PEOPLE, P.VIEW_ROLES, sub=ADA)
    assert [looker.get(path).status_code for path in ("/review", "/review.csv")] == [403, 403]
