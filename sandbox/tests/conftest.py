"""What the sandbox's tests share."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.tests.relying_party import Browser, Running, running_provider
from sandbox.tests.small_hub import SmallHub


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An OpenID provider on loopback, with two clients. Its clock only ever goes forward."""
    with running_provider(tmp_path_factory.mktemp("provider")) as running:
        yield running


@pytest.fixture
def visitor(provider: Running) -> Iterator[Browser]:
    """A browser that nobody has signed in with yet."""
    with closing(Browser(provider)) as opened:
        yield opened


@pytest.fixture
def small_hub(tmp_path: Path) -> Iterator[SmallHub]:
    """An empty hub whose time stands still."""
    with closing(SmallHub(tmp_path / "hub.sqlite")) as hub:
        yield hub
