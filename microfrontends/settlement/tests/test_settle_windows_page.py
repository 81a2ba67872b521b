"""Settling, before it is asked for: ticked windows, the models that apply, what each would do, and who is at risk."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.testing import user_with
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.permissions import P
from microfrontends.settlement.tests.bench import Bench
from microfrontends.settlement.tests.reading import links, rows, words


@pytest.fixture
def fatima(app: Flask) -> FlaskClient:
    """Fatima, who settles."""
    return user_with(app, P.FINALISE, P.VIEW_WINDOWS, P.VIEW_SETTLEMENTS, sub="u-fatima")


def test_closed_windows_can_be_ticked_and_others_cannot(fatima: FlaskClient, bench: Bench) -> None:
    bench.hub.has(2, WindowState.OPEN)
    page = fatima.get("/windows").text
    assert 'aria-label="Settle window 1"' in page
    assert 'aria-label="Settle window 2"' not in page
    assert 'action="/settlement/windows/settle"' in page


def test_who_may_not_settle_sees_no_boxes(app: Flask, bench: Bench) -> None:
    assert "checkbox" not in user_with(app, P.VIEW_WINDOWS).get("/windows").text


def test_each_model_that_applies_is_offered_with_what_it_would_do(fatima: FlaskClient, bench: Bench) -> None:
    page = fatima.get("/windows/settle?window=1").text
    text = words(page)
    assert "2 settlement models apply, and each makes a settlement of its own." in text
    assert "Total value USD 1,270" in text
    assert "Total value XOF 70,001" in text
    assert any(row.startswith("alpha USD owes 1,250.50 1,000,000.00 998,749.50") for row in rows(page))
    assert "/settlement/settlements/settle?windows=1&model=DEFERREDNETUSD" in links(page)


def test_the_confirmation_shows_the_whole_preview(fatima: FlaskClient, bench: Bench) -> None:
    text = words(fatima.get("/settlements/settle?windows=1&model=DEFERREDNETUSD").text)
    assert "Settle window 1 by DEFERREDNETUSD." in text
    assert "alpha USD owes 1,250.50" in text
    assert "Sum USD 0.00" in text


def test_whoever_could_send_no_more_is_named_first(fatima: FlaskClient, bench: Bench) -> None:
    bench.hub.has(2, WindowState.OPEN)
    bench.hub.transfer(2, "999000", "USD", payer="alpha", payee="beta")
    page = fatima.get("/windows/settle?window=1").text
    assert "1 account would stand above its cap or its liquidity" in words(page)
    assert any(row.startswith("alpha USD") and "above its liquidity" in row for row in rows(page))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "No window was chosen"),
        ("window=abc&window=-1", "No window was chosen"),
        ("window=2", "No settlement model applies"),
    ],
)
def test_nothing_to_settle_says_why(fatima: FlaskClient, bench: Bench, query: str, said: str) -> None:
    bench.hub.has(2, WindowState.OPEN)
    assert said in words(fatima.get(f"/windows/settle?{query}").text)


def test_an_unknown_window_is_not_found(fatima: FlaskClient, bench: Bench) -> None:
    assert fatima.get("/windows/settle?window=99").status_code == 404


def test_without_the_hubs_database_nothing_is_guessed(fatima: FlaskClient, bench: Bench) -> None:
    bench.hub.fail("positions", *[FiguresUnavailable("OperationalError")] * 2)
    assert fatima.get("/windows/settle?window=1").status_code == 502


def test_what_is_left_of_a_window_can_be_settled_after_the_rest(fatima: FlaskClient, bench: Bench) -> None:
    bench.settle("DEFERREDNETUSD")
    page = fatima.get("/windows/settle?window=1").text
    assert "/settlement/settlements/settle?windows=1&model=DEFERREDNETXOF" in links(page)
    assert "DEFERREDNETUSD" not in words(page)
    assert 'aria-label="Settle window 1"' in fatima.get("/windows").text
    assert "/settlement/windows/settle?window=1" in links(fatima.get("/windows/1").text)
