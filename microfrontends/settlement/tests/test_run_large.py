"""A finalisation of 200 participants in three currencies: what it asks of the hub for each account."""

from collections.abc import Callable

import pytest

from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.run.states import RunState
from microfrontends.settlement.tests.bench import Bench
from microfrontends.settlement.tests.fake_hub import FakeHub
from microfrontends.settlement.tests.fake_settlements import model
from tests.figures import figure

CURRENCIES = ("USD", "XOF", "KES")
MOST_CALLS = 7.0  # a net sender: read, reserve, read, read the hub, commit, read the hub, commit the account


@pytest.fixture
def make_hub() -> Callable[[], FakeHub]:
    """Makes hubs that settle all currencies by one model."""

    def make() -> FakeHub:
        made = FakeHub()
        made.settling.models = [model(None)]
        return made

    return make


def crowd(bench: Bench, participants: int) -> None:
    """Everybody pays the next one in every currency."""
    bench.hub.has(2, WindowState.PROCESSING)
    names = [f"dfsp{number:03}" for number in range(participants)]
    for currency in CURRENCIES:
        for place, (payer, payee) in enumerate(zip(names, [*names[1:], names[0]], strict=True)):
            bench.hub.transfer(2, str(10 + place % 7), currency, payer=payer, payee=payee)
    bench.hub.finish()


def calls_per_account(bench: Bench, participants: int) -> float:
    """How often the hub's APIs are asked for anything, for each account that is finalised."""
    crowd(bench, participants)
    settled = bench.settle("DEFERREDNET", "2").settlement_id
    asked = bench.finalise(settled or 0)
    before = len(bench.hub.calls)
    run = bench.work(asked)
    assert (run.state, run.problem) == (RunState.DONE, "")
    asked_of_api = [each for each in bench.hub.calls[before:] if not each.startswith("transfer_")]
    return len(asked_of_api) / (participants * len(CURRENCIES))


def test_the_hub_is_asked_the_same_for_each_account_however_many_there_are(new_bench: Callable[[], Bench]) -> None:
    few, many = calls_per_account(new_bench(), 20), calls_per_account(new_bench(), 200)
    figure("finalise_hub_calls_per_account", f"{many:.1f}")
    assert many <= MOST_CALLS
    assert abs(few - many) < 0.5


def test_what_pages_show_of_so_large_a_run_is_read(bench: Bench) -> None:
    crowd(bench, 200)
    settled = bench.settle("DEFERREDNET", "2").settlement_id
    run = bench.finalise(settled or 0)
    seen = bench.ladder(run)
    assert (len(seen.rungs), seen.progress[0]) == (600, 0)
