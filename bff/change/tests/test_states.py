"""Whatever people, time, gates and the network do, in any order: the promises of approvals hold after every step."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from bff.change.states import OPEN, WAYS, State, may_become
from bff.change.table import change_task
from bff.change.tasks import Task
from bff.change.tests.auditing import whole
from bff.change.tests.conftest import as_new
from bff.change.tests.garden import PEOPLE, make_app
from bff.change.tests.scene import Scene

POLICY = """
kind: MojaloopApprovalPolicy
spec:
  rules:
    - {action: garden.shut_gate, approvals: 2, checker: "garden:gate:approve", expires: 2h}
    - {action: garden.shut_gate_by_key, approvals: 1, checker: "garden:gate:approve", expires: 2h}
"""
NAMES = tuple(subject.removeprefix("u-") for subject in PEOPLE)
CHECKERS = tuple(subject.removeprefix("u-") for subject, role in PEOPLE.items() if role != "gardener")
FAULTS = ("", "", "before", "after", "unsent", "refused", "broken", "away")
UNSETTLED = frozenset({State.APPROVED, State.EXECUTING, State.UNKNOWN})


def reachable(state: State) -> frozenset[State]:
    """Every state that may ever follow."""
    after = set(WAYS.get(state, ()))
    while more := {last for each in after for last in WAYS.get(each, ())} - after:
        after |= more
    return frozenset(after)


class Garden(RuleBasedStateMachine):
    """Two gates, five people who do what they like, and time that passes."""

    made: Scene

    def __init__(self) -> None:
        super().__init__()
        self.scene = as_new(self.made.app, self.made.gates)
        self.scene.gates.put(2)
        with self.scene.changes.tasks.engine.connect() as connection:
            self.earlier = list(connection.execute(select(change_task.c.id)).scalars())
        self.seen: dict[str, State] = {}
        self.travel = time_machine.travel(datetime.now(UTC), tick=True)
        self.clock: Any = self.travel.start()

    @property
    def tasks(self) -> list[Task]:
        """What was asked for in this run, the oldest first."""
        column = change_task.c
        return self.scene.changes.tasks._read(column.id.not_in(self.earlier), order=column.made_at)

    @rule(
        name=st.sampled_from(NAMES),
        gate=st.sampled_from((1, 2)),
        way=st.sampled_from(("shut", "shut", "shut-by-key", "shut-by-key", "shut-unchecked")),
        attempt=st.integers(0, 3),
    )
    def ask(self, name: str, gate: int, way: str, attempt: int) -> None:
        """Somebody asks, perhaps once more what they asked before."""
        form = {"confirmed": "yes", "attempt": f"{name}-{gate}-{attempt}"}
        answer = self.scene.person(name).post(f"/gates/{gate}/{way}", data=form)
        assert answer.status_code in (303, 403, 409, 500, 502)

    @precondition(lambda self: self.tasks)
    @rule(
        name=st.sampled_from((*CHECKERS, *CHECKERS, *NAMES)),
        which=st.integers(0, 99),
        verdict=st.sampled_from(("approve",) * 5 + ("reject", "withdraw")),
        seen=st.sampled_from((True,) * 9 + (False,)),
    )
    def decide(self, name: str, which: int, verdict: str, seen: bool) -> None:
        """Somebody decides on one of the newest requests; now and then on something else than is there."""
        task = self.tasks[-1 - which % min(3, len(self.tasks))]
        sha256 = task.sha256 if seen else "0" * 64
        self.scene.decide(name, task.id, verdict, sha256=sha256, reason="so be it")

    @precondition(lambda self: self.tasks)
    @rule(name=st.sampled_from(NAMES), which=st.integers(0, 99))
    def look(self, name: str, which: int) -> None:
        """Somebody opens the page of a request, which is there for those whom it concerns."""
        task = self.tasks[which % len(self.tasks)]
        concerned = self.scene.changes.knows(task, self.scene.identity(name))
        assert self.scene.person(name).get(f"/approvals/{task.id}").status_code == (200 if concerned else 404)

    @rule(seconds=st.sampled_from((1, 11, 61, 61, 3600, 7200)))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.clock.shift(seconds)

    @rule()
    def tend(self) -> None:
        """The caretaker goes round."""
        self.scene.tend()

    @rule(gate=st.sampled_from((1, 2)), state=st.sampled_from(("OPEN", "OPEN", "AJAR", "SHUT")))
    def move(self, gate: int, state: str) -> None:
        """Somebody moves a gate by hand."""
        self.scene.gates.put(gate, state)

    @rule(fault=st.sampled_from(FAULTS))
    def fail(self, fault: str) -> None:
        """The way to the gates breaks, or is mended."""
        self.scene.gates.fault = fault

    @rule(name=st.sampled_from(NAMES), back=st.booleans())
    def change_roles(self, name: str, back: bool) -> None:
        """Somebody loses their role, or gets it again."""
        access, subject = self.scene.changes.access, f"u-{name}"
        if back:
            access.store.assign(subject, PEOPLE[subject], "test")
        else:
            access.store.remove(subject, PEOPLE[subject])
        access.forget(subject)

    @invariant()
    def no_task_goes_a_way_that_there_is_not(self) -> None:
        """Least of all out of one of the last six states."""
        for task in self.tasks:
            before = self.seen.get(task.id, task.state)
            assert task.state is before or task.state in reachable(before)
            self.seen[task.id] = task.state

    @invariant()
    def nothing_is_sent_without_its_approvals(self) -> None:
        """Each by somebody else than the maker, of the very bytes; and only what tells a repetition is sent again."""
        sent = Counter(self.scene.gates.sendings)
        for task in self.tasks:
            times, needed = sent.pop(task.run.key(), 0), task.wish.terms.approvals
            assert times <= 1 or self.scene.changes.actions[task.wish.action].repeatable
            people = {each.person.subject for each in task.approvals}
            assert task.wish.maker.subject not in people
            if times or task.state in (State.APPROVED, State.EXECUTING, State.UNKNOWN, State.DONE):
                assert len(people) >= needed
        assert not sent

    @invariant()
    def a_target_has_one_open_task(self) -> None:
        """And every open task is found by its target."""
        open_ones = [task for task in self.tasks if task.state in OPEN]
        assert self.scene.changes.tasks.open_on(["gate:1", "gate:2"]) == {each.wish.target: each for each in open_ones}
        assert len({each.wish.target for each in open_ones}) == len(open_ones)

    @invariant()
    def the_audit_tells_each_story_in_its_order(self) -> None:
        """Requested first, approved before anything is begun, begun before it ended, ended once."""
        for task in self.tasks:
            told = [outcome for outcome, _who in self.scene.history(task.id) if outcome != "refused"]
            assert told[0] == "requested"
            first = told.index("intent") if "intent" in told else len(told)
            assert told[:first].count("approved") == len(task.approvals)
            assert all(each in ("intent", "done", "failed", "unknown") for each in told[first:])
            if task.state in (State.DONE, State.FAILED):
                assert told[-1] == task.state.lower()
                assert told.count("done") + told.count("failed") == 1
            assert ("intent" in told) == (task.state in (State.EXECUTING, State.UNKNOWN, State.DONE, State.FAILED))

    def teardown(self) -> None:
        """Once everything answers again, nothing stays unsettled; and the audit is whole."""
        try:
            self.scene.gates.fault = ""
            for seconds in (11, 61, 61):
                self.clock.shift(seconds)
                self.scene.tend()
            assert [task.id for task in self.tasks if task.state in UNSETTLED] == []
            self.no_task_goes_a_way_that_there_is_not()
            self.nothing_is_sent_without_its_approvals()
            self.the_audit_tells_each_story_in_its_order()
        finally:
            self.travel.stop()


def test_every_promise_holds_whatever_happens_in_whatever_order(tmp_path: Path) -> None:
    Garden.made = Scene(*make_app(tmp_path, POLICY))
    quick = settings(
        max_examples=20,
        stateful_step_count=25,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Garden, settings=quick)
    assert whole(Garden.made.audit) > 0
    assert Garden.made.audit.open_intents() == []


@pytest.mark.parametrize("state", sorted(State))
def test_what_has_ended_leads_nowhere_and_what_is_open_leads_to_an_end(state: State) -> None:
    assert state.is_open == (state in OPEN) == bool(reachable(state))
    assert not state.is_open or reachable(state) - OPEN
    assert not may_become(state, state)
