"""Finding settlements: those of a period and those that are not over, what changes hands, and those only being made."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from flask import Flask
from flask.testing import FlaskClient

from bff import HubRefused
from bff.testing import user_with
from microfrontends.settlement.domain.settlements import SettlementState
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.states import RunState
from microfrontends.settlement.tests.bench import Bench
from microfrontends.settlement.tests.fake_hub import LONG_AGO
from microfrontends.settlement.tests.reading import links, rows, said, words

S = SettlementState


def total(bench: Bench) -> Decimal:
    """What changes hands in the first settlement."""
    return bench.hub.settling.made[1].totals["USD"].normalize()


def client_of(app: Flask) -> FlaskClient:
    return user_with(app, P.VIEW_SETTLEMENTS, P.FINALISE, P.VIEW_WINDOWS)


def numbers(page: str) -> list[int]:
    return [int(row.split()[0]) for row in rows(page)]


def aged(bench: Bench, number: int, state: SettlementState, days: int) -> None:
    """Put a settlement into the hub that was made so many days ago."""
    made = bench.hub.settling.made[1]
    at = made.created - timedelta(days=days)
    bench.hub.settling.made[number] = replace(made, id=number, state=state, created=at, changed=at)


def test_a_row_says_state_total_windows_model_and_run(app: Flask, bench: Bench) -> None:
    bench.settle()
    (row,) = rows(client_of(app).get("/settlements").text)
    assert row.startswith(f"1 Transfers reserved {total(bench):,} USD 1 DEFERREDNETUSD")
    assert row.endswith("Reserved")


def test_what_is_not_over_is_listed_whatever_the_dates_say(app: Flask, bench: Bench) -> None:
    bench.settle()
    aged(bench, 2, S.SETTLED, 40)
    aged(bench, 3, S.PS_TRANSFERS_COMMITTED, 40)
    aged(bench, 4, S.ABORTED, 40)
    assert numbers(client_of(app).get("/settlements").text) == [3, 1]
    assert numbers(client_of(app).get(f"/settlements?from={LONG_AGO:%Y-%m-%d}&to=2099-01-01").text) == [4, 3, 2, 1]


def test_a_state_filters_and_is_counted(app: Flask, bench: Bench) -> None:
    bench.settle()
    aged(bench, 2, S.SETTLING, 0)
    page = client_of(app).get("/settlements?state=SETTLING").text
    assert numbers(page) == [2]
    assert "Settling 1" in words(page)
    assert "/settlement/settlements?state=PS_TRANSFERS_RESERVED" in links(page)


def test_the_total_value_leaves_out_what_was_aborted(app: Flask, bench: Bench) -> None:
    bench.settle()
    aged(bench, 2, S.ABORTED, 0)
    assert f"Total value USD {total(bench):,}" in words(client_of(app).get("/settlements").text)


def test_fifty_make_a_page(app: Flask, bench: Bench) -> None:
    bench.settle()
    for number in range(2, 61):
        aged(bench, number, S.SETTLED, 0)
    first = client_of(app).get("/settlements").text
    assert numbers(first) == list(range(60, 10, -1))
    assert "/settlement/settlements?page=2" in links(first)


def test_no_settlement_says_what_would_make_one(app: Flask, bench: Bench) -> None:
    text = words(client_of(app).get("/settlements").text)
    assert "No settlements match" in text
    assert "Settling closed windows makes one" in text


def test_one_that_is_being_made_is_told_and_the_list_looks_again(app: Flask, bench: Bench) -> None:
    task = bench.ask("settle", model="DEFERREDNETUSD", windows="1")
    page = client_of(app).get("/settlements").text
    assert "A settlement is being made" in words(page)
    assert "/settlement/settlements/rows" in page
    bench.work(task.id)
    assert "every 2s" not in client_of(app).get("/settlements").text


def test_a_window_still_added_up_is_a_wait_and_no_error(app: Flask, bench: Bench) -> None:
    bench.hub.kept[1] = replace(bench.hub.kept[1], state=WindowState.PROCESSING)
    task = bench.ask("settle", model="DEFERREDNETUSD", windows="1")
    bench.work(task.id)
    text = words(client_of(app).get("/settlements").text)
    assert "adding up window 1" in text
    assert bench.run(task.id).state is RunState.STOPPED
    assert f"/settlement/runs/{task.id}/resume" in links(client_of(app).get("/settlements").text)


def test_a_refusal_is_kept_in_the_hubs_own_words(app: Flask, bench: Bench) -> None:
    bench.hub.fail("create_settlement", HubRefused("3100", "Settlement model not found: X"))
    task = bench.ask("settle", model="DEFERREDNETUSD", windows="1")
    bench.work(task.id)
    assert bench.run(task.id).state is RunState.GIVEN_UP


def test_the_api_lists_the_same(app: Flask, bench: Bench) -> None:
    bench.settle()
    told = said(client_of(app).get("/api/settlements"))
    (one,) = told["settlements"]
    assert (one["id"], one["state"], one["model"]) == (1, "PS_TRANSFERS_RESERVED", "DEFERREDNETUSD")
    assert one["totals"] == told["totals"] == [{"currency": "USD", "amount": str(total(bench))}]
    assert one["run"]["state"] == "DONE"
    assert told["counts"] == {"PS_TRANSFERS_RESERVED": 1}


def test_a_day_and_a_state_that_make_no_sense_are_named(app: Flask, bench: Bench) -> None:
    client = client_of(app)
    assert client.get("/api/settlements?state=OPEN").status_code == 422
    assert client.get("/settlements?state=OPEN&page=x&from=y").status_code == 200
