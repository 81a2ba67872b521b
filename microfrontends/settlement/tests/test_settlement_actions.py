"""Asking for a settlement, its finalisation or its abort: what is seen before, what forbids it, what is kept of it."""

from decimal import Decimal

import pytest

from bff import HubRefused, HubUnavailable, Missing, RuleBroken
from bff.change.audit import AuditQuery
from bff.change.states import State
from bff.errors import NotPermitted
from bff.testing import user_with
from microfrontends.settlement.domain.settlements import SettlementState
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.permissions import P
from microfrontends.settlement.run.states import RunState
from microfrontends.settlement.tests.bench import CLARA, FATIMA, MARCUS, Bench, person
from microfrontends.settlement.tests.reading import words


def asked(bench: Bench, action: str, **command: object) -> str:
    """Ask as Fatima, and leave it for somebody else to decide; the task's id."""
    with bench.app.app_context():
        loaded = bench.changes.actions[f"settlement.{action}"].schema().load({"reason": "", **command})
        return bench.changes.ask(f"settlement.{action}", loaded, f"{action}-{command}", FATIMA).id


def test_what_settling_would_do_is_seen_before(bench: Bench) -> None:
    page = user_with(bench.app, P.FINALISE).get("/settlements/settle?windows=1&model=DEFERREDNETUSD").text
    said = words(page)
    assert "Settle window 1 by DEFERREDNETUSD." in said
    assert "1,250.50" in said
    assert "No funds move before it is finalised." in said


def test_only_models_that_find_something_are_offered(bench: Bench) -> None:
    page = user_with(bench.app, P.FINALISE).get("/settlements/settle?windows=1").text
    assert "DEFERREDNETUSD (USD)" in words(page)
    assert "DEFERREDNETXOF (XOF)" in words(page)


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ({"model": "NOPE", "windows": "1"}, "The hub has no active settlement model NOPE."),
        ({"model": "DEFERREDNETUSD", "windows": "2"}, "Window 2 holds nothing that DEFERREDNETUSD could settle now."),
    ],
)
def test_what_cannot_be_settled_is_said(bench: Bench, command: dict[str, str], sentence: str) -> None:
    bench.hub.has(2, WindowState.OPEN)
    with pytest.raises(RuleBroken, match=sentence):
        bench.ask("settle", FATIMA, **command)


def test_a_window_that_the_hub_does_not_know_is_not_settled(bench: Bench) -> None:
    with pytest.raises(Missing):
        bench.ask("settle", model="DEFERREDNETUSD", windows="99")


def test_without_the_hubs_database_nothing_is_settled_unseen(bench: Bench) -> None:
    bench.hub.fail("positions", FiguresUnavailable("gone"))
    with pytest.raises(HubUnavailable):
        bench.ask("settle", model="DEFERREDNETUSD", windows="1")


def test_the_api_takes_windows_as_a_list_and_answers_with_the_task(bench: Bench) -> None:
    fatima = user_with(bench.app, P.FINALISE, sub="u-fatima", username="fatima")
    answer = fatima.post("/api/settlements/settle", json={"model": "DEFERREDNETUSD", "windows": [1]})
    assert (answer.status_code, answer.json and answer.json["state"]) == (202, "DONE")


def test_a_finalisation_waits_for_somebody_else_who_sees_every_adjustment(bench: Bench) -> None:
    bench.settle()
    key = asked(bench, "finalise", settlement_id=1)
    task = bench.changes.tasks.find(key)
    assert task is not None
    assert task.state is State.PENDING
    assert bench.desk.runs.find(key) is None
    assert {name: f"{amount}" for name, amount in task.wish.effect.amounts.items()} == {"USD": "1270.5500"}
    page = words(user_with(bench.app, P.APPROVE_SETTLEMENT, sub="u-marcus").get(f"/approvals/{key}").text)
    assert "Finalise settlement 1 by its net amounts." in page
    for name in ("alpha", "beta", "gamma", "delta"):
        assert name in page


def test_nobody_lets_their_own_finalisation_through(bench: Bench) -> None:
    bench.settle()
    task = bench.changes.tasks.find(asked(bench, "finalise", settlement_id=1))
    assert task is not None
    both = person("u-fatima", P.FINALISE, P.APPROVE_SETTLEMENT)
    with bench.app.app_context(), pytest.raises(RuleBroken, match="cannot be the same person"):
        bench.changes.decide(task, "approve", task.sha256, "", both)
    with bench.app.app_context(), pytest.raises(NotPermitted):
        bench.changes.decide(task, "approve", task.sha256, "", CLARA)


def test_a_settlement_that_changed_since_it_was_asked_for_is_not_finalised_as_it_was(bench: Bench) -> None:
    bench.settle()
    task = bench.changes.tasks.find(asked(bench, "finalise", settlement_id=1))
    assert task is not None
    alpha = next(each for each in bench.hub.settling.made[1].accounts if each.participant == "alpha")
    bench.hub.settling.advance(1, [alpha], SettlementState.PS_TRANSFERS_COMMITTED, "another portal")
    with bench.app.app_context(), pytest.raises(RuleBroken, match="has changed meanwhile"):
        bench.changes.decide(task, "approve", task.sha256, "", MARCUS)
    assert bench.desk.runs.find(task.id) is None


