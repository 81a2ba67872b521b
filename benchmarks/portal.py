"""A portal to measure: started on free ports, an operator signed in, its processes' CPU and memory at hand."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, StorageState, sync_playwright

from e2e import people
from sandbox.up import Stack, free_base_port
from tests.chromium import ARGUMENTS
from tests.machine import browser as installed_browser

PAGE = "/settlement/windows?preset=month"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Portal:
    """A running portal and an operator's session in it."""

    stack: Stack
    browser: Browser
    session: StorageState

    @property
    def cookies(self) -> str:
        """The session's cookies, as one header value."""
        return "; ".join(f"{cookie.get('name')}={cookie.get('value')}" for cookie in self.session.get("cookies", []))

    def cpu_seconds(self, name: str) -> float:
        """CPU that a process and its workers have used so far."""
        total = 0
        for pid in self._pids(name):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def memory_mb(self, name: str) -> float:
        """Memory that is a worker's own, or shared with nobody."""
        kilobytes = 0
        for pid in self._pids(name):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            kilobytes += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return kilobytes / 1024

    def _pids(self, name: str) -> list[int]:
        first = self.stack.fleet.processes[name].pid
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]


@contextmanager
def running() -> Iterator[Portal]:
    """A portal of our own, stopped at the end."""
    settings = {"BIZOPS_LOG_LEVEL": "ERROR"}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed_browser(), args=ARGUMENTS)
        with Stack(free_base_port(), Path(folder), settings=settings, live=False) as stack:
            yield Portal(stack, browser, sign_in(browser, stack.base_url))
        browser.close()


def sign_in(browser: Browser, base_url: str, who: people.Person = people.OPERATOR) -> StorageState:
    """What a person's browser keeps once they are signed in, an operator's unless another is named."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(base_url)
    people.sign_in(page, who)
    page.wait_for_url(f"{base_url}/")
    session = context.storage_state()
    context.close()
    return session
