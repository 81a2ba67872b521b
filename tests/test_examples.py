"""The same small micro-frontend in two languages: each keeps every clause of the contract that speaks of it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from bff.conformance.clauses import Verdict
from bff.conformance.running import run
from bff.conformance.speaking import speaker
from bff.conformance.subject import Subject
from bff.identity.tests.conftest import free_port
from tests.machine import node
from tests.messages import ROOT

EXAMPLES = {
    "python": [sys.executable, "examples/hello/hello.py"],
    "node": [node() or "node", "examples/hello-node/hello.mjs"],
}
# They have no JSON interface, no permission, no slot, no badge, no ETag and no element of htmx.
NOT_THEIRS = {
    "manifest.conditional", "fragments.nonce", "alone.api", "identity.permission", "failures.api",
    "keeping.conditional", "keeping.person", "offers.slots", "offers.deadline", "offers.badges", "offers.interfaces",
    "offers.closed",
}  # fmt: skip


@pytest.fixture(params=EXAMPLES)
def checked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    """An example that runs, as whoever speaks for its shell sees it."""
    port, shell = str(free_port()), f"http://localhost:{free_port()}"
    told = os.environ | {"SHELL_URL": shell, "PORT": port, "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(EXAMPLES[request.param], cwd=ROOT, env=told, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://localhost:{port}/health/ready")
        with speaker(shell, tmp_path / "keys.json") as speaking:
            yield Subject(f"http://localhost:{port}", speaking, "hello")
    finally:
        process.terminate()
        process.wait(10)


def wait_for(url: str) -> None:
    """Until somebody answers there, half a minute at most."""
    deadline = time.monotonic() + 30
    while True:
        try:
            urlopen(url, timeout=5).close()
            return
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_an_example_keeps_the_contract(checked: Subject) -> None:
    report = run(checked)
    seen = {finding.clause.id: finding.seen for finding in report.findings if finding.verdict is not Verdict.OK}
    assert seen.keys() == NOT_THEIRS, seen


def test_the_example_in_another_language_needs_no_package() -> None:
    folder = ROOT / "examples" / "hello-node"
    assert [path.name for path in folder.iterdir()] == ["hello.mjs"]
    imports = [line for line in (folder / "hello.mjs").read_text("utf-8").splitlines() if line.startswith("import ")]
    assert [line.rpartition(" from ")[2] for line in imports] == ['"node:crypto";', '"node:http";']
