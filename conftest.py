"""The figures that a run has measured stand in its log, just before pytest's own last line."""

import pytest

from tests.figures import FILE


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print build/figures.txt."""
    if FILE.exists():
        terminalreporter.section("figures")
        terminalreporter.write(FILE.read_text("utf-8"))
