"""What pages of other apps show of the reports."""

from flask import Flask
from flask.testing import FlaskClient

from bff.testing import user_with
from microfrontends.reports.tests.conftest import CATALOGUE


def test_a_settlements_page_links_to_its_reports_with_the_settlement_filled_in(app: Flask) -> None:
    entry = app.extensions["portal_manifest_document"]["slots"][-1]
    assert (entry["name"], entry["href"], entry["max_age"]) == ("settlement", "/slots/settlement/{id}", 60)
    shelf = app.extensions["reports"].catalogue
    report = shelf["multilateral-settlement"].report
    page = user_with(app, CATALOGUE, report.permission).get("/slots/settlement/12").text
    assert f"/multilateral-settlement?{report.params[0].name}=12" in page


def test_whoever_may_run_none_of_them_is_shown_nothing(operator: FlaskClient, app: Flask) -> None:
    assert user_with(app, CATALOGUE).get("/slots/settlement/12").data == b""
