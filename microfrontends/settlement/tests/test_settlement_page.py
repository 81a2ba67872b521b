"""One settlement: its money before, expected and now, its run, what keeps it, who did what, and the one thing to do."""

from dataclasses import replace
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff import HubRefused, HubUnavailable
from bff.testing import user_with
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.states import RunState
from microfrontends.settlement.tests.bench import Bench
from microfrontends.settlement.tests.reading import links, rows, said, words


@pytest.fixture
def fatima(app: Flask) -> FlaskClient:
    """Fatima, who settles and finalises."""
    return user_with(app, P.VIEW_SETTLEMENTS, P.FINALISE, P.VIEW_WINDOWS, sub="u-fatima", name="Fatima Farah")


def test_accounts_show_what_is_expected_before_anything_moves(fatima: FlaskClient, bench: Bench) -> None:
    bench.settle()
    page = fatima.get("/settlements/1").text
    found = [row for row in rows(page) if row.startswith("alpha USD owes")]
    liquidity, caps = "1,000,000.00 998,749.50 1,000,000.00", "1,000,000.00 1,000,000.00"
    assert found == [f"alpha USD owes 1,250.50 {liquidity} {caps} \N{EN DASH} Transfers reserved"]
    assert "/settlement/settlements/1/finalisations" in links(page)


def test_after_the_finalisation_before_expected_and_now_stand_side_by_side(fatima: FlaskClient, bench: Bench) -> None:
    bench.settle()
    bench.work(bench.finalise(1, reason="The bank has paid"))
    page = fatima.get("/settlements/1").text
    row = next(row for row in rows(page) if row.startswith("alpha USD owes"))
    assert row.startswith("alpha USD owes 1,250.50 1,000,000.00 998,749.50 998,749.50")
    text = words(page)
    assert "Funds out of net senders Done" in text
    assert "Funds into net recipients Done" in text
    assert "The bank has paid" in text
    assert "Marcus" in text, "who let it through is in the history"
    assert "settlement 1" in text, "the reference that the hub keeps"
    assert "every 2s" not in page


def test_a_run_under_way_says_how_far_it_is_and_looks_again(fatima: FlaskClient, bench: Bench) -> None:
    bench.settle()
    bench.finalise(1)
    page = fatima.get("/settlements/1").text
    assert 'hx-get="/settlement/settlements/1" hx-trigger="every 2s"' in page
    assert "The run waits for a worker" in words(page)
    assert "/settlement/settlements/1/finalisations" not in [each for each in links(page) if "Finalise" in each]


def test_what_the_hub_refused_stands_with_its_account_in_the_hubs_words(fatima: FlaskClient, bench: Bench) -> None:
    bench.settle()
    refusal = HubRefused("2001", "Internal server error - no funds today", 500)
    bench.hub.fail("funds_in", *[refusal] * 6)
    run = bench.work(bench.finalise(1))
    assert run.state is RunState.STOPPED
    page = fatima.get("/settlements/1").text
    text = words(page)
    assert "The run has stopped" in text
    assert "2 of 4 accounts are through" in text
    assert "2001 Internal server error - no funds today" in text
    assert f"/settlement/runs/{run.id}/resume" in links(page)
    assert any(row.startswith("beta USD Funds in") for row in rows(page))


def test_a_hub_that_does_not_answer_is_a_wait(fatima: FlaskClient, bench: Bench) -> None:
    bench.settle()
    run = bench.finalise(1)
    bench.hub.fail("settlement", *[HubUnavailable("timeout")] * 3)
    bench.work(run)
    bench.hub.fails.clear()
    assert "The hub has not answered since" in words(fatima.get("/settlements/1").text)


def test_a_cap_that_the_hub_rewrote_is_shown_and_can_be_put_back(fatima: FlaskClient, bench: Bench) -> None:
    bench.hub.has(2, WindowState.OPEN)
    bench.hub.transfer(2, "100", payer="beta", payee="alpha")
    cap = next(each for each in bench.hub.books.caps() if (each.participant, each.currency) == ("beta", "USD"))
    account = bench.hub.books.account("beta", "USD").account_id
    bench.hub.books.limits[account].insert(0, replace(cap, value=Decimal(10)))
    bench.hub.books.set_cap(replace(cap, alarm=Decimal(25)))
    bench.settle()
    page = fatima.get("/settlements/1").text
    assert "Net debit caps that the hub rewrote" in words(page)
    row = next(row for row in rows(page) if row.startswith("beta USD") and "Rewritten" in row)
    assert "25%" in row
    assert "/settlement/settlements/1/caps/beta/USD/restore" in links(page)
    bench.ask("restore_cap", settlement_id=1, participant="beta", currency="USD")
    assert "Put back" in words(fatima.get("/settlements/1").text)


def test_only_who_may_finalise_is_offered_anything(app: Flask, bench: Bench) -> None:
    bench.settle()
    page = user_with(app, P.VIEW_SETTLEMENTS).get("/settlements/1").text
    assert not [each for each in links(page) if "/help/" not in each and ("abort" in each or "finalis" in each)]


def test_an_abort_is_offered_only_where_the_hub_could_do_it(fatima: FlaskClient, bench: Bench) -> None:
    bench.settle()
    assert "/settlement/settlements/1/abort" in links(fatima.get("/settlements/1").text)
    bench.work(bench.finalise(1))
    assert "/settlement/settlements/1/abort" not in links(fatima.get("/settlements/1").text)


def test_without_the_ledger_the_settlement_stands(fatima: FlaskClient, bench: Bench) -> None:
    bench.settle()
    bench.hub.fail("ledger", HubUnavailable("timeout"))
    text = words(fatima.get("/settlements/1").text)
    assert "Balances and caps cannot be shown" in text
    assert "alpha USD owes 1,250.50 \N{EN DASH}" in text


def test_the_windows_in_it_are_named_and_lead_back(fatima: FlaskClient, bench: Bench) -> None:
    bench.settle()
    assert "/settlement/windows/1" in links(fatima.get("/settlements/1").text)
    assert "/settlement/settlements/1" in links(fatima.get("/windows/1").text)


def test_the_api_has_accounts_steps_and_exact_amounts(fatima: FlaskClient, bench: Bench) -> None:
    bench.settle()
    bench.work(bench.finalise(1))
    told = said(fatima.get("/api/settlements/1"))
    alpha = next(each for each in told["accounts"] if each["participant"] == "alpha")
    assert (alpha["net"], alpha["liquidity_now"], alpha["state"]) == ("1250.50", "998749.50", "SETTLED")
    assert alpha["transfer_id"]
    assert {each["state"] for each in told["steps"]} <= {"DONE", "SKIPPED"}
    assert len(told["runs"]) == 2


def test_two_hundred_participants_are_shown_fifty_at_a_time_with_trouble_first(
    fatima: FlaskClient, bench: Bench
) -> None:
    for number in range(120):
        bench.hub.books.join(f"dfsp{number:03}", "USD")
        bench.hub.transfer(1, "1", "USD", payer=f"dfsp{number:03}", payee="beta")
    bench.settle()
    page = fatima.get("/settlements/1").text
    assert "1\N{EN DASH}50 of 124" in words(page)
    assert "/settlement/settlements/1?page=2" in links(page)
    assert "101\N{EN DASH}124 of 124" in words(fatima.get("/settlements/1?page=3").text)
