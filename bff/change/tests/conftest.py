"""A garden for each test, and the people who work in it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.change.tests.garden import PEOPLE, RIGHTS, Gates, make_app
from bff.testing import user_with


@pytest.fixture
def garden(tmp_path: Path) -> tuple[Flask, Gates]:
    """An app over gates, of which gate 1 is open."""
    app, gates = make_app(tmp_path)
    gates.put(1)
    return app, gates


@pytest.fixture
def app(garden: tuple[Flask, Gates]) -> Flask:
    """The app."""
    return garden[0]


@pytest.fixture
def gates(garden: tuple[Flask, Gates]) -> Gates:
    """Its gates."""
    return garden[1]


@pytest.fixture
def as_person(app: Flask) -> Callable[..., FlaskClient]:
    """A client of one of the people, with what their role gives."""

    def client(name: str, **claims: object) -> FlaskClient:
        subject = f"u-{name}"
        role = PEOPLE[subject]
        return user_with(app, *RIGHTS[role], sub=subject, username=name, name=name.capitalize(), roles=[role], **claims)

    return client
