"""Net debit caps around a run: kept before the hub reserves, offered for restoring where it rewrote them, and set."""

from decimal import Decimal
from typing import Any

import pytest

from bff import RuleBroken
from microfrontends.settlement.domain.bank_file import Cell, Sheet
from microfrontends.settlement.domain.finalisation import Options
from microfrontends.settlement.domain.ledger import Cap
from microfrontends.settlement.run.finalisations import BankFileSent
from microfrontends.settlement.run.reading import Next
from microfrontends.settlement.run.states import RunState, StepKind, StepState
from microfrontends.settlement.tests.bench import FATIMA, Bench, by


def capped(bench: Bench) -> None:
    """beta's oldest cap is so small that the hub rewrites the one in force when it reserves, and lowers it."""
    account = bench.hub.books.account("beta", "USD").account_id
    small = Cap("beta", "USD", Decimal(100), Decimal(10))
    bench.hub.books.limits[account] = [small, Cap("beta", "USD", Decimal(3000), Decimal(25))]
    bench.hub.books.move(account, Decimal(200))
    bench.hub.books.move(bench.hub.books.own("USD", "HUB_MULTILATERAL_SETTLEMENT"), Decimal(-200))


def test_a_cap_that_the_hub_rewrote_is_shown_and_offered_for_restoring(bench: Bench) -> None:
    capped(bench)
    seen = bench.ladder(bench.settle())
    (kept,) = seen.rewritten
    assert kept.before == Cap("beta", "USD", Decimal("3000"), Decimal("25"))
    assert kept.after is not None
    assert (kept.after.value, kept.after.alarm) == (Decimal("1350.5"), Decimal(10))
    assert seen.next is Next.RESTORE_CAPS
    assert len(seen.caps) == 4


def test_restoring_puts_cap_and_alarm_back_and_keeps_who_did(bench: Bench) -> None:
    capped(bench)
    run = bench.settle()
    bench.ask("restore_cap", settlement_id=1, participant="beta", currency="USD")
    assert bench.hub.books.limits[bench.hub.books.account("beta", "USD").account_id][-1] == Cap(
        "beta", "USD", Decimal("3000"), Decimal("25")
    )
    seen = bench.ladder(run)
    assert (seen.rewritten, seen.next) == ((), Next.FINALISE)
    assert [each.restored_by for each in seen.caps if each.restored_by] == ["fatima"]
    with pytest.raises(RuleBroken, match="The cap is as it was"):
        bench.ask("restore_cap", settlement_id=1, participant="beta", currency="USD")


def test_caps_that_the_hub_left_alone_are_not_offered(bench: Bench) -> None:
    seen = bench.ladder(bench.settle())
    assert (seen.rewritten, seen.next) == ((), Next.FINALISE)


def test_what_was_kept_before_a_worker_died_is_not_kept_again_after(bench: Bench) -> None:
    capped(bench)
    bench.hub.fail_after("advance", None, KeyboardInterrupt())
    asked = bench.ask("settle", model="DEFERREDNETUSD", windows="1")
    with pytest.raises(KeyboardInterrupt):
        bench.work(asked.id)
    bench.come_back(bench.run(asked.id))
    run = bench.work(asked.id)
    assert run.state is RunState.DONE
    assert [each.before.value for each in bench.ladder(run).rewritten] == [Decimal(3000)]


def test_lowering_caps_sets_them_to_the_liquidity_that_is_left_and_keeps_alarms(bench: Bench) -> None:
    bench.settle()
    run = bench.work(bench.finalise(1, finalisation_id=bench.lowering(1)))
    assert run.state is RunState.DONE
    alpha = bench.hub.books.limits[bench.hub.books.account("alpha", "USD").account_id][-1]
    assert alpha == Cap("alpha", "USD", Decimal("998749.5000"), Decimal(10))
    steps = {each.participant: each for each in bench.desk.runs.steps(run.id) if each.kind is StepKind.SET_CAP}
    assert steps["alpha"].before == Decimal(1000000)
    assert set(steps) == {"alpha", "gamma"}


