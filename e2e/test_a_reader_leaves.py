"""A reader who leaves while a report is still thinking ends its query, although the shell stands between them."""

import os
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from e2e.people import OPERATOR
from sandbox.up import Stack
from tests.figures import figure

SignIn = Callable[..., Page]
ENDLESS = "/reports/catalogue/endless"
PATIENCE = 20.0  # seconds


def pids_of(group: int) -> list[int]:
    """The processes of a group."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(entry.name)) == group:
                found.append(int(entry.name))
        except ProcessLookupError:
            continue
    return found


def lines(stack: Stack) -> int:
    """How many connections the reports app has to the hub's database."""
    reports = stack.fleet.processes["reports"].pid
    assert reports is not None
    database = Path(stack.plan.folder) / "hub.db"
    count = 0
    for pid in pids_of(os.getpgid(reports)):
        for file in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                count += file.readlink() == database
            except OSError:
                continue
    return count


def until(holds: Callable[[], bool], times: int = 1) -> float:
    """Wait until it holds so many times in a row; how many milliseconds it took."""
    begun, held = time.monotonic(), 0
    while (held := held + 1 if holds() else 0) < times:
        assert time.monotonic() - begun < PATIENCE
        time.sleep(0.02)
    return (time.monotonic() - begun) * 1000


@pytest.mark.parametrize(("kind", "path"), [("page", f"{ENDLESS}?begin=1"), ("file", f"{ENDLESS}/rows.csv?begin=1")])
def test_a_query_ends_when_its_reader_leaves_the_shell(
    stack: Stack, sign_in: SignIn, base_url: str, kind: str, path: str
) -> None:
    page = sign_in(OPERATOR, ENDLESS)
    cookies = "; ".join(f"{each['name']}={each['value']}" for each in page.context.cookies(base_url))
    before = lines(stack)
    address = urlsplit(base_url)
    browser = HTTPConnection(str(address.hostname), address.port, timeout=PATIENCE)
    browser.request("GET", path, headers={"Cookie": cookies, "Accept": "text/html"})
    until(lambda: lines(stack) > before, times=25)  # not the moment of its form
    browser.close()
    figure(f"left_{kind}_through_shell_ms", f"{until(lambda: lines(stack) == before, times=5):.0f}", "ms")
