"""The catalogue as a reader meets it: searched by words, favourites first, what was run lately next."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.testing import CSRF, settings_for, user_with
from microfrontends.reports.app import create_app
from microfrontends.reports.settings import ReportsSettings
from microfrontends.reports.tests.conftest import CATALOGUE, RECONCILIATION, WINDOW

WINDOW_PAGE, OTHER = "/reports/catalogue/settlement-window", "/reports/catalogue/reconciliation-amount"


@pytest.fixture
def fresh(tmp_path: Path, hub_url: str) -> Flask:
    """An app whose people have starred nothing yet."""
    return create_app(settings_for(ReportsSettings, tmp_path, hub_database_url=hub_url))


@pytest.fixture
def reader(fresh: Flask) -> FlaskClient:
    return user_with(fresh, CATALOGUE, WINDOW, RECONCILIATION)


def shelves(client: FlaskClient, query: str = "", **headers: str) -> dict[str, list[str]]:
    """The links under each heading."""
    page = client.get("/catalogue", query_string={"q": query} if query else {}, headers=headers).text
    parts = re.split(r"<h2>(.*?)</h2>", page)[1:]
    return {
        title: re.findall(r'class="row-link" href="([^"]+)"', part)
        for title, part in zip(parts[::2], parts[1::2], strict=True)
    }


def star(client: FlaskClient, name: str, wanted: str = "yes", **form: str) -> int:
    answer = client.post(f"/catalogue/{name}/favourite", data={"wanted": wanted, "csrf_token": CSRF, **form})
    return answer.status_code


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("settlement window", {WINDOW_PAGE, OTHER}),
        ("settlement-WINDOW", {WINDOW_PAGE}),  # its name
        ("counterparty RECEIVED", {OTHER}),  # columns
        ("rapprochement", set()),  # French, to an English reader
        ("%", set()),
    ],
)
def test_words_are_sought_in_titles_descriptions_columns_and_parameters(
    reader: FlaskClient, query: str, found: set[str]
) -> None:
    assert {link for links in shelves(reader, query).values() for link in links} == found


def test_words_are_sought_in_the_readers_language_with_or_without_accents(reader: FlaskClient) -> None:
    french = {"Portal-Locale": "fr"}
    for query in ("fenêtre recus", "FENETRE reçus"):
        assert [WINDOW_PAGE] in list(shelves(reader, query, **french).values())


def test_nothing_found_says_what_was_looked_at_and_leads_back(reader: FlaskClient) -> None:
    page = reader.get("/catalogue?q=no+such+thing").text
    assert "No report says “no such thing”" in page
    assert "Show all reports" in page
    assert 'value="no such thing"' in page


def test_a_report_that_is_not_the_readers_is_not_found_either(fresh: Flask) -> None:
    page = user_with(fresh, CATALOGUE, WINDOW).get("/catalogue?q=counterparty").text
    assert OTHER not in page


def test_a_starred_report_comes_first_and_goes_again(reader: FlaskClient) -> None:
    assert "Favourites" not in shelves(reader)
    assert star(reader, "settlement-window") == 303
    assert star(reader, "settlement-window") == 303  # twice is once
    assert next(iter(shelves(reader).items())) == ("Favourites", [WINDOW_PAGE])
    assert star(reader, "settlement-window", "no") == 303
    assert "Favourites" not in shelves(reader)


def test_a_star_keeps_the_search_that_it_was_given_in(reader: FlaskClient) -> None:
    answer = reader.post(
        "/catalogue/settlement-window/favourite", data={"wanted": "yes", "q": "a & b", "csrf_token": CSRF}
    )
    assert answer.headers["Location"] == "/reports/catalogue?q=a+%26+b"


def test_each_person_has_their_own_favourites(fresh: Flask, reader: FlaskClient) -> None:
    star(reader, "settlement-window")
    other = user_with(fresh, CATALOGUE, WINDOW, sub="u-other")
    assert "Favourites" not in shelves(other)


def test_only_a_report_that_one_may_run_can_be_starred(fresh: Flask) -> None:
    reader = user_with(fresh, CATALOGUE, WINDOW)
    assert star(reader, "reconciliation-amount") == 403
    assert star(reader, "no-such") == 404


def test_a_favourite_that_one_may_no_longer_run_is_not_shown(fresh: Flask, reader: FlaskClient) -> None:
    star(reader, "reconciliation-amount")
    assert OTHER not in user_with(fresh, CATALOGUE, WINDOW).get("/catalogue").text


def test_what_was_run_lately_comes_next_the_latest_first(reader: FlaskClient) -> None:
    for name in ("settlement-window", "reconciliation-amount", "settlement-window"):
        assert reader.get(f"/catalogue/{name}?settlementWindowId=1").status_code == 200
    assert shelves(reader)["Run lately"] == [WINDOW_PAGE, OTHER]
    star(reader, "settlement-window")
    found = shelves(reader)
    assert (list(found)[:2], found["Run lately"]) == (["Favourites", "Run lately"], [OTHER])


def test_without_its_token_no_star_is_set(reader: FlaskClient) -> None:
    answer = reader.post(
        "/catalogue/settlement-window/favourite", data={"wanted": "yes"}, headers={"X-CSRF-Token": "wrong"}
    )
    assert answer.status_code == 403
    assert "Favourites" not in shelves(reader)
