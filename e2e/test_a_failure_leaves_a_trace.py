"""A journey that fails leaves its trace, a picture and, where ffmpeg is there, a video; and it is counted as failed."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from e2e.recording import NO_VIDEO, with_ffmpeg

ROOT = Path(__file__).parents[1]
CONFTEST = """
from pathlib import Path
from tests import figures
figures.FILE = Path(__file__).parent / "figures.txt"
from e2e.conftest import *
"""
GOOD = """
import pytest

@pytest.mark.journey("J1", "J2")
def test_that_arrives(page):
    page.set_content("<h1>Here</h1>")
"""
BAD = """
import pytest
from playwright.sync_api import expect

@pytest.mark.journey("J2")
def test_that_does_not(page):
    page.set_content("<h1>There</h1>")
    expect(page.get_by_role("heading")).to_have_text("Here", timeout=500)
"""


@pytest.fixture(autouse=True)
def no_errors_in_the_console() -> None:
    """The browser is another process's."""


@pytest.fixture(autouse=True)
def only_the_portal() -> None:
    """And asks nobody for anything."""


@pytest.mark.own_portal  # of no portal at all
@pytest.mark.timeout(300)
def test_what_fails_can_be_looked_at_and_what_passes_leaves_nothing(tmp_path: Path) -> None:
    for name, text in (("conftest", CONFTEST), ("test_good", GOOD), ("test_bad", BAD)):
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    told = ["--base-url", "http://localhost:9", "--output", f"{tmp_path / 'failures'}", "--video", "retain-on-failure"]
    # Each file in a process of its own, as in a whole run.
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", *told, str(tmp_path)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    (kept,) = (tmp_path / "failures").iterdir()
    assert "test-bad" in kept.name
    with zipfile.ZipFile(kept / "trace.zip") as trace:
        assert b"setContent" in trace.read("trace.trace")
    assert (kept / "test-failed-1.png").stat().st_size > 1000
    assert (kept / "video.webm").exists() == (with_ffmpeg() is not None)
    assert (NO_VIDEO in done.stderr) == (with_ffmpeg() is None)
    assert "J1   1 of 1 tests passed" in done.stdout
    assert "J2   1 of 2 tests passed; not test_bad.py" in done.stdout
    assert (tmp_path / "figures.txt").read_text().split() == ["figure", "journeys_passed", "1/2"]