def test_a_movement_of_liquidity_does_not_make_a_finalisation_by_net_amounts_stale(bench: Bench) -> None:
    bench.settle()
    task = bench.changes.tasks.find(asked(bench, "finalise", settlement_id=1))
    assert task is not None
    bench.hub.books.move(bench.hub.books.account("alpha", "USD", "SETTLEMENT").account_id, Decimal(-5))
    with bench.app.app_context():
        assert bench.changes.decide(task, "approve", task.sha256, "", MARCUS).state is State.DONE
    assert bench.work(task.id).state is RunState.DONE


def test_whoever_owes_more_than_it_has_keeps_the_settlement_from_being_finalised(bench: Bench) -> None:
    bench.settle()
    account = bench.hub.books.account("alpha", "USD", "SETTLEMENT")
    bench.hub.books.move(account.account_id, -account.value)
    with pytest.raises(RuleBroken, match="alpha"):
        bench.ask("finalise", settlement_id=1)


def test_an_aborted_settlement_is_not_finalised(bench: Bench) -> None:
    bench.settle()
    bench.hub.settling.abort_works = True
    bench.hub.settling.abort(1, "elsewhere")
    with pytest.raises(RuleBroken, match="Settlement 1 was aborted, so it cannot be finalised"):
        bench.ask("finalise", settlement_id=1)


def test_a_settlement_that_is_aborted_under_a_run_ends_the_run(bench: Bench) -> None:
    bench.settle()
    run = bench.finalise(1)
    bench.hub.settling.abort_works = True
    bench.hub.settling.abort(1, "elsewhere")
    run = bench.work(run)
    assert (run.state, run.problem) == (
        RunState.GIVEN_UP,
        "Settlement 1 was aborted, so it cannot be finalised.",
    )
    assert not bench.movements


def test_a_hub_that_cannot_abort_is_told_as_it_is_and_nothing_is_believed(bench: Bench) -> None:
    bench.settle()
    key = asked(bench, "abort", settlement_id=1)
    task = bench.changes.tasks.find(key)
    assert task is not None
    with bench.app.app_context(), pytest.raises(HubRefused, match="did not return a value"):
        bench.changes.decide(task, "approve", task.sha256, "", MARCUS)
    after = bench.changes.tasks.find(key)
    assert after is not None
    assert after.state is State.FAILED
    assert bench.hub.settling.made[1].state is SettlementState.PS_TRANSFERS_RESERVED


def test_where_the_hub_aborts_what_became_of_positions_is_looked_up_and_kept(bench: Bench) -> None:
    bench.settle()
    bench.hub.fail("funds_out_reserve", *[HubRefused("3100", "no")] * 2)
    bench.hub.fail("funds_in", *[HubRefused("3100", "no")] * 2)
    stopped = bench.work(bench.finalise(1))
    assert stopped.state is RunState.STOPPED
    bench.hub.settling.abort_works = True
    task = bench.ask("abort", settlement_id=1)
    assert task.outcome is not None
    assert task.outcome["positions_moved"] == []
    assert task.outcome["positions"]["beta USD"] == "0.0000"  # reserved, and not given back
    assert bench.run(stopped.id).state is RunState.GIVEN_UP


def test_what_is_committed_or_running_is_not_aborted(bench: Bench) -> None:
    bench.settle()
    run = bench.finalise(1)
    with pytest.raises(RuleBroken, match="This is running already"):
        bench.ask("abort", settlement_id=1)
    bench.work(run)
    with pytest.raises(RuleBroken, match="it can only be finalised"):
        bench.ask("abort", settlement_id=1)


def test_only_what_stopped_is_resumed(bench: Bench) -> None:
    bench.settle()
    run = bench.finalise(1)
    with pytest.raises(RuleBroken, match="nobody has to resume it"):
        bench.ask("resume", run_id=run.id)
    bench.work(run)
    with pytest.raises(RuleBroken, match="there is nothing to resume"):
        bench.ask("resume", run_id=run.id)
    with pytest.raises(Missing):
        bench.ask("resume", run_id="nobody")


def test_every_call_that_changes_something_stands_in_the_audit_with_intent_and_outcome(bench: Bench) -> None:
    bench.settle()
    run = bench.finalise(1)
    bench.hub.fail("funds_in", HubRefused("3101", "Malformed syntax - on purpose"))
    bench.work(run)
    bench.resume(run, CLARA)
    entries = bench.changes.audit.entries(AuditQuery(action="settlement.finalise.step", limit=200)).entries
    mine = [each for each in reversed(entries) if each.detail["run"] == run.id]
    outcomes = [str(each.outcome) for each in mine]
    assert outcomes.count("intent") == len(mine) // 2 == 12
    assert outcomes.count("failed") == 1
    assert {each.target for each in mine} == {"settlement:1"}
    assert {each.actor.subject for each in mine} == {"u-fatima", "u-clara"}
    refused = next(each for each in mine if each.outcome == "failed")
    assert refused.reason == "3101 Malformed syntax - on purpose"
    paid = next(each for each in mine if each.detail["step"] == "FUNDS_IN" and each.outcome == "done")
    assert (paid.participant, paid.detail["currency"]) == ("beta", "USD") or paid.participant == "delta"
    assert {each.task for each in bench.changes.audit.open_intents()}.isdisjoint({each.task for each in mine})


def test_the_hub_is_told_who_asked_and_who_let_it_through(bench: Bench) -> None:
    bench.settle()
    run = bench.finalise(1, reason="Books agree")
    bench.work(run)
    assert {each.reason for each in bench.hub.settling.made[1].accounts} == {"Books agree (fatima, marcus)"}
    assert {each.order.reference for each in bench.hub.books.funds.values()} == {"settlement 1"}
