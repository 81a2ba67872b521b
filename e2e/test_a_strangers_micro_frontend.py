"""examples/hello joins the portal by name and URL, started as its how-to says."""

import os
import re
import shlex
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e.people import OPERATOR
from sandbox.up import Stack

ROOT = Path(__file__).parents[1]
HOW_TO = ROOT / "docs" / "how-to" / "add-a-micro-frontend.md"


def command_of_the_how_to() -> tuple[dict[str, str], list[str]]:
    """The line with which the document starts the example: its settings and its words."""
    line = next(
        line for line in HOW_TO.read_text("utf-8").splitlines() if "examples/hello/hello.py" in line and "=" in line
    )
    words = shlex.split(line)
    settings = dict(word.split("=", 1) for word in words if "=" in word)
    return settings, [word for word in words if "=" not in word]


@pytest.fixture
def hello(stack: Stack, hello_url: str) -> Iterator[None]:
    settings, words = command_of_the_how_to()
    settings |= {"SHELL_URL": stack.base_url, "PORT": hello_url.rpartition(":")[2]}
    assert words == [".venv/bin/python", "examples/hello/hello.py"]
    process = subprocess.Popen(
        [sys.executable, *words[1:]], cwd=ROOT, env=os.environ | settings, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(hello_url + "/health/ready", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.writes
def test_the_stranger_has_a_place_in_the_menu_and_a_page_in_the_frame(
    sign_in: Callable[..., Page], hello: None, accessible: Callable[[Page], None]
) -> None:
    page = sign_in(OPERATOR, "/hello/")
    entry = page.get_by_role("link", name="Say hello")
    for _ in range(20):
        # The shell looks for an app that was away every few seconds.
        if entry.is_visible():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(page.get_by_role("heading", name="Hello, Olivia Okello")).to_be_visible()
    expect(page).to_have_title(re.compile("Hello"))
    expect(entry).to_be_visible()
    page.get_by_label("A word to send back").fill("habari")
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("main")).to_contain_text("You sent: habari")
    accessible(page)
