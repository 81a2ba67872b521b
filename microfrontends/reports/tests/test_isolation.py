"""A participant's people get their own rows or 404, whichever way they ask."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.testing import user_with
from microfrontends.reports.tests.conftest import CATALOGUE, WINDOW

WAYS = ["/catalogue/settlement-window", "/catalogue/settlement-window/rows.csv", "/api/reports/settlement-window"]
STRANGERS = ("payeefsp", "testfsp1")


@pytest.mark.parametrize("path", WAYS)
@pytest.mark.parametrize(
    "query",
    [
        "settlementWindowId=1",
        "settlementWindowId=1&participant=",
        "settlementWindowId=1&participant=payerfsp",
        "settlementWindowId=1&participants=payeefsp",
        "settlementWindowId=1&participants=payeefsp&participants=testfsp1",
        "settlementWindowId=1&all_participants=1",
        "settlementWindowId=1&Participant=payeefsp&fspId=payeefsp",
        "settlementWindowId=1&settlementWindowId=1&participant=payerfsp&participant=payeefsp",
    ],
)
def test_no_parameter_and_no_omission_shows_another_participants_rows(ravi: FlaskClient, path: str, query: str) -> None:
    answer = ravi.get(f"{path}?{query}")
    assert answer.status_code == 200
    assert "payerfsp" in answer.text
    assert not [name for name in STRANGERS if name in answer.text]


@pytest.mark.parametrize("path", WAYS)
@pytest.mark.parametrize("name", ["payeefsp", "nosuchfsp", "Hub", "%", "payerfsp' OR '1'='1"])
def test_another_participant_is_answered_like_one_that_does_not_exist(ravi: FlaskClient, path: str, name: str) -> None:
    assert ravi.get(path, query_string={"settlementWindowId": "1", "participant": name}).status_code == 404


@pytest.mark.parametrize("path", WAYS)
def test_whoever_has_neither_a_hub_role_nor_a_participant_sees_no_row(app: Flask, path: str) -> None:
    nobody = user_with(app, CATALOGUE, WINDOW, hub=False, participants=[])
    answer = nobody.get(f"{path}?settlementWindowId=1")
    assert answer.status_code == 200
    assert not [name for name in ("payerfsp", *STRANGERS) if name in answer.text]


@pytest.mark.parametrize("path", WAYS)
def test_hub_staff_bound_to_a_participant_sees_that_one_only(app: Flask, path: str) -> None:
    bound = user_with(app, CATALOGUE, WINDOW, hub=True, participants=["testfsp1"])
    answer = bound.get(f"{path}?settlementWindowId=1")
    assert ("testfsp1" in answer.text, "payerfsp" in answer.text) == (True, False)


@pytest.mark.parametrize("way", ["", "/rows.csv"])
def test_a_counterparty_is_named_and_its_dealings_with_others_are_not(ravi: FlaskClient, way: str) -> None:
    answer = ravi.get(f"/catalogue/reconciliation-amount{way}?settlementWindowId=1")
    assert ("payeefsp" in answer.text, "testfsp1" in answer.text) == (True, False)
    stranger = ravi.get(f"/catalogue/reconciliation-amount{way}?settlementWindowId=1&participant=payeefsp")
    assert stranger.status_code == 404


def test_the_page_says_whose_rows_it_shows(ravi: FlaskClient) -> None:
    assert "Only the rows of payerfsp" in ravi.get("/catalogue/settlement-window?settlementWindowId=1").text
