"""The JSON API: shapes, exact money, refusals in one form, and the document that describes it."""

import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff import HubUnavailable
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.tests.fake_hub import LONG_AGO, FakeHub
from microfrontends.settlement.tests.reading import said

ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")


def test_the_list_has_its_page_its_counts_and_its_moment(reader: FlaskClient, hub: FakeHub) -> None:
    hub.has(1, WindowState.SETTLED, LONG_AGO)
    hub.has(2, WindowState.OPEN)
    told = said(reader.get("/api/windows"))
    assert [each["id"] for each in told["windows"]] == [2]
    assert (told["first"], told["last"], told["total"], told["next_page"]) == (1, 1, 1, None)
    assert told["counts"] == {"OPEN": 1}
    assert told["complete"] is True
    assert datetime.fromisoformat(told["as_of"]).tzinfo


def test_dates_and_states_filter_as_on_the_page(reader: FlaskClient, hub: FakeHub) -> None:
    hub.has(1, WindowState.SETTLED, LONG_AGO)
    hub.has(2, WindowState.OPEN)
    query = {"from": "2025-12-31T00:00:00Z", "to": "2026-01-02T00:00:00+03:00", "state": "SETTLED"}
    assert [each["id"] for each in said(reader.get("/api/windows", query_string=query))["windows"]] == [1]


def test_crossed_dates_become_one_moment(reader: FlaskClient, hub: FakeHub) -> None:
    hub.has(1, WindowState.SETTLED, LONG_AGO)
    query = {"from": LONG_AGO.isoformat(), "to": "2025-01-01T00:00:00Z"}
    assert [each["id"] for each in said(reader.get("/api/windows", query_string=query))["windows"]] == [1]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"state": "BAD"}, "state"),
        ({"preset": "year"}, "preset"),
        ({"from": "soon"}, "from"),
        ({"page": "0"}, "page"),
        ({"page": "x"}, "page"),
    ],
)
def test_what_makes_no_sense_is_named(reader: FlaskClient, query: dict[str, str], named: str) -> None:
    answer = reader.get("/api/windows", query_string=query)
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert said(answer)["detail"].startswith(f"{named}: ")


def test_pages_can_be_followed_to_the_end(reader: FlaskClient, hub: FakeHub) -> None:
    for number in range(1, 121):
        hub.has(number, WindowState.SETTLED)
    seen, page = [], 1
    while page:
        told = said(reader.get("/api/windows", query_string={"page": page}))
        seen += [each["id"] for each in told["windows"]]
        page = told["next_page"]
    assert seen == list(range(120, 0, -1))


def test_a_window_has_its_money_as_strings_at_the_currencys_scale(reader: FlaskClient, hub: FakeHub) -> None:
    hub.has(5, WindowState.OPEN)
    hub.transfer(5, "99999999999999.9900")
    hub.transfer(5, "7000.0000", "XOF")
    told = said(reader.get("/api/windows/5"))
    usd, xof = told["holdings"]
    assert (usd["transfers"], usd["amount"], usd["imbalance"]) == (1, "99999999999999.99", "0.00")
    assert usd["positions"][0] == {
        "participant": "payeefsp",
        "transfers": 0,
        "sent": "0.00",
        "received": "99999999999999.99",
        "net": "-99999999999999.99",
    }
    assert xof["amount"] == "7000"


def test_digits_beyond_the_scale_are_kept(reader: FlaskClient, hub: FakeHub) -> None:
    hub.has(5, WindowState.OPEN)
    hub.transfer(5, "0.0001")
    assert said(reader.get("/api/windows/5"))["holdings"][0]["amount"] == "0.0001"


def test_without_the_hubs_database_holdings_are_null(reader: FlaskClient, hub: FakeHub) -> None:
    hub.has(5, WindowState.OPEN)
    hub.fail("positions", FiguresUnavailable("OperationalError"))
    assert said(reader.get("/api/windows/5"))["holdings"] is None


def test_an_unknown_window_is_a_problem(reader: FlaskClient) -> None:
    answer = reader.get("/api/windows/99")
    assert (answer.status_code, said(answer)["detail"]) == (404, "The hub has no settlement window 99.")


def test_closing_is_accepted_and_says_where_to_look(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(5, WindowState.OPEN)
    hub.transfer(5, "1")
    answer = operator.post("/api/windows/5/close", json={"reason": "End of day"})
    told = said(answer)
    assert (answer.status_code, told["state"], told["target"]) == (202, "DONE", "window:5")
    assert told["href"] == f"/settlement/approvals/{told['id']}"
    assert hub.closes == [(5, "End of day (olivia)", "olivia")]


def test_the_same_key_closes_once(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(5, WindowState.OPEN)
    hub.transfer(5, "1")
    key = {"Idempotency-Key": "pipeline-7"}
    assert [operator.post("/api/windows/5/close", json={}, headers=key).status_code for _ in range(2)] == [202, 202]
    assert len(hub.closes) == 1


def test_a_refusal_carries_the_hubs_code(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(5, WindowState.OPEN)
    answer = operator.post("/api/windows/5/close", json={})
    assert (answer.status_code, said(answer)["code"]) == (409, "3100")


def test_a_window_that_is_not_open_is_a_conflict(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(5, WindowState.SETTLED)
    answer = operator.post("/api/windows/5/close", json={})
    assert (answer.status_code, said(answer)["detail"]) == (409, "Window 5 is not open any more. Nothing was changed.")


def test_a_lost_answer_is_a_502_that_asks_to_read_first(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(5, WindowState.OPEN)
    hub.fail("close", HubUnavailable("timeout", sent=True))
    answer = operator.post("/api/windows/5/close", json={})
    assert answer.status_code == 502
    assert "read the state again before repeating it" in said(answer)["detail"]


def test_a_reason_that_is_too_long_is_refused(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(5, WindowState.OPEN)
    answer = operator.post("/api/windows/5/close", json={"reason": "x" * 401})
    assert (answer.status_code, said(answer)["detail"].split()[0]) == (422, "reason:")


def test_the_document_describes_every_route_under_the_path_it_is_served_at(app: Flask, reader: FlaskClient) -> None:
    document = said(reader.get("/api/openapi.json"))
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "/settlement"}]
    described = {
        (path, method) for path, item in document["paths"].items() for method in item if method != "parameters"
    }
    served = {
        (ARGUMENT.sub(r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/") and not rule.rule.startswith(("/api/audit", "/api/openapi"))
    }
    assert described == served
    assert "detail" in document["components"]["schemas"]["Problem"]["properties"]
    amount = document["components"]["schemas"]["Holding"]["properties"]["amount"]
    assert amount["type"] == "string"


def test_moments_have_their_zone(reader: FlaskClient, hub: FakeHub) -> None:
    hub.has(5, WindowState.SETTLED, datetime(2026, 11, 22, 6, 0, tzinfo=UTC))
    told = said(reader.get("/api/windows/5"))
    assert (told["opened"], told["closed"]) == ("2026-11-22T06:00:00+00:00", "2026-11-22T07:00:00+00:00")
