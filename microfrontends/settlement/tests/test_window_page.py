"""One window's page: facts, what it holds, and sums that are visibly zero."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from bff import HubRefused, HubUnavailable
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.tests.fake_hub import FakeHub
from microfrontends.settlement.tests.reading import links, rows, words


def test_it_shows_transfers_and_net_positions_per_currency_in_words(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(5, WindowState.OPEN)
    hub.transfer(5, "1150.25")
    hub.transfer(5, "30", payer="testfsp1")
    hub.transfer(5, "7000", "XOF")
    page = operator.get("/windows/5").text
    assert rows(page) == [
        "payeefsp 0.00 1,180.25 is owed 1,180.25",
        "payerfsp 1,150.25 0.00 owes 1,150.25",
        "testfsp1 30.00 0.00 owes 30.00",
        "payeefsp 0 7,000 is owed 7,000",
        "payerfsp 7,000 0 owes 7,000",
    ]
    assert "USD 2 transfers 1,180.25 USD" in words(page)
    assert "XOF 1 transfer 7,000 XOF" in words(page)
    assert "Total 1,180.25 1,180.25 0.00" in words(page)
    assert "Total 7,000 7,000 0" in words(page)
    assert "-" not in "".join(rows(page)), "no raw ledger sign"


def test_it_names_state_times_and_the_reason(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(5, WindowState.SETTLED, datetime(2026, 11, 22, 6, 0, tzinfo=UTC), reason="End of day (olivia)")
    text = words(operator.get("/windows/5").text)
    assert "Settled" in text
    assert "Opened 22 Nov 2026 09:00:00 EAT" in text
    assert "Closed 22 Nov 2026 10:00:00 EAT" in text
    assert "End of day (olivia)" in text


def test_figures_that_contradict_each_other_are_called_so(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(5, WindowState.OPEN)
    hub.transfer(5, "10")
    del hub.held[5]["USD", "payeefsp"]
    assert "do not add up to zero" in words(operator.get("/windows/5").text)


def test_an_empty_window_says_why_it_is_empty(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(5, WindowState.OPEN)
    assert "Only committed transfers count" in words(operator.get("/windows/5").text)


def test_without_the_hubs_database_the_facts_stand(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(5, WindowState.OPEN)
    hub.fail("positions", FiguresUnavailable("OperationalError"))
    answer = operator.get("/windows/5")
    assert answer.status_code == 200
    assert "What the window holds cannot be shown" in words(answer.text)


def test_only_who_may_close_an_open_window_sees_the_button(
    operator: FlaskClient, reader: FlaskClient, hub: FakeHub
) -> None:
    hub.has(5, WindowState.OPEN)
    hub.has(4, WindowState.CLOSED)
    assert "/settlement/windows/5/close" in links(operator.get("/windows/5").text)
    assert "/settlement/windows/5/close" not in links(reader.get("/windows/5").text)
    assert "/settlement/windows/4/close" not in links(operator.get("/windows/4").text)


def test_a_window_that_is_being_added_up_follows_itself(operator: FlaskClient, hub: FakeHub) -> None:
    hub.has(5, WindowState.PROCESSING)
    assert 'hx-get="/settlement/windows/5" hx-trigger="every 1s"' in operator.get("/windows/5").text
    hub.finish()
    assert "every 1s" not in operator.get("/windows/5").text


@pytest.mark.parametrize("path", ["/windows/99", "/windows/99/close", "/windows/abc", "/windows/-1"])
def test_an_unknown_window_is_not_found(operator: FlaskClient, path: str) -> None:
    assert operator.get(path).status_code == 404


@pytest.mark.parametrize(
    ("problem", "status"),
    [(HubUnavailable("timeout"), 502), (HubRefused("2001", "Internal server error", 500), 409)],
)
def test_a_hub_that_fails_is_told_as_it_is(
    operator: FlaskClient, hub: FakeHub, problem: Exception, status: int
) -> None:
    hub.fail("window", problem)
    assert operator.get("/windows/5").status_code == status
