"""The preview: what a file's author sees while it is written, and what nobody else ever does."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.testing import settings_for, user_with
from microfrontends.reports.app import create_app
from microfrontends.reports.beginning import BEGINNING
from microfrontends.reports.settings import ReportsSettings
from microfrontends.reports.shelf import NAME
from microfrontends.reports.tests.test_sources import write

PREVIEW = "reports:preview:view"
MINE = BEGINNING.replace("NAME", "mine").replace("TITLE", "Mine")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    write(folder / "mine.yaml", MINE)
    return folder / "mine.yaml"


def make(tmp_path: Path, hub_url: str, file: Path, environment: str = "sandbox") -> Flask:
    told = {"hub_database_url": hub_url, "reports_dir": file.parent, "environment": environment}
    return create_app(settings_for(ReportsSettings, tmp_path, **told))


@pytest.fixture
def app(tmp_path: Path, hub_url: str, file: Path) -> Iterator[Flask]:
    made = make(tmp_path, hub_url, file)
    yield made
    made.extensions[NAME].catalogue.stop()


@pytest.fixture
def author(app: Flask) -> FlaskClient:
    return user_with(app, PREVIEW)


def seen(client: FlaskClient, path: str = "/preview/mine") -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def test_it_shows_file_sql_plan_cost_and_result(author: FlaskClient) -> None:
    page = seen(author, "/preview/mine?settlementWindowId=1")
    assert "<code>  name: mine</code>" in page
    assert "%(all_participants)s = 1" in page  # as MySQL is sent it
    assert ":all_participants = 1" in page  # as SQLite is
    assert re.search(r"3 rows.*\d+ ms", page, re.DOTALL)
    assert "SCAN" in page or "SEARCH" in page
    assert "100.30" in page


def test_it_chooses_values_where_none_are_given_and_can_look_as_a_participant(author: FlaskClient) -> None:
    assert "No rows" in seen(author)  # the newest window, which is empty
    page = seen(author, "/preview/mine?settlementWindowId=1&_as=payerfsp")
    table = page[page.index("<tbody>") : page.index("</tbody>")]
    assert "payerfsp" in table
    assert "payeefsp" not in table


def test_an_error_stands_beside_its_line_and_goes_when_it_is_mended(author: FlaskClient, file: Path) -> None:
    write(file, MINE.replace("p.name AS", "p.nmae AS"))
    page = seen(author)
    line = next(at for at, text in enumerate(file.read_text().splitlines(), 1) if "nmae" in text)
    assert f"Line {line}: query transfers: the column nmae is not of its tables" in page
    assert re.search(rf'id="line-{line}" class="wrong"', page)
    assert "the last copy that was fit" in page
    write(file, MINE)
    assert 'class="wrong"' not in seen(author)


def test_every_problem_stands_beside_its_line_at_once(author: FlaskClient, file: Path) -> None:
    more = "      - {name: currency, type: currency, label: {en: Currency}}\n"
    spare = "      - {name: spare, type: text}\n"
    write(file, MINE.replace(more, more + spare).replace("currency: currency", "currency: unit"))
    page, lines = seen(author), file.read_text().splitlines()
    wrong = [at for at, text in enumerate(lines, 1) if "spare" in text or "currency: unit" in text]
    assert [int(each) for each in re.findall(r'id="line-(\d+)" class="wrong"', page)] == wrong
    assert [int(each) for each in re.findall(r'href="#line-(\d+)"', page)][:2] == wrong
    assert "no query uses :spare; use it or remove it" in page
    assert "currency: there is no column unit" in page
    assert "2 problems" in page


def test_the_page_asks_again_and_is_answered_once_the_file_has_changed(author: FlaskClient, file: Path) -> None:
    asked = re.search(r'hx-get="/reports(/preview/[^"]+)"', author.get("/preview/mine").text)
    assert asked
    again = html.unescape(asked[1])
    assert author.get(again).status_code == 204
    write(file, MINE.replace("Sent", "Dispatched"))
    answer = author.get(again)
    assert (answer.status_code, "Dispatched" in answer.text) == (200, True)


def test_what_the_database_refuses_is_said_in_its_own_words(author: FlaskClient, file: Path) -> None:
    write(file, MINE.replace("COUNT(*) AS transfers", "EXPORT_SET(1, 'a', 'b') AS transfers"))
    assert "no such function: EXPORT_SET" in seen(author)


def test_what_a_file_says_is_text_and_nothing_else(author: FlaskClient, file: Path) -> None:
    write(file, MINE + "# <script>alert(1)</script>\n")
    assert "<script>alert" not in author.get("/preview/mine").text


@pytest.mark.parametrize(
    "name", ["../mine", "..%2fmine", "%2e%2e%2fmine", "/etc/passwd", "mine.yaml", "tables.json", "", ".", "mine\x00"]
)
def test_no_name_leads_out_of_the_sources(author: FlaskClient, name: str) -> None:
    assert author.get(f"/preview/{name}").status_code in (404, 308)


def test_no_page_of_it_names_a_folder(author: FlaskClient, file: Path) -> None:
    assert str(file.parent) not in seen(author)
    assert "site-packages" not in seen(author, "/preview/settlement-window")


@pytest.mark.parametrize("environment", ["test", "production"])
def test_there_is_none_where_money_is(tmp_path: Path, hub_url: str, file: Path, environment: str) -> None:
    made = make(tmp_path, hub_url, file, environment)
    client = user_with(made, PREVIEW, "reports:sources:view")
    assert client.get("/preview/mine").status_code == 404
    assert "/preview/" not in client.get("/sources").text
    made.extensions[NAME].catalogue.stop()


def test_it_is_for_hub_staff_who_may(app: Flask) -> None:
    assert user_with(app, "reports:catalogue:view").get("/preview/mine").status_code == 403
    confined = user_with(app, PREVIEW, hub=False, participants=["payerfsp"])
    assert confined.get("/preview/mine").status_code == 404
