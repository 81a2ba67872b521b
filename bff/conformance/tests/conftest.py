"""The garden, served for all tests of the checker, and somebody who speaks to it as its shell."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from bff.conformance.speaking import Speaker, speaker
from bff.conformance.subject import Subject
from bff.conformance.tests.garden import garden
from bff.identity.assertion import fetch_jwks
from bff.identity.tests.conftest import free_port


@dataclass
class Garden:
    """A served garden: where, which clauses it breaks at present, and who speaks to it."""

    url: str
    flaws: set[str]
    speaker: Speaker
    keys: Path

    def subject(self) -> Subject:
        return Subject(self.url, self.speaker, "garden", {"id": "12"})


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Garden]:
    flaws: set[str] = set()
    keys, shell = tmp_path_factory.mktemp("check") / "keys.json", f"http://localhost:{free_port()}"
    with speaker(shell, keys) as speaking:
        app = garden(shell, lambda: fetch_jwks(shell), flaws)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield Garden(f"http://localhost:{server.port}", flaws, speaking, keys)
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def broken(served: Garden) -> Iterator[Garden]:
    """The garden; what a test breaks of it is whole again afterwards."""
    yield served
    served.flaws.clear()
