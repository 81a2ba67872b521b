"""What the sandbox's tests share."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.tests.relying_party import Browser, Running, running_provider


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Running]:
    """An OpenID provider on loopback, with two clients."""
    with running_provider(tmp_path) as running:
        yield running


@pytest.fixture
def visitor(provider: Running) -> Iterator[Browser]:
    """A browser that nobody has signed in with yet."""
    with closing(Browser(provider)) as opened:
        yield opened
