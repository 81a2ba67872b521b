"""The panel on the home page: the open window, what waits, and silence for whoever may not see."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff import HubRefused, HubUnavailable
from bff.testing import user_with
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.states import RunState
from microfrontends.settlement.run.table import settlement_run
from microfrontends.settlement.tests.bench import Bench
from microfrontends.settlement.tests.fake_hub import FakeHub
from microfrontends.settlement.tests.reading import links, words


def test_it_shows_the_open_window_what_it_holds_and_what_waits(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(1, WindowState.CLOSED)
    hub.has(2, WindowState.CLOSED)
    hub.has(3, WindowState.PROCESSING)
    hub.has(4, WindowState.OPEN)
    hub.transfer(4, "1204.50")
    hub.transfer(4, "7000", "XOF")
    page = operator.get("/slots/home").text
    text = words(page)
    assert "Open window 4 since" in text
    assert "USD 1,204.50 1 transfer" in text
    assert "XOF 7,000 1 transfer" in text
    assert "Closing 1" in text
    assert "Wait for settlement 2 closed windows" in text
    assert "/settlement/windows/4/close" in links(page)


def test_who_may_not_close_sees_no_button(reader: FlaskClient, hub: FakeHub) -> None:
    hub.has(4, WindowState.OPEN)
    assert "/settlement/windows/4/close" not in links(reader.get("/slots/home").text)


def test_no_open_window_is_said_aloud(reader: FlaskClient) -> None:
    assert "No settlement window is open" in words(reader.get("/slots/home").text)


@pytest.mark.parametrize("method", ["positions", "in_state"])
def test_without_the_hubs_database_the_open_window_stands(reader: FlaskClient, hub: FakeHub, method: str) -> None:
    hub.has(4, WindowState.OPEN)
    hub.fail(method, FiguresUnavailable("OperationalError"))
    text = words(reader.get("/slots/home").text)
    assert "Open window 4" in text
    assert "figures are missing" in text


def test_without_the_hub_the_panel_fails_as_a_whole(reader: FlaskClient, hub: FakeHub) -> None:
    hub.fail("open_windows", HubUnavailable("timeout"))
    assert reader.get("/slots/home").status_code == 502


def test_whoever_is_bound_to_participants_gets_an_empty_panel(app: Flask, hub: FakeHub) -> None:
    hub.has(4, WindowState.OPEN)
    answer = user_with(app, P.VIEW_WINDOWS, hub=False, participants=["payerfsp"]).get("/slots/home")
    assert (answer.status_code, answer.data, hub.calls) == (200, b"", [])


def test_settlements_that_are_not_over_wait_on_the_home_page(app: Flask, bench: Bench) -> None:
    client = user_with(app, P.VIEW_SETTLEMENTS)
    assert "No settlement waits" in words(client.get("/slots/settlements").text)
    bench.settle()
    page = client.get("/slots/settlements").text
    assert "1 Transfers reserved" in words(page)
    assert "/settlement/settlements/1" in links(page)
    bench.hub.fail("funds_in", *[HubRefused("2001", "no", 400)] * 2)
    bench.work(bench.finalise(1))
    assert "1 run has stopped" in words(client.get("/slots/settlements").text)


def test_a_stopped_run_is_counted_beside_the_entry_and_told_to_those_who_approve(app: Flask, bench: Bench) -> None:
    staff = user_with(app, P.VIEW_SETTLEMENTS, P.APPROVE_SETTLEMENT)
    assert staff.get("/slots/badges/settlements").data == b""
    assert staff.get("/slots/approvals").data == b""
    run = bench.ready()
    _stop(bench, run.id)
    badge = staff.get("/slots/badges/settlements").text
    assert badge == '<data value="1">1 settlement run has stopped</data>'
    assert f"/settlement/settlements/{run.settlement_id}" in links(staff.get("/slots/approvals").text)
    for path in ("/slots/badges/settlements", "/slots/approvals"):
        bound = user_with(app, P.VIEW_SETTLEMENTS, P.APPROVE_SETTLEMENT, hub=False, participants=["payerfsp"])
        assert bound.get(path).data == b""


def _stop(bench: Bench, run_id: str) -> None:
    with bench.desk.runs.engine.begin() as connection:
        stopped = settlement_run.update().where(settlement_run.c.id == run_id)
        connection.execute(stopped.values(state=RunState.STOPPED))
