"""Making a settlement: once, whatever becomes of the hub's answer, and not before the windows are added up."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bff import HubRefused, HubUnavailable
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.run.states import RunState, StepKind, StepState
from microfrontends.settlement.tests.bench import HASTY, Bench
from microfrontends.settlement.tests.fake_hub import FakeHub
from microfrontends.settlement.tests.fake_settlements import now


def processing(hub: FakeHub) -> None:
    """Have the hub add window 1 up once more."""
    hub.kept[1] = replace(hub.kept[1], state=WindowState.PROCESSING, currencies=())


def test_a_window_that_is_still_added_up_is_waited_for_and_says_so(bench: Bench) -> None:
    bench.patience = replace(HASTY, adding_up=30.0)
    processing(bench.hub)
    seen = []

    @dataclass
    class Slow(FakeHub):
        """Has added up when it is looked at for the fifth time."""

        @contextmanager
        def _call(self, method: str, *, writes: bool = False) -> Iterator[None]:
            with super()._call(method, writes=writes):
                if method == "window" and self.calls.count("window") == 5:
                    seen.append(bench.desk.runs.steps(asked.id)[0])
                    self.finish()
                yield

    asked = bench.ask("settle", model="DEFERREDNETUSD", windows="1")
    bench.hub.calls.clear()
    slow = Slow(bench.hub.kept, bench.hub.held, books=bench.hub.books)
    bench.hub = slow
    run = bench.work(asked.id)
    assert (run.state, run.problem) == (RunState.DONE, "")
    assert seen[0].state is StepState.WAITING
    assert seen[0].problem == "The hub is still adding up window 1; it is tried again by itself."
    assert slow.calls.count("create_settlement") == 1


def test_a_window_that_is_never_added_up_stops_the_run_which_can_be_resumed(bench: Bench) -> None:
    asked = bench.ask("settle", model="DEFERREDNETUSD", windows="1")
    processing(bench.hub)
    run = bench.work(asked.id)
    assert (run.state, run.problem) == (RunState.STOPPED, "The hub has been adding up window 1 for too long.")
    assert bench.writes() == []
    bench.hub.finish()
    assert bench.resume(run).state is RunState.DONE


def test_what_the_hub_calls_inapplicable_is_tried_again(bench: Bench) -> None:
    words = HubRefused("3100", "Generic validation error - Inapplicable windows 1")
    bench.hub.fail("create_settlement", words, words)
    run = bench.settle()
    assert (run.state, bench.writes().count("create_settlement")) == (RunState.DONE, 3)


def test_a_settlement_whose_answer_was_lost_is_found_and_not_made_again(bench: Bench) -> None:
    bench.hub.fail_after("create_settlement", HubUnavailable("timeout", sent=True))
    run = bench.settle()
    assert (run.state, run.settlement_id, list(bench.hub.settling.made)) == (RunState.DONE, 1, [1])
    assert bench.writes().count("create_settlement") == 1


def test_another_ones_settlement_of_the_same_windows_is_not_taken_for_ours(bench: Bench) -> None:
    asked = bench.ask("settle", model="DEFERREDNETUSD", windows="1")
    bench.hub.settling.create("DEFERREDNETUSD", [1], "made elsewhere")
    run = bench.work(asked.id)
    assert run.state is RunState.GIVEN_UP
    assert run.problem == "The hub refused to make a settlement of these windows. Nothing was changed."
    (step,) = bench.desk.runs.steps(run.id)
    assert (step.kind, step.code) == (StepKind.CREATE, "3100")
    assert "Inapplicable windows 1" in step.words
    assert bench.hub.settling.made[1].reason == "made elsewhere"


def test_a_model_that_was_given_up_on_can_be_used_again(bench: Bench) -> None:
    bench.hub.fail("create_settlement", HubRefused("3100", "Generic validation error - no"))
    assert bench.settle().state is RunState.GIVEN_UP
    assert bench.settle().state is RunState.DONE


def test_net_amounts_that_do_not_add_up_stop_before_anything_moves(bench: Bench) -> None:
    asked = bench.ask("settle", model="DEFERREDNETUSD", windows="1")
    held = bench.hub.held[1]
    held["USD", "alpha"] = replace(held["USD", "alpha"], sent=held["USD", "alpha"].sent + 1)
    run = bench.work(asked.id)
    assert (run.state, run.settlement_id) == (RunState.STOPPED, 1)
    assert run.problem.startswith("The net amounts do not add up to zero: 1")
    assert bench.writes() == ["create_settlement"]


def test_a_settlement_made_long_after_it_was_asked_for_says_why_and_who(bench: Bench) -> None:
    asked = bench.ask("settle", model="DEFERREDNETUSD", windows="1", reason="End of day")
    bench.work(asked.id)
    assert bench.hub.settling.made[1].created <= now()
    assert bench.hub.settling.made[1].accounts[0].reason == "End of day (fatima)"
