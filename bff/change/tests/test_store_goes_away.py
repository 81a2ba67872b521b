"""What somebody reads whose change was under way when the portal's own database went away, and what becomes of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bff.change.states import State
from bff.change.tests.scene import Scene, words
from bff.change.tests.test_fates import later

UNSURE = "It may be done, or may still be. Look before you repeat it."
CLAIM, REQUEST = "EXECUTING", "INSERT INTO change_task"


@contextmanager
def away(scene: Scene, statement: str, problem: Exception | None = None) -> Iterator[None]:
    """The database goes away when somebody sends such a statement, or such a value; with an empty one, at once."""

    def fail(_connection: Any, _cursor: Any, sent: str, values: Any, *_more: Any) -> None:
        if sent.startswith(statement) or statement in values:
            raise problem or OperationalError(sent, {}, Exception("gone"))

    engine = scene.changes.tasks.engine
    sa.event.listen(engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        sa.event.remove(engine, "before_cursor_execute", fail)


def test_what_was_let_through_before_the_store_went_away_is_not_called_undone_and_is_done_later(scene: Scene) -> None:
    task = scene.ask("greta")
    with away(scene, CLAIM):
        answer = scene.decide("wanda", task)
    assert answer.status_code == 503
    assert UNSURE in words(answer.text)
    assert (scene.state(task), scene.gates.sent) == (State.APPROVED, 0)
    with later(timedelta(seconds=30)):
        scene.tend()
        scene.tend()
    assert (scene.state(task), scene.gates.sent) == (State.DONE, 1)


def test_whoever_made_a_change_that_could_not_be_kept_as_done_hears_of_the_store_and_not_of_the_hub(
    scene: Scene,
) -> None:
    with away(scene, "DONE"):
        told = scene.person("greta").post("/api/gates/1/paint", json={"colour": "red"})
    assert (told.status_code, told.get_json()["detail"].endswith(UNSURE)) == (503, True)


def test_a_request_that_may_have_been_kept_is_not_called_undone(scene: Scene) -> None:
    form = {"confirmed": "yes", "reason": "rain", "attempt": "attempt-away"}
    with away(scene, REQUEST):
        answer = scene.person("greta").post("/gates/1/shut", data=form)
    assert (answer.status_code, UNSURE in words(answer.text)) == (503, True)
    again = scene.person("greta").post("/gates/1/shut", data=form)
    assert again.status_code == 303


@pytest.mark.parametrize(
    "problem",
    [OperationalError("x", {}, Exception("gone")), InterfaceError("x", {}, Exception("closed")), PoolTimeout("full")],
    ids=lambda problem: type(problem).__name__,
)
def test_what_did_not_begin_is_called_undone_however_the_store_is_away(scene: Scene, problem: Exception) -> None:
    form = {"confirmed": "yes", "reason": "rain", "attempt": "attempt-never"}
    with away(scene, "", problem):
        page = scene.person("greta").post("/gates/1/shut", data=form)
        told = scene.person("greta").post("/api/gates/1/shut", json={"reason": "rain"})
    assert (page.status_code, told.status_code) == (503, 503)
    assert "Nothing was changed. Try again in a moment." in words(page.text)
    assert told.get_json()["detail"].endswith("Nothing was changed. Try again in a moment.")
