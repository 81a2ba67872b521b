"""What is made once: by one at a time, whole or not at all, and anew where it failed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.parts import go, ran
from tests.parts.background import ROOT, TOOLS
from tests.parts.cache import Making, Tool, awaited

ANOTHER = """
from tests.parts.cache import Tool, awaited
awaited(Tool("thing", "1", lambda making: making.run("sh", "-c", "echo begun; sleep 2; echo theirs > made")))
"""


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of these tests' own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "bizops-portal"


def writes(words: str) -> Tool:
    def make(making: Making) -> None:
        making.run("sh", "-c", f"echo {words} > made")

    return Tool("thing", "1", make)


def test_a_tool_is_made_once_and_kept(somewhere: Path) -> None:
    assert awaited(writes("first")) == somewhere / "thing-1"
    assert (awaited(writes("second")) / "made").read_text("utf-8") == "first\n"


def test_who_comes_while_another_makes_it_waits_for_that_one_even_if_it_is_killed(somewhere: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ANOTHER], cwd=ROOT) as other:
        log = somewhere / "thing-1.log"
        while not (log.exists() and "begun" in log.read_text("utf-8").splitlines()):
            assert other.poll() is None
        other.kill()
    # What it had begun ends by itself before we begin, so that never two write to one place.
    assert (awaited(writes("ours")) / "made").read_text("utf-8") == "ours\n"


def test_what_cannot_be_made_says_why_and_is_tried_anew(somewhere: Path) -> None:
    with pytest.raises(RuntimeError, match="no such luck"):
        awaited(Tool("thing", "1", lambda making: making.run("sh", "-c", "echo no such luck; false")))
    assert not (somewhere / "thing-1").exists()
    assert awaited(writes("luck")).is_dir()


def test_every_tool_has_a_place_of_its_own() -> None:
    assert len({tool.folder for tool in TOOLS}) == len(TOOLS) >= len(go.TOOLS)


def test_a_part_that_nobody_has_heard_of_is_not_counted() -> None:
    with pytest.raises(ValueError, match="none of the real parts"):
        ran.ran("mainframe")
