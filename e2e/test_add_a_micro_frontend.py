"""The how-to is walked from its own text: made, installed, tested, served, checked, and taken into a running portal."""

import os
import re
import shlex
import subprocess
import sys
import sysconfig
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bff.identity.tests.conftest import free_port
from e2e.people import PLATFORM
from sandbox.up import Stack, free_base_port

HOW_TO = Path(__file__).parents[1] / "docs" / "how-to" / "add-a-micro-frontend.md"
SERVE = "sh run.sh"


def blocks(title: str) -> list[str]:
    """The commands under a heading of the document, block by block."""
    text = HOW_TO.read_text("utf-8").split(f"## {title}\n")[1].split("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def own_place(tmp_path: Path) -> dict[str, str]:
    """An environment in which what is installed, served and published is this test's own."""
    prefix, project = str(tmp_path / "prefix"), str(tmp_path / "work" / "garden")
    site = sysconfig.get_path("purelib", vars={"base": prefix, "platbase": prefix})
    (tmp_path / "work").mkdir()
    return os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": f"{site}:{project}",
        "PIP_PREFIX": prefix,
        "PIP_NO_BUILD_ISOLATION": "0",  # pip's way to say: without
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PORT": str(free_base_port()),
        "BIZOPS_SHELL_URL": f"http://localhost:{free_port()}",
    }


def run(commands: str, folder: Path, place: Mapping[str, str]) -> str:
    """What a block says, at the ports of this test."""
    here = commands.replace("localhost:8100", f"localhost:{place['PORT']}")
    ran = subprocess.run(["sh", "-euc", here], cwd=folder, env=dict(place), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@contextmanager
def served(command: str, folder: Path, place: Mapping[str, str]) -> Iterator[str]:
    """The document's command that serves, until it is ready; what it sets for itself stands before its words."""
    words = shlex.split(command)
    told = dict(word.split("=", 1) for word in words if "=" in word)
    with (folder / "run.log").open("wb") as log:
        process = subprocess.Popen(
            [word for word in words if "=" not in word], cwd=folder, env=told | dict(place), stdout=log, stderr=log
        )
    url = f"http://localhost:{place['PORT']}"
    try:
        deadline = time.monotonic() + 60
        while not ready(url):
            assert process.poll() is None, (folder / "run.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url + "/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.writes
def test_what_the_how_to_makes_keeps_the_contract_and_joins_a_portal_that_runs(
    sign_in: Callable[..., Page], stack: Stack, own_place: dict[str, str], tmp_path: Path
) -> None:
    work = tmp_path / "work"
    make, check = blocks("Begin with one that works")
    assert make.splitlines()[-1] == SERVE
    assert "passed" in run(make.removesuffix(SERVE + "\n"), work, own_place)
    with served(SERVE, work / "garden", own_place):
        table = run(check, work, own_place)
    assert re.search(r"^garden: \d+ clauses: \d+ ok, \d+ not applicable$", table, re.MULTILINE), table

    (serve,) = blocks("Have the portal show it")
    assert serve == f"BIZOPS_SHELL_URL=http://localhost:8000 {SERVE}\n"
    with served(serve, work / "garden", own_place | {"BIZOPS_SHELL_URL": stack.base_url}) as url:
        page = sign_in(PLATFORM, "/microfrontends")
        page.get_by_role("link", name="Register a micro-frontend").click()
        page.get_by_role("main").get_by_label("Name").fill("garden")
        page.get_by_role("main").get_by_label("Address").fill(url)
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Register garden").click()
        expect(page.get_by_role("main").get_by_role("heading", name="Garden")).to_be_visible()
        # Every process of the shell follows within two seconds.
        for _ in range(40):
            page.goto(stack.base_url + "/garden/overview")
            if "See the overview" in page.inner_text("main"):
                break
            page.wait_for_timeout(250)
        # The app's own words, in the portal's frame: no role of this portal holds its permission yet.
        expect(page.get_by_role("main")).to_contain_text("See the overview")
