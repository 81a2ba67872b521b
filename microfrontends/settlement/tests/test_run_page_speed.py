"""How long the page of a run takes at 200 participants in three currencies: a figure, and never an assertion."""

import time

from flask import Flask

from bff.testing import user_with
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.permissions import P
from microfrontends.settlement.tests.bench import Bench
from microfrontends.settlement.tests.fake_settlements import model
from tests.figures import figure

CURRENCIES = ("USD", "XOF", "EUR")


def test_a_run_of_six_hundred_accounts_is_shown(app: Flask, bench: Bench) -> None:
    bench.hub.settling.models = [model(None)]
    bench.hub.has(2, WindowState.PROCESSING)
    for number in range(200):
        for currency in CURRENCIES:
            payer, payee = f"dfsp{number:03}", f"dfsp{(number + 1) % 200:03}"
            bench.hub.transfer(2, str(number + 1), currency, payer=payer, payee=payee)
    bench.hub.finish()
    bench.settle("DEFERREDNET", "2")
    bench.finalise(1)
    client, times = user_with(app, *P), []
    for _ in range(5):
        begun = time.perf_counter()
        page = client.get("/settlements/1")
        times.append(time.perf_counter() - begun)
    assert "of 600" in page.text
    figure("run_page_200_participants_ms", f"{sorted(times)[2] * 1000:.0f}", "ms")
