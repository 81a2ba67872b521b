"""The catalogue, a report's form, its result and its file, as a reader meets them."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g, make_response
from flask.testing import FlaskClient

from bff import Identity
from bff.testing import user_with
from microfrontends.reports.tests import hub
from microfrontends.reports.tests.conftest import CATALOGUE, WINDOW, Own

PAGE = "/catalogue/settlement-window"
FILE = f"{PAGE}/rows.csv"


def rows(client: FlaskClient, query: str) -> list[list[str]]:
    answer = client.get(f"{FILE}?{query}")
    assert answer.status_code == 200, answer.text
    return [row for row in csv.reader(io.StringIO(answer.text, newline="")) if not row[0].startswith("# ")]


def json(client: FlaskClient, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(path).get_json()
    return answer


def test_the_catalogue_lists_reports_by_group_and_leads_to_them(operator: FlaskClient) -> None:
    page = operator.get("/catalogue").text
    assert "<h2>Settlement</h2>" in page
    assert 'href="/reports/catalogue/settlement-window"' in page


def test_a_report_that_one_may_not_run_is_not_in_the_catalogue(app: Flask) -> None:
    page = user_with(app, CATALOGUE).get("/catalogue").text
    assert "/catalogue/settlement-window" not in page
    assert "No report is open to you" in page


def test_the_form_offers_the_hubs_windows_and_complains_of_nothing_yet(operator: FlaskClient) -> None:
    answer = operator.get(PAGE)
    assert answer.status_code == 200
    assert "1 · Open · " in answer.text
    assert "2 · Closed · " in answer.text
    assert "needs another look" not in answer.text
    assert "Export CSV" not in answer.text


def test_a_result_adds_up_to_zero_per_currency(operator: FlaskClient) -> None:
    page = operator.get(f"{PAGE}?settlementWindowId=1").text
    assert "owes 70.25" in page
    assert "is owed 70.25" in page
    totals = re.findall(r"<tfoot>.*?</tfoot>", page, re.DOTALL)
    assert [re.findall(r'k-owes"><span class="money">([\d.]+)', total) for total in totals] == [["0.00"], ["0"]]
    assert "999" not in page
    assert "as of " in page


def test_a_result_counts_only_committed_principal_and_loses_no_payee(operator: FlaskClient) -> None:
    assert rows(operator, "settlementWindowId=1")[1:] == [
        ["payeefsp", "USD", "30.05", "100.30", "-70.25", "1", "2"],
        ["payerfsp", "USD", "100.30", "30.05", "70.25", "2", "1"],
        ["payeefsp", "XOF", "0", "7", "-7", "0", "1"],
        ["testfsp1", "XOF", "7", "0", "7", "1", "0"],
    ]


def test_the_reconciliation_has_each_side_of_each_pair(operator: FlaskClient) -> None:
    file = operator.get("/catalogue/reconciliation-amount/rows.csv?settlementWindowId=1")
    assert file.text.splitlines()[1:5] == [
        "payeefsp,payerfsp,USD,30.05,100.30,-70.25,3",
        "payerfsp,payeefsp,USD,100.30,30.05,70.25,3",
        "payeefsp,testfsp1,XOF,0,7,-7,1",
        "testfsp1,payeefsp,XOF,7,0,7,1",
    ]


def test_a_result_can_be_narrowed(operator: FlaskClient) -> None:
    assert [row[0] for row in rows(operator, "settlementWindowId=1&participant=payeefsp&currency=XOF")] == [
        "Participant",
        "payeefsp",
    ]


def test_the_file_has_a_type_a_name_and_heads_in_the_readers_language(operator: FlaskClient) -> None:
    answer = operator.get(f"{FILE}?settlementWindowId=1", headers={"Portal-Locale": "fr"})
    assert answer.content_type.startswith("text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="settlement-window_1_')
    assert answer.text.splitlines()[0].endswith("Position nette,Transferts envoyés,Transferts reçus")


def test_a_name_that_a_spreadsheet_would_execute_is_harmless_in_the_file(own: Own) -> None:
    hub.rename(own.url, "payeefsp", '=HYPERLINK("http://x")')
    assert rows(own.operator, "settlementWindowId=1")[1][0] == '\'=HYPERLINK("http://x")'


def test_an_empty_window_says_why_there_is_nothing(operator: FlaskClient) -> None:
    page = operator.get(f"{PAGE}?settlementWindowId=2").text
    assert "No rows" in page
    assert "Closed" in page


@pytest.mark.parametrize("path", [PAGE, FILE])
def test_a_bad_value_is_told_with_field_value_and_remedy_and_kept(operator: FlaskClient, path: str) -> None:
    answer = operator.get(f"{path}?settlementWindowId=x7")
    assert answer.status_code == 422
    assert "Settlement window is “x7”, which is no whole number. Type digits only." in answer.text
    assert 'value="x7" selected' in answer.text


def test_a_missing_value_is_told_once_something_was_sent(operator: FlaskClient) -> None:
    answer = operator.get(f"{PAGE}?settlementWindowId=&currency=USD")
    assert (answer.status_code, "Settlement window is not given" in answer.text) == (422, True)


@pytest.mark.parametrize("path", [PAGE, FILE, "/api/reports/settlement-window"])
def test_an_unknown_window_is_not_found(operator: FlaskClient, path: str) -> None:
    answer = operator.get(f"{path}?settlementWindowId=99")
    assert (answer.status_code, "Settlement window 99" in answer.text) == (404, True)


def test_an_unknown_report_is_not_found(operator: FlaskClient) -> None:
    assert operator.get("/catalogue/no-such").status_code == 404


def test_a_hub_whose_database_is_away_costs_a_page_that_says_so(own: Own) -> None:
    Path(own.url.removeprefix("sqlite:///")).unlink()
    Path(own.url.removeprefix("sqlite:///")).mkdir()
    answer = own.operator.get(f"{PAGE}?settlementWindowId=1")
    assert answer.status_code == 502
    assert "SELECT" not in answer.text


def test_the_api_describes_reports_and_gives_their_rows(operator: FlaskClient) -> None:
    listed = json(operator, "/api/reports")
    described = next(each for each in listed["reports"] if each["name"] == "settlement-window")
    assert described["params"][0] == {
        "name": "settlementWindowId", "type": "window", "label": "Settlement window", "required": True,
    }  # fmt: skip
    given = json(operator, described["href"].removeprefix("/reports") + "?settlementWindowId=1")
    assert given["rows"][0] == {
        "participant": "payeefsp", "currency": "USD", "sent_count": 1, "sent": "30.05", "received_count": 2,
        "received": "100.30", "net": "-70.25",
    }  # fmt: skip
    assert json(operator, "/api/openapi.json")["paths"].keys() >= {"/api/reports", "/api/reports/{name}"}


def test_the_api_gives_csv_by_column_keys_and_names_what_it_cannot_do(operator: FlaskClient) -> None:
    file = operator.get("/api/reports/settlement-window?settlementWindowId=1&format=csv")
    assert file.text.startswith("participant,currency,sent,received,net")
    refused = operator.get("/api/reports/settlement-window?format=docx")
    assert (refused.status_code, refused.content_type) == (422, "application/problem+json")
    assert "Settlement window is not given" in refused.text
    named = operator.get("/api/reports/settlement-window?settlementWindowId=1&format=docx")
    assert "csv, xlsx, json, jsonl" in named.text


@pytest.mark.parametrize("path", [PAGE, FILE, "/api/reports/settlement-window"])
def test_a_report_needs_its_own_permission_beside_the_catalogues(app: Flask, path: str) -> None:
    refused = user_with(app, CATALOGUE).get(f"{path}?settlementWindowId=1")
    assert (refused.status_code, WINDOW in refused.text) == (403, True)
    assert user_with(app, WINDOW).get(f"{path}?settlementWindowId=1").status_code == 403
    assert user_with(app, CATALOGUE, WINDOW).get(f"{path}?settlementWindowId=1").status_code == 200


def test_the_manifest_knows_the_permission_of_each_report(operator: FlaskClient) -> None:
    known = {each["id"]: each["sentence"] for each in json(operator, "/manifest.json")["permissions"]}
    assert known[WINDOW] == {
        "en": "Run the report “Settlement window”",
        "fr": "Exécuter le rapport «\u00a0Fenêtre de règlement\u00a0»",
    }


@pytest.mark.parametrize("path", ["/catalogue", PAGE, f"{PAGE}?settlementWindowId=1"])
def test_every_page_stands_alone_too(app: Flask, path: str) -> None:
    who = Identity(
        "u-102", "Marcus Mwangi", "marcus", frozenset(), True, frozenset({CATALOGUE, WINDOW}), (), "token", "sid"
    )
    with app.test_request_context(path):
        g.identity = who
        page = make_response(app.dispatch_request()).get_data(as_text=True)
    assert (page.count("<html"), page.count("<h1")) == (1, 1)
