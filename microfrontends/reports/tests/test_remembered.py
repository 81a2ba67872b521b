"""Whoever reads a report is in the audit, with what they asked for and how much they got."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from bff.change.audit import AuditLog, AuditQuery, Entry
from bff.testing import settings_for, user_with
from microfrontends.reports.app import create_app
from microfrontends.reports.settings import ReportsSettings
from microfrontends.reports.tests.conftest import CATALOGUE, RECONCILIATION, WINDOW

PAGE = "/catalogue/settlement-window"


@pytest.fixture
def fresh(tmp_path: Any, hub_url: str) -> Flask:
    return create_app(settings_for(ReportsSettings, tmp_path, hub_database_url=hub_url))


@pytest.fixture
def reader(fresh: Flask) -> FlaskClient:
    return user_with(fresh, CATALOGUE, WINDOW, RECONCILIATION)


def kept(app: Flask) -> list[Entry]:
    """Everything in the audit, the oldest first."""
    log: AuditLog = app.extensions["portal_audit"]
    return list(reversed(log.entries(AuditQuery()).entries))


def test_a_report_on_a_page_is_kept_with_its_parameters_and_the_number_of_its_rows(
    fresh: Flask, reader: FlaskClient
) -> None:
    assert reader.get(f"{PAGE}?settlementWindowId=1").status_code == 200
    (entry,) = kept(fresh)
    assert (entry.action, entry.outcome, entry.target) == ("report.read", "read", "report:settlement-window")
    assert (entry.actor.subject, entry.actor.roles) == ("u-olivia", ("operator",))
    assert entry.detail["parameters"] == {"settlementWindowId": "1"}
    assert entry.detail["format"] == "page"
    assert entry.detail["rows"] > 0


def test_a_form_that_shows_no_row_yet_is_no_reading(fresh: Flask, reader: FlaskClient) -> None:
    reader.get(PAGE)
    reader.get(f"{PAGE}?settlementWindowId=nonsense")
    assert kept(fresh) == []


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (f"{PAGE}/rows.csv?settlementWindowId=1", "csv"),
        ("/api/reports/settlement-window?settlementWindowId=1", "json"),
        ("/api/reports/settlement-window?settlementWindowId=1&format=csv", "csv"),
    ],
)
def test_a_file_is_kept_when_it_begins_and_when_it_has_left(
    fresh: Flask, reader: FlaskClient, path: str, form: str
) -> None:
    assert reader.get(path, buffered=True).status_code == 200
    begun, ended = kept(fresh)
    assert (begun.action, begun.detail["format"]) == ("report.read", form)
    assert (ended.action, ended.detail["entry"], ended.detail["complete"]) == ("report.sent", begun.seq, True)
    assert ended.detail["rows"] > 0
    assert ended.actor == begun.actor
    assert ended.request_id == begun.request_id


def test_a_file_that_is_cut_says_so_and_how_many_rows_were_taken_for_it(fresh: Flask, reader: FlaskClient) -> None:
    answer = reader.get("/api/reports/settlement-window?settlementWindowId=1")
    pieces = iter(answer.response)
    next(pieces)
    next(pieces)
    answer.close()
    ended = kept(fresh)[-1]
    assert (ended.action, ended.detail["rows"], ended.detail["complete"]) == ("report.sent", 4, False)


def test_the_participant_that_a_report_is_about_is_kept(fresh: Flask, reader: FlaskClient) -> None:
    asked = "settlementWindowId=1&participant=payerfsp"
    assert reader.get(f"/catalogue/reconciliation-amount?{asked}").status_code == 200
    assert kept(fresh)[-1].participant == "payerfsp"


def test_a_member_acts_for_their_participant(fresh: Flask) -> None:
    ravi = user_with(fresh, CATALOGUE, RECONCILIATION, hub=False, participants=["payerfsp"], sub="u-106")
    assert ravi.get("/catalogue/reconciliation-amount?settlementWindowId=1").status_code == 200
    (entry,) = kept(fresh)
    assert (entry.participant, entry.actor.participants) == ("payerfsp", ("payerfsp",))


def test_without_an_audit_nobody_reads_a_report(fresh: Flask, reader: FlaskClient) -> None:
    log: AuditLog = fresh.extensions["portal_audit"]
    with log.engine.begin() as connection:
        connection.execute(text("DROP TABLE audit_entry"))
    for path in (f"{PAGE}?settlementWindowId=1", f"{PAGE}/rows.csv?settlementWindowId=1"):
        answer = reader.get(path)
        assert answer.status_code == 503
        assert "70.25" not in answer.text
