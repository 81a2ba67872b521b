"""A site to look at, on loopback, and the machine's own browser."""

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from bff.web.tests.specimen import specimen_app
from tests.machine import browser as installed_browser

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
QUIETER = ("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage")


class Silent(WSGIRequestHandler):
    """Does not log."""

    def log(self, *_args: Any, **_more: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium where there is one, else Playwright's."""
    own = installed_browser()
    chosen = {"executable_path": own} if own else {}
    return {**browser_type_launch_args, **chosen, "args": [*QUIET, *QUIETER]}


@pytest.fixture
def site() -> Iterator[str]:
    """The specimen site's address."""
    server = make_server("127.0.0.1", 0, specimen_app(), threaded=True, request_handler=Silent)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
