"""What every page of the portal weighs at first load, what going on to another costs, how soon a slow machine works."""

import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, Page, Response, StorageState

from benchmarks.portal import PAGE, Portal, sign_in
from e2e import people
from tests.figures import figure

PEOPLE = (people.OPERATOR, people.MANAGER, people.AUDITOR, people.DFSP)
SLOWER, TIMES = 4, 5
# When what a reader sees has been painted, and what answers their clicks has run.
USABLE = """() => Math.max(
    performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd,
    performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0)"""


class Weight:
    """What has come over the wire to a page."""

    def __init__(self, page: Page) -> None:
        self._answers: list[Response] = []
        page.on("response", lambda answer: self._answers.append(answer))

    def forget(self) -> None:
        """Begin anew."""
        self._answers.clear()

    @property
    def requests(self) -> int:
        """How many; what the browser had kept is none."""
        return len([size for size in self._sizes() if size > 0])

    @property
    def kilobytes(self) -> float:
        """Heads and bodies of the answers, as they were sent."""
        return sum(self._sizes()) / 1000

    def _sizes(self) -> list[int]:
        # A file that the browser had kept is reported without a server's address, or with nothing sent.
        sent = [answer.request.sizes() for answer in self._answers if answer.server_addr() is not None]
        return [size["responseBodySize"] + size["responseHeadersSize"] for size in sent]


def pages(portal: Portal) -> None:
    """The heaviest first load and the heaviest step from page to page, over every entry of everybody's menu."""
    first: dict[str, tuple[float, int]] = {}
    further: dict[str, tuple[float, int]] = {}
    for who in PEOPLE:
        session = sign_in(portal.browser, portal.stack.base_url, who)
        for path in ["/", *_entries(portal, session)]:
            if path not in first:
                first[path] = _first(portal, session, path)
        further |= _further(portal, session)
    for path, (kilobytes, requests) in sorted(first.items()):
        sys.stdout.write(f"{path:40} first load {kilobytes:6.1f} kB in {requests} requests\n")
    for name, measured in (("page", first), ("navigation", further)):
        figure(f"{name}_kb_max", f"{max(kilobytes for kilobytes, _ in measured.values()):.1f}", "kB")
        figure(f"{name}_requests_max", f"{max(requests for _, requests in measured.values())}")


def usable_table(portal: Portal) -> None:
    """How long the windows page takes to its usable table on a machine four times as slow as this one."""
    spent = []
    for _ in range(TIMES):
        with _context(portal, portal.session) as context:
            page = context.new_page()
            context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            page.goto(portal.stack.base_url + PAGE, wait_until="load")
            page.locator("tbody tr").first.wait_for()
            spent.append(float(page.evaluate(USABLE)))
    figure("usable_table_4x_ms", f"{statistics.median(spent):.0f}", "ms")


def _entries(portal: Portal, session: StorageState) -> list[str]:
    with _context(portal, session) as context:
        page = context.new_page()
        page.goto(portal.stack.base_url, wait_until="networkidle")
        found: list[str] = page.locator("#nav a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
        return found


def _first(portal: Portal, session: StorageState, path: str) -> tuple[float, int]:
    with _context(portal, session) as context:
        page = context.new_page()
        weight = Weight(page)
        page.goto(portal.stack.base_url + path, wait_until="networkidle")
        return weight.kilobytes, weight.requests


def _further(portal: Portal, session: StorageState) -> dict[str, tuple[float, int]]:
    """Each entry of the menu, opened from the one before."""
    measured = {}
    with _context(portal, session) as context:
        page = context.new_page()
        weight = Weight(page)
        page.goto(portal.stack.base_url, wait_until="networkidle")
        for path in page.locator("#nav a").evaluate_all("links => links.map(link => link.getAttribute('href'))"):
            weight.forget()
            page.locator(f'#nav a[href="{path}"]').click()
            page.wait_for_url(lambda url, path=path: url.split("?")[0].endswith(path.split("?")[0]))
            page.wait_for_load_state("networkidle")
            measured[path] = weight.kilobytes, weight.requests
    return measured


@contextmanager
def _context(portal: Portal, session: StorageState) -> Iterator[BrowserContext]:
    context = portal.browser.new_context(storage_state=session)
    yield context
    context.close()
