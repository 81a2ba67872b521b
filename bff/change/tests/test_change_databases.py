"""Every database keeps requests and decisions alike: what is refused there is refused by itself, on each of them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import DBAPIError

from bff.access.tests import real_postgresql
from bff.change.audit_table import MIGRATIONS
from bff.change.states import State
from bff.change.tests import real_mariadb
from bff.change.tests.conftest import as_new
from bff.change.tests.garden import make_app
from bff.change.tests.policies import TWO
from bff.change.tests.scene import Scene
from bff.change.tests.test_bypassing import DECISION
from bff.database import engine_for, upgrade

DATABASES = ["sqlite"]
DATABASES += ["postgresql"] if real_postgresql.program("postgres") else []
DATABASES += ["mariadb"] if real_mariadb.present() else []
SERVERS = {"postgresql": real_postgresql.running, "mariadb": real_mariadb.running}


@pytest.fixture(scope="module", params=DATABASES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A garden over each database."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "sqlite":
        yield Scene(*make_app(folder, TWO))
        return
    with SERVERS[request.param]() as url:
        upgrade(url, MIGRATIONS)
        yield Scene(*make_app(folder, TWO, url))
        engine_for(url).dispose()


@pytest.fixture
def scene(made: Scene) -> Scene:
    """The same as if new."""
    return as_new(made.app, made.gates)


def test_a_request_goes_its_whole_way(scene: Scene) -> None:
    task = scene.ask("greta", reason="à cause de la pluie 🔑 ' \" \\ :x %s")
    assert scene.decide("wanda", task, reason="d'accord, déjà").status_code == 303
    assert scene.decide("will", task).status_code == 303
    assert (scene.state(task), scene.gates.look(1)) == (State.DONE, ("SHUT", 1))
    assert scene.task(task).wish.reason == "à cause de la pluie 🔑 ' \" \\ :x %s"
    assert "d'accord, déjà" in [each.reason for each in scene.task(task).decisions]


def test_many_at_once_carry_it_out_once(scene: Scene) -> None:
    task = scene.ask("greta")
    form = {"verdict": "approve", "sha256": scene.task(task).sha256}
    clients = [scene.person(name) for name in ("wanda", "will", "bo")] * 4
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda it: it.post(f"/approvals/{task}", data=form).status_code, clients))
    assert set(answers) <= {303, 409}
    assert (scene.state(task), scene.gates.sent, len(scene.task(task).approvals)) == (State.DONE, 1, 2)


def test_of_many_who_ask_at_once_one_does(scene: Scene) -> None:
    clients = [scene.person(name) for name in ("greta", "gus", "bo")] * 3
    with ThreadPoolExecutor(9) as pool:
        answers = list(pool.map(lambda it: it.post("/gates/1/shut", data={"confirmed": "yes"}).status_code, clients))
    assert sorted(answers) == [303] + [409] * 8


@pytest.mark.parametrize(("subject", "maker", "verdict"), [
    ("u-greta", "u-greta", "approve"), ("u-greta", "u-greta", "reject"), ("u-greta", "u-gus", "approve"),
    ("u-wanda", "u-greta", "approve"), ("u-gus", "u-greta", "withdraw"),
])  # fmt: skip
def test_own_work_lies_and_second_decisions_are_refused(scene: Scene, subject: str, maker: str, verdict: str) -> None:
    task = scene.task(scene.ask("greta"))
    scene.decide("wanda", task.id)
    with pytest.raises(DBAPIError):
        scene.sql(DECISION, task=task.id, maker=maker, subject=subject, verdict=verdict, sha256=task.sha256)
    assert len(scene.task(task.id).decisions) == 1


@pytest.mark.parametrize(("statement", "says"), [
    ("UPDATE change_task SET body = CONCAT(body, ' ') WHERE id = :id", "stays as it was asked for"),
    ("UPDATE change_task SET required = 0 WHERE id = :id", "stays as it was asked for"),
    ("UPDATE change_task SET state = 'APPROVED' WHERE id = :id", "without its approvals"),
    ("UPDATE change_task SET state = 'EXECUTING' WHERE id = :id", "without its approvals"),
    ("UPDATE change_decision SET verdict = 'reject' WHERE task = :id", "stay as they were taken"),
    ("DELETE FROM change_decision WHERE task = :id", "never deleted"),
    ("DELETE FROM change_task WHERE id = :id", "never deleted"),
])  # fmt: skip
def test_the_past_cannot_be_rewritten(scene: Scene, statement: str, says: str) -> None:
    task = scene.ask("greta")
    scene.decide("wanda", task)
    if scene.changes.tasks.engine.dialect.name == "sqlite":
        statement = statement.replace("CONCAT(body, ' ')", "body || ' '")
    with pytest.raises(DBAPIError, match=says):
        scene.sql(statement, id=task)
    assert scene.state(task) is State.PENDING


def test_what_has_ended_is_neither_opened_nor_decided_again(scene: Scene) -> None:
    task = scene.task(scene.ask("greta"))
    scene.decide("greta", task.id, "withdraw")
    with pytest.raises(DBAPIError, match="stays as it ended"):
        scene.sql("UPDATE change_task SET state = 'PENDING' WHERE id = :id", id=task.id)
    late = {"task": task.id, "maker": "u-greta", "subject": "u-will", "verdict": "approve", "sha256": task.sha256}
    with pytest.raises(DBAPIError, match="only what waits is decided"):
        scene.sql(DECISION, **late)
