"""Many processes approve at once, and processes die at every step: what was let through is done once, not twice."""

import signal
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.pool import Pool
from pathlib import Path

import pytest

from bff.access.tests import real_postgresql
from bff.change.audit_table import MIGRATIONS
from bff.change.states import State
from bff.change.tests.auditing import whole
from bff.change.tests.dying import ACTIONS, STEPS, approve_at_once, die_at_every_step, gate_of, tend_later
from bff.change.tests.garden import POLICY, make_app
from bff.change.tests.policies import TWO
from bff.change.tests.scene import Scene
from bff.database import engine_for, upgrade
from tests.figures import figure

CASES = [("sqlite", POLICY, 1), ("sqlite", TWO, 2)]
CASES += [("postgresql", TWO, 2)] if real_postgresql.program("postgres") else []


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Pool]:
    """A process of its own, from which others are forked: nothing of this one is in them."""
    with get_context("spawn").Pool(1) as pool:
        yield pool
        pool.close()
        pool.join()


@pytest.fixture
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The database of the tasks; nothing for the embedded one."""
    if request.param == "sqlite":
        yield ""
        return
    with real_postgresql.running() as made:
        upgrade(made, MIGRATIONS)
        yield made
        engine_for(made).dispose()


def seen(folder: Path, policy: str, url: str = "") -> Scene:
    """The garden of a folder as this process sees it."""
    return Scene(*make_app(folder, policy, url))


def sound(scene: Scene) -> bool:
    """Whether the audit is whole, and knows how everything ended."""
    return whole(scene.audit) > 0 and scene.audit.open_intents() == []


@pytest.mark.parametrize(("url", "policy", "needed"), CASES, indirect=["url"])
def test_fifty_approvals_from_ten_processes_carry_it_out_once(
    elsewhere: Pool, tmp_path: Path, url: str, policy: str, needed: int
) -> None:
    task, ends = elsewhere.apply(approve_at_once, (tmp_path, policy, url))
    assert ends == [0] * 10
    scene = seen(tmp_path, policy, url)
    assert scene.state(task) is State.DONE
    assert len(scene.task(task).approvals) == needed
    assert (scene.gates.look(1), scene.gates.sent) == (("SHUT", 1), 1)
    outcomes = [outcome for outcome, _who in scene.history(task) if outcome != "refused"]
    assert outcomes == ["requested", *["approved"] * needed, "intent", "done"]
    assert sound(scene)
    if not url and needed == 1:
        figure("approvals_executions", str(scene.gates.sent))


@pytest.fixture(scope="module")
def survived(elsewhere: Pool, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A garden in which a process was killed at every step, after three rounds of the caretaker."""
    folder = tmp_path_factory.mktemp("dying")
    ends = elsewhere.apply(die_at_every_step, (folder, POLICY))
    assert ends == [signal.SIGKILL] * len(STEPS) * len(ACTIONS)
    before = seen(folder, POLICY)
    assert before.audit.open_intents() != []
    assert elsewhere.apply(tend_later, (folder, POLICY)) == [0, 0, 0]
    return before


# What becomes of gate and request: for gates that cannot tell a repetition, and for those that can.
ENDS = {
    "requested, not committed": (None, None),
    "approved, not committed": (State.PENDING, State.PENDING),
    "before the claim": (State.DONE, State.DONE),
    "intent, not committed": (State.DONE, State.DONE),
    "before the hub": (State.FAILED, State.DONE),
    "after the hub": (State.DONE, State.DONE),
    "before the outcome": (State.DONE, State.DONE),
    "done, not committed": (State.DONE, State.DONE),
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("step", STEPS)
def test_whoever_dies_leaves_nothing_half_done(survived: Scene, step: str, action: str) -> None:
    number, expected = gate_of(step, action), ENDS[step][ACTIONS.index(action)]
    tasks = [task for task in survived.changes.tasks.listing(State) if task.wish.target == f"gate:{number}"]
    if expected is None:
        assert tasks == []
        return
    (task,) = tasks
    done = expected is State.DONE
    assert task.state is expected
    assert survived.gates.look(number) == (("SHUT", 1) if done else ("OPEN", 0))
    assert survived.gates.sendings.count(task.run.key()) == int(done)
    outcomes = [outcome for outcome, _who in survived.history(task.id)]
    assert outcomes[0] == "requested"
    assert outcomes.count("done") == int(done)
    assert ("intent" in outcomes) == (expected is not State.PENDING)


def test_no_intent_stays_open_and_the_audit_is_whole(survived: Scene) -> None:
    assert sound(survived)


def test_what_was_left_undecided_can_still_be_decided(survived: Scene) -> None:
    number = gate_of("approved, not committed", "shut")
    task = survived.changes.tasks.open_on([f"gate:{number}"])[f"gate:{number}"]
    with survived.app.test_request_context():
        who = survived.identity("will")
        assert survived.changes.decide(task, "approve", task.sha256, "", who).state is State.DONE
