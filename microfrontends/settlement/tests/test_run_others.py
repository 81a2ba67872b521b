"""Funds while others are at the same accounts: what is ours is told from what is theirs, or nothing is sent."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from bff import HubRefused
from bff.run import Person, Run, running
from microfrontends.settlement.domain.settlements import SettlementState
from microfrontends.settlement.hub import FundsOrder
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.run.states import RunState, StepKind, StepState
from microfrontends.settlement.run.table import settlement_run, settlement_step
from microfrontends.settlement.tests.bench import Bench
from microfrontends.settlement.tests.crowded_books import CrowdedBooks, crowded
from microfrontends.settlement.tests.fake_hub import FakeHub

OUT, IN = "funds_out_reserve", "funds_in"
SOMEBODY = Run("7c9e6679-7425-40de-944b-e07fc1f90ae7", Person("u-olivia", "Olivia", "olivia"))


@pytest.fixture
def make_hub() -> Callable[[], FakeHub]:
    """Makes hubs that others use too."""
    return lambda: FakeHub(books=CrowdedBooks())


def test_where_somebody_else_moves_the_same_balance_the_hubs_database_tells_what_became_of_ours(bench: Bench) -> None:
    run = bench.ready()
    crowded(bench).after["beta"] = Decimal("-7")
    assert bench.work(run).state is RunState.DONE
    step = bench.step(run, "beta", StepKind.FUNDS_IN)
    assert step.found is not None
    assert step.expected is not None
    assert step.found - step.expected == 7
    assert set(bench.movements.values()) == {1}


def test_where_nobody_can_tell_nothing_is_sent_again_until_somebody_can(bench: Bench) -> None:
    run = bench.ready()
    crowded(bench).after["beta"] = Decimal("-7")
    bench.hub.fail("transfer_states", *[FiguresUnavailable("gone")] * 100_000)
    run = bench.work(run)
    bench.ask("resume", run_id=run.id)
    sent = bench.writes().count(IN)
    run = bench.work(run)
    unclear = bench.step(run, "beta", StepKind.FUNDS_IN)
    assert "somebody else has moved it" in unclear.problem
    assert (unclear.state, bench.writes().count(IN)) == (StepState.WAITING, sent)
    bench.hub.fails.clear()
    assert bench.resume(run).state is RunState.DONE
    assert set(bench.movements.values()) == {1}


def test_a_portal_that_forgot_everything_moves_nothing_twice(bench: Bench) -> None:
    run = bench.ready()
    bench.hub.fail("advance", None, None, None, HubRefused("3100", "Generic validation error - on purpose"))
    bench.work(run)
    moved = dict(bench.movements)
    assert moved
    with bench.desk.runs.engine.begin() as connection:
        connection.execute(settlement_step.delete().where(settlement_step.c.run == run.id))
        connection.execute(settlement_run.update().values(open_key=None, settlement_id=None))
    assert bench.work(bench.finalise(1)).state is RunState.DONE
    assert set(bench.movements.values()) == {1}
    bench.reconciled()


def test_an_account_that_somebody_else_committed_gets_no_funds_of_ours(bench: Bench) -> None:
    run = bench.ready()
    settlement = bench.hub.settling.made[1]
    alpha = next(each for each in settlement.accounts if each.participant == "alpha")
    bench.hub.settling.advance(1, [alpha], SettlementState.PS_TRANSFERS_COMMITTED, "another portal")
    run = bench.work(run)
    assert run.state is RunState.DONE
    assert ("alpha", "USD", Decimal("-1250.5000")) not in bench.movements
    assert bench.step(run, "alpha", StepKind.RESERVE_FUNDS_OUT).state is StepState.SKIPPED


def test_what_was_sent_for_an_account_that_somebody_else_committed_is_looked_for_and_not_sent_again(
    bench: Bench,
) -> None:
    run = bench.ready()
    bench.hub.lose(IN)
    run = bench.work(run)
    settlement = bench.hub.settling.made[1]
    beta = next(each for each in settlement.accounts if each.participant == "beta")
    bench.hub.settling.advance(1, [beta], SettlementState.PS_TRANSFERS_COMMITTED, "another portal")
    run = bench.resume(run)
    assert run.state is RunState.DONE
    step = bench.step(run, "beta", StepKind.FUNDS_IN)
    assert (step.state, step.attempts) == (StepState.SKIPPED, 1)
    assert "is not sent again" in step.problem


def test_a_run_that_is_given_up_can_be_begun_anew_and_moves_nothing_twice(bench: Bench) -> None:
    run = bench.ready()
    bench.hub.fail(IN, HubRefused("3101", "no"))
    assert bench.work(run).state is RunState.STOPPED
    bench.ask("give_up", run_id=run.id)
    given_up = bench.run(run.id)
    assert (given_up.state, given_up.problem) == (RunState.GIVEN_UP, "Fatima gave it up.")
    assert bench.work(bench.finalise(1)).state is RunState.DONE
    assert set(bench.movements.values()) == {1}
    bench.reconciled()


def test_a_plan_with_another_amount_under_a_known_id_stops_before_it_is_taken_for_done(bench: Bench) -> None:
    run = bench.ready()
    key = bench.step(run, "beta", StepKind.FUNDS_IN).transfer_id
    account = bench.hub.books.account("beta", "USD", "SETTLEMENT").account_id
    with running(SOMEBODY):
        bench.hub.funds_in(FundsOrder("beta", account, Decimal(1), "USD", key or "", "earlier", "another plan"))
    bench.hub.books.settle_down()
    run = bench.work(run)
    failed = bench.step(run, "beta", StepKind.FUNDS_IN)
    assert failed.problem == "The hub has moved 1 USD for this already, and not 1250.5000: nothing is sent."
    assert (failed.state, failed.attempts) == (StepState.FAILED, 0)


def test_a_balance_that_looks_right_by_chance_is_not_believed_against_the_hubs_database(bench: Bench) -> None:
    run = bench.ready()
    bench.hub.lose(IN)
    crowded(bench).after["beta"] = Decimal("-1250.50")  # somebody else pays in the very same amount
    run = bench.work(run)
    assert bench.step(run, "beta", StepKind.FUNDS_IN).state is StepState.WAITING
    assert bench.resume(run).state is RunState.DONE
    assert bench.movements["beta", "USD", Decimal("1250.5000")] == 1


def test_without_the_database_the_balance_alone_decides(bench: Bench) -> None:
    run = bench.ready()
    bench.hub.fail("transfer_states", *[FiguresUnavailable("gone")] * 100_000)
    assert bench.work(run).state is RunState.DONE
    assert bench.hub.calls.count("transfer_states") == 2  # asked at the start, and not waited for again and again
    bench.reconciled()
