"""The browser of every test that needs one: this machine's own Chromium where there is one, silent towards others."""

from typing import Any

import pytest

from tests.machine import browser as installed_browser

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], browser_name: str) -> dict[str, Any]:
    """The machine's own Chromium where there is one, else Playwright's; other browsers are Playwright's alone."""
    if browser_name != "chromium":
        return browser_type_launch_args
    own = installed_browser()
    chosen = {"executable_path": own} if own else {}
    return {**browser_type_launch_args, **chosen, "args": ARGUMENTS}