def bank(bench: Bench, **balances: str) -> str:
    """A file in which the bank says these balances of participants; a finalisation by it, its warnings acknowledged."""
    cells = {"B1": Cell("1")}
    for row, each in enumerate(bench.hub.settling.made[1].accounts, 7):
        liquidity = -bench.hub.books.account(each.participant, "USD", "SETTLEMENT").value
        balance = balances.get(each.participant, f"{liquidity - each.net:f}")
        cells |= {
            f"A{row}": Cell(f"{each.participant_id} {each.account_id} {each.participant}"),
            f"C{row}": Cell(balance),
            f"D{row}": Cell(f"{each.net:f}"),
            f"E{row}": Cell("USD"),
        }
    desk = bench.desk
    made = desk.finalisations.make(1, Options(), by(FATIMA), BankFileSent("bank.xlsx", "0" * 64, Sheet(cells)))
    proposal = made.proposal(bench.hub.settling.made[1], bench.ledger(), desk.policy)
    desk.finalisations.acknowledge(made.id, [each.key for each in proposal.warnings], by(FATIMA))
    return made.id


def test_whoever_is_in_arrears_is_disabled_in_that_currency_alone_with_nothing_left(bench: Bench) -> None:
    bench.settle()
    run = bench.work(bench.finalise(1, finalisation_id=bank(bench, alpha="-12.50")))
    assert (run.state, run.problem) == (RunState.DONE, "")
    books = bench.hub.books
    assert not books.account("alpha", "USD").active
    assert books.account("alpha", "XOF").active
    assert books.account("alpha", "USD", "SETTLEMENT").value == 0
    assert books.limits[books.account("alpha", "USD").account_id][-1].value == 0


def test_a_liquidity_that_moved_since_it_was_planned_to_be_emptied_is_not_emptied(bench: Bench) -> None:
    bench.settle()
    run = bench.finalise(1, finalisation_id=bank(bench, alpha="-12.50"))
    account = bench.hub.books.account("alpha", "USD", "SETTLEMENT").account_id
    bench.hub.books.move(account, Decimal("-5"))
    run = bench.work(run)
    failed = next(each for each in bench.desk.runs.steps(run.id) if each.state is StepState.FAILED)
    assert failed.problem == "The liquidity account holds 1000005.0000 USD now, which is not what was planned on."


def test_a_difference_is_booked_by_itself_with_a_reference_once_the_settlements_own_funds_moved(bench: Bench) -> None:
    bench.settle()
    made = bank(bench, beta="1001260.50")
    difference: dict[str, Any] = {"settlement_id": 1, "account_id": bench.hub.books.account("beta", "USD").account_id}
    with pytest.raises(RuleBroken, match="Finalise the settlement first"):
        bench.ask("correct", FATIMA, **difference, finalisation_id=made)
    assert bench.work(bench.finalise(1, finalisation_id=made)).state is RunState.DONE
    assert bench.hub.books.account("beta", "USD", "SETTLEMENT").value == Decimal("-1001250.5000")
    run = bench.work(bench.ask("correct", FATIMA, **difference, finalisation_id=made).id)
    assert run.state is RunState.DONE
    assert bench.hub.books.account("beta", "USD", "SETTLEMENT").value == Decimal("-1001260.5000")
    booked = list(bench.hub.books.funds.values())[-1]
    assert booked.order.reference == f"settlement 1 difference {difference['account_id']}"
    bench.reconciled()


def test_a_difference_is_booked_once(bench: Bench) -> None:
    bench.settle()
    made = bank(bench, beta="1001260.50")
    bench.work(bench.finalise(1, finalisation_id=made))
    difference: dict[str, Any] = {"settlement_id": 1, "account_id": bench.hub.books.account("beta", "USD").account_id}
    asked = bench.ask("correct", FATIMA, **difference, finalisation_id=made)
    with pytest.raises(RuleBroken, match="booked already"):
        bench.ask("correct", FATIMA, **difference, finalisation_id=made)
    bench.work(asked.id)


def test_a_warning_that_nobody_acknowledged_keeps_a_file_from_being_carried_out(bench: Bench) -> None:
    bench.settle()
    made = bench.desk.finalisations.get(bank(bench, beta="1001260.50"))
    assert made.file is not None
    again = bench.desk.finalisations.make(1, Options(), by(FATIMA), made.file)
    with pytest.raises(RuleBroken, match="the difference is"):
        bench.ask("finalise", settlement_id=1, finalisation_id=again.id)
