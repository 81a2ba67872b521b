"""How a run is shared between processes, and what stands in its log: the figures, before pytest's own last line."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.figures import FILE

JOURNEYS = "e2e/"

# An example may fall into a moment in which a busy machine does something else.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


class Shares(LoadScopeScheduling):  # type: ignore[misc]  # xdist says nothing of its types
    """A module runs in one process, and all journeys in one: they walk through the same portal."""

    def _split_scope(self, nodeid: str) -> str:
        return JOURNEYS if nodeid.startswith(JOURNEYS) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Share a run out so."""
    config.option.loadscopereorder = False
    return Shares(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys begin first, for they take longest; what waits for a slow build comes last."""
    items.sort(key=lambda item: (item.get_closest_marker("late") is not None, not item.nodeid.startswith(JOURNEYS)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print build/figures.txt."""
    if FILE.exists():
        terminalreporter.section("figures")
        terminalreporter.write(FILE.read_text("utf-8"))
