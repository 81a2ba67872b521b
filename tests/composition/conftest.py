"""Shells under test, as the shell's own tests make them; how many rows of the list hold is written down at the end."""

from collections.abc import Iterator

import pytest

from bff.identity.tests.conftest import redis_url
from shell.tests.conftest import compiled, portal
from shell.tests.test_slots import waiting
from tests.figures import figure

__all__ = ["compiled", "portal", "redis_url", "waiting"]
ROWS = 14
_held: set[str] = set()


@pytest.fixture(autouse=True)
def row(request: pytest.FixtureRequest) -> Iterator[None]:
    """Counts the row that a test is named after, unless it fails."""
    failed = request.session.testsfailed
    yield
    if request.session.testsfailed == failed and request.node.name.startswith("test_row_"):
        _held.add(request.node.name.split("_")[2])


@pytest.fixture(autouse=True, scope="session")
def written() -> Iterator[None]:
    """The figure, once all of this folder's tests are through."""
    yield
    if len(_held) > 1:
        figure("must_beat", f"{len(_held)}/{ROWS}")
