"""Gardens, one for each policy, as if new for each test; the people who work in them; and what one asks of them."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from bff.change.states import OPEN, State
from bff.change.table import change_task
from bff.change.tests.garden import PEOPLE, POLICY, RIGHTS, Gates, changes_of, make_app, people
from bff.change.tests.scene import Scene
from bff.testing import user_with

LONG_AGO = datetime(2000, 1, 1)  # noqa: DTZ001  # as the database keeps moments: without a zone
Gardens = Callable[[str], Scene]


@pytest.fixture(scope="session")
def made_gardens() -> dict[str, tuple[Flask, Gates]]:
    """The gardens of this run, by their policy: to make one takes longer than most tests."""
    return {}


@pytest.fixture
def garden_under(
    made_gardens: dict[str, tuple[Flask, Gates]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gardens]:
    """A garden under a policy of the test's own, of which gate 1 is open and nothing is asked."""

    def garden(policy: str) -> Scene:
        if policy not in made_gardens:
            made_gardens[policy] = make_app(tmp_path_factory.mktemp("garden"), policy)
        return as_new(*made_gardens[policy])

    yield garden
    for _app, gates in made_gardens.values():
        gates.fault = ""


def as_new(app: Flask, gates: Gates) -> Scene:
    """The garden with whatever earlier tests asked for out of the way."""
    gates.fault = ""
    gates.forget()
    gates.put(1)
    people(app)
    column = change_task.c
    with changes_of(app).tasks.engine.begin() as connection:
        open_ones = sa.update(change_task).where(column.state.in_([str(state) for state in OPEN]))
        connection.execute(open_ones.values(state=str(State.WITHDRAWN), open_target=None))
        # Some were made in a future to which a test had travelled.
        connection.execute(sa.update(change_task).values(attempt=column.id, changed_at=LONG_AGO))
    return Scene(app, gates)


@pytest.fixture
def scene(garden_under: Gardens) -> Scene:
    """The garden under its plain policy: one warden lets a shut gate through."""
    return garden_under(POLICY)


@pytest.fixture
def damaged(tmp_path: Path) -> Scene:
    """A garden of the test's own, for tests that damage its database."""
    app, gates = make_app(tmp_path)
    gates.put(1)
    return Scene(app, gates)


@pytest.fixture
def app(scene: Scene) -> Flask:
    """The app."""
    return scene.app


@pytest.fixture
def gates(scene: Scene) -> Gates:
    """Its gates."""
    return scene.gates


@pytest.fixture
def as_person(app: Flask) -> Callable[..., FlaskClient]:
    """A client of one of the people, with what their role gives."""

    def client(name: str, **claims: object) -> FlaskClient:
        subject = f"u-{name}"
        role = PEOPLE[subject]
        return user_with(app, *RIGHTS[role], sub=subject, username=name, name=name.capitalize(), roles=[role], **claims)

    return client
