"""Reports are found by what they say, and with the participant or the transfer that is named filled in."""

import re

from flask import Flask
from flask.testing import FlaskClient

from bff.testing import user_with
from microfrontends.reports.tests.conftest import CATALOGUE

TRANSFER = "b51ec534-ee48-4575-b6a9-ead2955b8069"


def found(reader: FlaskClient, words: str) -> list[str]:
    answer = reader.get("/slots/search", query_string={"q": words})
    assert answer.status_code == 200
    return re.findall(r'href="([^"]+)"', answer.text)


def everything(app: Flask, **claims: object) -> FlaskClient:
    """Somebody who may run every report."""
    shelf = app.extensions["reports"].catalogue
    return user_with(app, CATALOGUE, *(entry.report.permission for entry in shelf.values()), **claims)


def test_a_report_is_found_by_its_title_and_those_named_so_come_first(app: Flask) -> None:
    assert found(everything(app), "multilateral settlement")[0].endswith("/multilateral-settlement")


def test_nobody_finds_a_report_that_they_may_not_run(app: Flask) -> None:
    assert found(user_with(app, CATALOGUE), "settlement") == []


def test_a_participant_leads_to_the_reports_about_it(app: Flask) -> None:
    first = found(everything(app), "PAYERF")[0]
    assert first.endswith("=payerfsp")


def test_whoever_is_bound_to_participants_finds_no_other(app: Flask) -> None:
    ravi = everything(app, hub=False, participants=["payerfsp"], sub="u-106")
    assert any("payerfsp" in href for href in found(ravi, "payerfsp"))
    assert not any("=payeefsp" in href for href in found(ravi, "payeefsp"))
    assert any("=payeefsp" in href for href in found(everything(app), "payeefsp"))


def test_a_transfers_id_leads_to_the_reports_about_it_and_asks_the_hub_nothing(app: Flask) -> None:
    assert [href.split("/")[-1] for href in found(everything(app), TRANSFER)] == [
        f"transaction-detail?transferId={TRANSFER}"
    ]
