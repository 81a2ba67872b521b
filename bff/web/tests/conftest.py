"""A site to look at, on loopback, and the machine's own browser."""

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from bff.web.tests.specimen import specimen_app
from tests.chromium import browser_type_launch_args

__all__ = ["browser_type_launch_args"]  # found here by pytest


class Silent(WSGIRequestHandler):
    """Does not log."""

    def log(self, *_args: Any, **_more: Any) -> None:
        """Nothing."""


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
