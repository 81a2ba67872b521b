"""What pages of other apps show of the reports."""

from flask import Flask
from flask.testing import FlaskClient

from bff.testing import user_with
from microfrontends.reports.domain.definition import ParamType
from microfrontends.reports.tests.conftest import CATALOGUE


def test_a_settlements_page_links_to_its_reports_with_the_settlement_filled_in(app: Flask) -> None:
    offered = app.extensions["portal_manifest_document"]["slots"]
    (entry,) = [each for each in offered if each["name"] == "settlement"]
    assert (entry["href"], entry["max_age"]) == ("/slots/settlement/{id}", 60)
    shelf = app.extensions["reports"].catalogue
    report = shelf["multilateral-settlement"].report
    page = user_with(app, CATALOGUE, report.permission).get("/slots/settlement/12").text
    assert f"/multilateral-settlement?{report.params[0].name}=12" in page


def test_whoever_may_run_none_of_them_is_shown_nothing(operator: FlaskClient, app: Flask) -> None:
    assert user_with(app, CATALOGUE).get("/slots/settlement/12").data == b""


def test_a_participants_page_links_to_its_reports_with_the_participant_filled_in(app: Flask) -> None:
    report = app.extensions["reports"].catalogue["dfsp-settlement"].report
    asked = next(param.name for param in report.params if param.type is ParamType.PARTICIPANT)
    page = user_with(app, CATALOGUE, report.permission).get("/slots/participant/payerfsp").text
    assert f"/dfsp-settlement?{asked}=payerfsp" in page


def test_a_member_is_shown_links_for_their_own_participant_alone(app: Flask) -> None:
    report = app.extensions["reports"].catalogue["dfsp-settlement"].report
    member = user_with(app, CATALOGUE, report.permission, hub=False, participants=["payerfsp"])
    assert "dfsp-settlement" in member.get("/slots/participant/payerfsp").text
    assert member.get("/slots/participant/payeefsp").data == b""
