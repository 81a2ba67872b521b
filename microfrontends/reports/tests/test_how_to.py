"""The report that docs/how-to/add-a-report.md shows is a report that works."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from bff.cli import main
from bff.testing import settings_for, user_with
from microfrontends.reports.app import create_app
from microfrontends.reports.settings import ReportsSettings

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "add-a-report.md"
NEW = "reports:transfers-by-state:view"


@pytest.fixture
def app(tmp_path: Path, hub_url: str) -> Flask:
    """The app with the document's report in its folder."""
    block = re.search(r"```yaml\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL)
    assert block
    folder = tmp_path / "catalogue"
    folder.mkdir()
    (folder / "transfers-by-state.yaml").write_text(block[1], "utf-8")
    return create_app(settings_for(ReportsSettings, tmp_path, hub_database_url=hub_url, reports_dir=folder))


def test_the_documents_report_answers_as_a_page_and_as_rows(app: Flask) -> None:
    operator = user_with(app, "reports:catalogue:view", NEW)
    assert "Transfers by state" in operator.get("/catalogue").text
    answer = operator.get("/catalogue/transfers-by-state?settlementWindowId=1")
    assert answer.status_code == 200
    assert "payerfsp" in answer.text


def test_a_participants_own_people_see_their_own_rows_in_it(app: Flask) -> None:
    ravi = user_with(app, "reports:catalogue:view", NEW, hub=False, participants=["payerfsp"], sub="u-106")
    rows = ravi.get("/catalogue/transfers-by-state/rows.csv?settlementWindowId=1").text
    assert "payerfsp" in rows
    assert "payeefsp" not in rows


def test_the_documents_command_begins_a_report_that_is_previewed_at_once(app: Flask, tmp_path: Path) -> None:
    told = re.search(r"^ {4}bizops (reports new .*)$", HOW_TO.read_text("utf-8"), re.MULTILINE)
    assert told
    words = [str(tmp_path / "catalogue") if word == "var/report-files" else word for word in told[1].split()]
    assert CliRunner().invoke(main, words).exit_code == 0
    author = user_with(app, "reports:preview:view", "reports:catalogue:view", "reports:settlement:view")
    page = author.get("/preview/my-report?settlementWindowId=1")
    assert (page.status_code, "100.30" in page.text) == (200, True)
    assert "My report" in author.get("/catalogue").text
