"""The run of a settlement from closed windows to settled accounts: undisturbed, and in whose name."""

from decimal import Decimal

from microfrontends.settlement.domain.settlements import SettlementState
from microfrontends.settlement.run.reading import Next
from microfrontends.settlement.run.states import RunState, StepKind, StepState
from microfrontends.settlement.tests.bench import Bench


def test_settling_makes_records_and_reserves_a_settlement(bench: Bench) -> None:
    run = bench.settle("DEFERREDNETUSD")
    assert (run.state, run.settlement_id, run.started_by.subject) == (RunState.DONE, 1, "u-fatima")
    settlement = bench.hub.settling.made[1]
    assert settlement.state is SettlementState.PS_TRANSFERS_RESERVED
    assert bench.writes() == ["create_settlement", "advance", "advance"]
    seen = bench.ladder(run)
    assert seen.next is Next.FINALISE
    assert seen.totals == {"USD": Decimal("1270.55")}
    assert seen.progress == (11, 11)
    bench.reconciled()


def test_a_finalisation_moves_senders_funds_out_before_recipients_funds_in(bench: Bench) -> None:
    bench.settle("DEFERREDNETUSD")
    before = bench.books
    run = bench.work(bench.finalise(1))
    assert run.state is RunState.DONE, run.problem
    funds = [each for each in bench.writes() if each.startswith("funds")]
    assert funds == ["funds_out_reserve", "funds_out_commit"] * 2 + ["funds_in"] * 2
    assert bench.hub.settling.made[1].state is SettlementState.SETTLED
    after = bench.books
    moved = {key: after[key] - before[key] for key in after if after[key] != before[key]}
    assert moved["alpha USD SETTLEMENT"] == Decimal("1250.50")
    assert moved["beta USD SETTLEMENT"] == Decimal("-1250.50")
    assert moved["gamma USD SETTLEMENT"] == Decimal("20.05")
    assert after["alpha USD POSITION"] == 0
    bench.reconciled()


def test_every_step_keeps_who_when_and_what_was_seen(bench: Bench) -> None:
    bench.settle("DEFERREDNETUSD")
    run = bench.work(bench.finalise(1))
    seen = bench.ladder(run)
    (alpha,) = [each for each in seen.rungs if each.planned.participant == "alpha"]
    reserve, commit = alpha.step(StepKind.RESERVE_FUNDS_OUT), alpha.step(StepKind.COMMIT_FUNDS_OUT)
    assert reserve is not None
    assert commit is not None
    assert (reserve.before, reserve.expected, reserve.found) == (
        Decimal("1000000.0000"),
        Decimal("998749.5000"),
        Decimal("998749.5000"),
    )
    assert reserve.transfer_id == commit.transfer_id
    assert (reserve.who, reserve.attempts, reserve.state) == ("fatima", 1, StepState.DONE)
    assert reserve.sent_at
    assert reserve.done_at
    assert reserve.sent_at <= reserve.done_at
    assert seen.accounts_done == (4, 4)
    assert seen.next is Next.NOTHING


def test_what_was_recorded_and_reserved_before_is_not_asked_for_again(bench: Bench) -> None:
    bench.settle("DEFERREDNETUSD")
    run = bench.work(bench.finalise(1))
    kinds = {each.kind: each.state for each in bench.ladder(run).steps}
    skipped = {kind for kind, state in kinds.items() if state is StepState.SKIPPED}
    assert skipped == {StepKind.RECORD, StepKind.KEEP_CAPS, StepKind.RESERVE, StepKind.COMPARE_CAPS}


def test_a_settlement_that_was_only_created_is_recorded_and_reserved_by_its_finalisation(bench: Bench) -> None:
    bench.hub.settling.create("DEFERREDNETXOF", [1], "made elsewhere")
    run = bench.work(bench.finalise(1))
    assert (run.state, bench.hub.settling.made[1].state) == (RunState.DONE, SettlementState.SETTLED)


def test_two_models_settle_one_window_apart(bench: Bench) -> None:
    for model in ("DEFERREDNETUSD", "DEFERREDNETXOF"):
        settled = bench.settle(model).settlement_id
        assert settled is not None
        assert bench.work(bench.finalise(settled)).state is RunState.DONE
    assert bench.hub.kept[1].state == "SETTLED"
    bench.reconciled()
    assert all(value == 0 for key, value in bench.books.items() if key.endswith("POSITION"))
