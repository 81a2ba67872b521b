"""Funds move once: believed only when they show, sent again only under the same id, and never before their time."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from bff import HubRefused, HubUnavailable
from microfrontends.settlement.domain.finalisation import transfer_id
from microfrontends.settlement.domain.settlements import SettlementState
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.run.reading import RungState
from microfrontends.settlement.run.states import RunState, StepKind, StepState
from microfrontends.settlement.tests.bench import CLARA, HASTY, Bench
from microfrontends.settlement.tests.crowded_books import CrowdedBooks, crowded
from microfrontends.settlement.tests.fake_hub import FakeHub

OUT, IN = "funds_out_reserve", "funds_in"


@pytest.fixture
def make_hub() -> Callable[[], FakeHub]:
    """Makes hubs that others use too."""
    return lambda: FakeHub(books=CrowdedBooks())


def test_a_commit_is_sent_only_once_its_reserve_has_shown(bench: Bench) -> None:
    run = bench.ready()
    bench.patience, bench.hub.books.lag = replace(HASTY, taken=5.0), 3
    assert bench.work(run).state is RunState.DONE
    calls = bench.hub.calls
    reserve = calls.index(OUT)
    commit = calls.index("funds_out_commit")
    assert calls[reserve:commit].count("accounts") >= 4
    bench.reconciled()


def test_a_reserve_that_never_shows_is_waited_for_and_never_committed(bench: Bench) -> None:
    run = bench.ready()
    bench.hub.lose(OUT, times=2)
    run = bench.work(run)
    assert (run.state, run.problem) == (RunState.STOPPED, "Partly processed: 2 of 4 accounts.")
    assert "funds_out_commit" not in bench.hub.calls
    waiting = bench.step(run, "alpha", StepKind.RESERVE_FUNDS_OUT)
    assert (waiting.state, waiting.problem) == (StepState.WAITING, "The hub has not shown it within 0.02 seconds.")
    assert bench.resume(run).state is RunState.DONE
    again = bench.step(run, "alpha", StepKind.RESERVE_FUNDS_OUT)
    assert (again.transfer_id, again.attempts) == (waiting.transfer_id, 2)
    bench.reconciled()


def test_a_commit_that_is_lost_is_sent_again_and_moves_once(bench: Bench) -> None:
    run = bench.ready()
    bench.hub.lose("funds_out_commit")
    assert bench.work(run).state is RunState.STOPPED
    assert bench.resume(run).state is RunState.DONE
    assert set(bench.movements.values()) == {1}
    bench.reconciled()


def test_one_that_is_refused_keeps_the_hubs_words_and_the_others_go_on(bench: Bench) -> None:
    run = bench.ready()
    bench.hub.fail(IN, HubRefused("3101", "Malformed syntax - on purpose"))
    run = bench.work(run)
    assert (run.state, run.problem) == (RunState.STOPPED, "Partly processed: 3 of 4 accounts.")
    seen = bench.ladder(run)
    (failed,) = [each for each in seen.rungs if each.state is RungState.FAILED]
    assert failed.problem is not None
    assert (failed.problem.code, failed.problem.words) == ("3101", "Malformed syntax - on purpose")
    assert seen.accounts_done == (3, 4)
    assert bench.hub.settling.made[1].state is SettlementState.PS_TRANSFERS_RESERVED


def test_resuming_does_only_what_is_missing_under_the_same_id_and_keeps_who_resumed(bench: Bench) -> None:
    run = bench.ready()
    bench.hub.fail(IN, HubRefused("3101", "Malformed syntax - on purpose"))
    bench.work(run)
    key = bench.step(run, "beta", StepKind.FUNDS_IN).transfer_id
    before = len(bench.writes())
    run = bench.resume(run, CLARA)
    assert bench.writes()[before:] == [IN, "advance", "advance"]
    step = bench.step(run, "beta", StepKind.FUNDS_IN)
    assert (step.transfer_id, step.who, step.state) == (key, "clara", StepState.DONE)
    assert key == transfer_id(1, bench.hub.books.account("beta", "USD").account_id, "funds-in")
    assert (run.started_by.name, run.resumed_by and run.resumed_by.name) == ("Fatima", "Clara")
    assert (run.state, set(bench.movements.values())) == (RunState.DONE, {1})


def test_an_account_that_the_hub_refuses_within_a_success_is_refused(bench: Bench) -> None:
    run = bench.ready()
    account = bench.hub.books.account("alpha", "USD").account_id
    bench.hub.settling.refused[account] = "Account already processed once"
    run = bench.work(run)
    failed = bench.step(run, "alpha", StepKind.COMMIT)
    assert (failed.state, failed.words) == (StepState.FAILED, "Generic client error - Account already processed once")
    assert bench.resume(run).state is RunState.DONE
    assert set(bench.movements.values()) == {1}


def test_funds_that_are_not_there_are_not_sent_and_a_deposit_lets_the_run_go_on(bench: Bench) -> None:
    run = bench.ready()
    account = bench.hub.books.account("alpha", "USD", "SETTLEMENT").account_id
    bench.hub.books.move(account, Decimal("999000"))
    run = bench.work(run)
    failed = bench.step(run, "alpha", StepKind.RESERVE_FUNDS_OUT)
    assert failed.problem == "The liquidity account holds 1000.0000 USD, and 1250.5000 have to go out."
    assert failed.attempts == 0
    bench.hub.books.move(account, Decimal("-999000"))
    assert bench.resume(run).state is RunState.DONE
    bench.reconciled()


def test_a_transfer_that_the_hub_rejected_in_silence_gets_another_id_when_it_is_tried_again(bench: Bench) -> None:
    run = bench.ready()
    first = bench.step(run, "alpha", StepKind.RESERVE_FUNDS_OUT).transfer_id
    account = bench.hub.books.account("alpha", "USD", "SETTLEMENT").account_id
    crowded(bench).before["alpha"] = Decimal("999999")  # somebody else was faster, after we had looked
    run = bench.work(run)
    failed = bench.step(run, "alpha", StepKind.RESERVE_FUNDS_OUT)
    assert failed.problem == "The hub took it, and then rejected it without a word."
    bench.hub.books.move(account, Decimal("-999999"))
    assert bench.resume(run).state is RunState.DONE
    again = bench.step(run, "alpha", StepKind.RESERVE_FUNDS_OUT)
    assert again.transfer_id != first
    assert again.transfer_id == bench.step(run, "alpha", StepKind.COMMIT_FUNDS_OUT).transfer_id
    assert set(bench.movements.values()) == {1}
    bench.reconciled()


def test_a_hub_that_takes_everything_and_does_nothing_is_not_asked_for_more(bench: Bench) -> None:
    bench.settle()
    run = bench.finalise(1)
    for method in (OUT, IN):
        bench.hub.lose(method, times=100)
    run = bench.work(run)
    assert (run.state, run.problem) == (RunState.STOPPED, "The hub takes what it is sent and does not carry it out.")
    assert len([each for each in bench.writes() if each.startswith("funds")]) == 3


def test_an_answer_that_never_came_is_looked_for_before_anything_else(bench: Bench) -> None:
    run = bench.ready()
    bench.hub.fail_after(IN, HubUnavailable("timeout", sent=True))
    assert bench.work(run).state is RunState.DONE
    assert bench.writes().count(IN) == 2
    assert set(bench.movements.values()) == {1}


def test_an_amount_that_the_hub_would_not_keep_is_not_sent(bench: Bench) -> None:
    bench.hub.has(2, WindowState.PROCESSING)
    bench.hub.books.join("huge", "USD", liquidity="900000000000")
    bench.hub.transfer(2, "123456789012.0001", payer="huge", payee="alpha")
    bench.hub.finish()
    settled = bench.settle("DEFERREDNETUSD", "2").settlement_id
    run = bench.work(bench.finalise(settled or 0))
    failed = bench.step(run, "huge", StepKind.RESERVE_FUNDS_OUT)
    assert failed.problem == "The hub cannot keep 123456789012.0001 USD to the last digit."
    assert (run.state, failed.attempts) == (RunState.STOPPED, 0)
