"""`bizops up`, as `make run` calls it: ready soon, its people printed, nothing odd in its logs, nothing left behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, expect

from e2e import people
from e2e.people import DFSP, MANAGER, OPERATOR
from sandbox.up import free_base_port
from tests.figures import figure

pytestmark = pytest.mark.own_portal
ODD = re.compile(r"Traceback|\bwarning\b|\berror\b|\bcritical\b", re.IGNORECASE)
METRICS = "hush-metrics-0123456789abcdef"
OURS = ("shell", "settlement", "reports", "users", "settlement-worker", "reports-worker")
SECRETS = re.compile(r"eyJ[A-Za-z0-9_-]{20,}|client_secret|password|@hub\.example|Olivia|Okello", re.IGNORECASE)


class Stopped(NamedTuple):
    """A portal that was started twice and stopped twice."""

    folder: Path
    first: float  # seconds until it was ready
    second: float
    before: dict[str, int]  # what there was between both
    left: list[str]  # processes that ran on


@contextmanager
def running(folder: Path, port: int, **settings: str) -> Iterator[tuple["subprocess.Popen[str]", float]]:
    """`bizops up` in a folder, from its start until it says that it is ready; Ctrl-C at the end."""
    command = [sys.executable, "-c", "from bff.cli import main; main()", "up", "--port", str(port)]
    begun = time.monotonic()
    talking = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=folder, env=os.environ | settings, **talking) as process:  # type: ignore[call-overload]
        try:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if "Ctrl-C stops all of it" in line:
                    break
            assert f"http://localhost:{port}" in said, said
            assert re.search(r"olivia\s+operator", said), said
            yield process, time.monotonic() - begun
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0


def still_running(port: int) -> list[str]:
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    ports = [f"--port {port + offset}" for offset in range(6)]
    return [line for line in listing.splitlines() if any(mark in line for mark in ports)]


def walk(browser: Browser, base_url: str) -> set[str]:
    """A little of what people do all day, so that every process has something to log; the cookies they had by then."""
    carried: set[str] = set()
    for who, path in ((OPERATOR, "/settlement/windows"), (MANAGER, "/users/people"), (DFSP, "/reports/catalogue")):
        context = browser.new_context(locale="en-GB")
        page = context.new_page()
        page.goto(base_url + path)
        people.sign_in(page, who)
        expect(page.get_by_role("main").get_by_role("table").first).to_be_visible()
        page.get_by_role("main").get_by_role("table").first.get_by_role("link").first.click()
        expect(page).not_to_have_url(base_url + path)
        page.goto(base_url)
        expect(page.get_by_role("heading", name="Home")).to_be_visible()
        carried |= {part for cookie in context.cookies() for part in cookie["value"].split(".") if len(part) > 12}
        context.close()
    asked = urllib.request.Request(f"{base_url}/metrics", headers={"Authorization": f"Bearer {METRICS}"})
    assert urllib.request.urlopen(asked, timeout=10).status == 200
    return carried


def kept(folder: Path) -> dict[str, int]:
    """The databases and secrets of a portal, each with what tells it from one that was made anew."""
    found = [*(folder / "var").glob("*.db"), *(folder / "var" / "secrets").glob("*.json")]
    return {path.name: path.stat().st_ino for path in found}


@pytest.fixture(scope="module")
def stopped(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    folder, port = tmp_path_factory.mktemp("run"), free_base_port()
    with running(folder, port) as (_, first):
        page = urllib.request.urlopen(f"http://localhost:{port}/health/ready", timeout=10)
        assert page.status == 200
    before = kept(folder)
    with running(folder, port, BIZOPS_LOG_LEVEL="DEBUG", BIZOPS_METRICS_TOKEN=METRICS) as (_, second):
        carried = walk(browser, f"http://localhost:{port}")
    (folder / "carried.json").write_text(json.dumps(sorted(carried)))
    return Stopped(folder, first, second, before, still_running(port))


@pytest.mark.timeout(180)
def test_it_becomes_ready_and_a_second_start_makes_nothing_anew(stopped: Stopped) -> None:
    figure("start_ready_s", f"{stopped.first:.1f}", "s")
    figure("restart_ready_s", f"{stopped.second:.1f}", "s")
    assert stopped.before.keys() >= {"hub.db", "access.db", "settlement.db", "reports.db", "assertion-keys.json"}
    assert kept(stopped.folder) == stopped.before


def test_ctrl_c_leaves_no_process_behind(stopped: Stopped) -> None:
    assert stopped.left == []


def test_the_logs_of_a_run_hold_no_traceback_and_no_warning(stopped: Stopped) -> None:
    logs = sorted((stopped.folder / "var" / "log").glob("*.log"))
    assert len(logs) == 8
    odd = [line for log in logs for line in log.read_text().splitlines() if ODD.search(line)]
    assert [line for line in odd if '"event": "slow_' not in line] == []  # that a busy machine is slow is no fault


def test_the_logs_of_a_run_hold_no_secret_and_no_personal_data(stopped: Stopped) -> None:
    logs = (stopped.folder / "var" / "log").glob("*.log")
    assert [line for log in logs for line in log.read_text().splitlines() if SECRETS.search(line)] == []


def test_no_process_of_a_run_logs_a_secret_at_its_most_talkative(
    stopped: Stopped,
) -> None:
    folder = stopped.folder
    hidden = {METRICS, *json.loads((folder / "carried.json").read_text())}
    for path in (folder / "var").rglob("*.json"):
        # Client secrets, and the private parts of keys.
        hidden |= set(re.findall(r'"(?:client_secret|d|k|private)": *"([^"]{16,})"', path.read_text("utf-8")))
    hidden |= {path.read_text().strip() for path in (folder / "var" / "secrets").glob("*") if path.suffix != ".json"}
    assert len(hidden) > 12
    said = {path.name: path.read_text() for path in (folder / "var" / "log").glob("*.log")}
    assert {f"{name}.log" for name in OURS} <= said.keys()
    assert [name for name, text in said.items() for secret in hidden if secret and secret in text] == []


def test_every_line_of_every_process_is_json_on_standard_output(
    stopped: Stopped,
) -> None:
    for name in OURS:
        lines = (stopped.folder / "var" / "log" / f"{name}.log").read_text().splitlines()
        assert lines, name
        assert [line for line in lines if not {"event", "level", "timestamp"} <= json.loads(line).keys()] == []
