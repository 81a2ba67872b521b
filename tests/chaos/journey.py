"""A person in a browser who goes round and round through the portal, whatever happens to it meanwhile."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import Error, Page, expect

from e2e.people import MANAGER, sign_in

STOPS = {
    "/settlement/windows": "Settlement windows",
    "/reports/catalogue": "Reports",
    "/users/people": "People",
    "/approvals": "Approvals",
}
REPORT = "/reports/catalogue/settlement-window-positions"
SHOWN_MS = 60_000


@dataclass
class Journey:
    """Where the person was, and what they read where a page was away."""

    page: Page
    base_url: str
    seen: int = 0
    cut: int = 0
    read: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Sign in, by the provider's own page."""
        self.page.goto(self.base_url)
        sign_in(self.page, MANAGER)
        expect(self.page.get_by_role("heading", level=1).first).to_be_visible(timeout=SHOWN_MS)

    def go_round(self) -> bool:
        """Every stop once; whether each was there at the first try."""
        there = [self._stop(path, title) for path, title in STOPS.items()]
        return all(there)

    def has_a_file_written(self) -> None:
        """Work for a worker, which is told of it through the queue."""
        self.page.goto(self.base_url + REPORT)
        main = self.page.get_by_role("main")
        main.get_by_text("In the background", exact=True).click()
        main.get_by_role("button", name="Write CSV in the background").click()
        expect(main.get_by_text("The file is ready")).to_be_visible(timeout=SHOWN_MS)

    def _stop(self, path: str, title: str) -> bool:
        """One page. Where the browser itself has nothing to show, the connection was cut."""
        try:
            self.page.goto(self.base_url + path)
        except Error as problem:
            # The page of a connection that was cut may come so late that the next one is under way.
            if not re.search("net::ERR|chrome-error:", str(problem)):
                raise
            self.cut += 1
            return False
        failed = self.page.locator("[data-portal-error]")
        there = self.page.get_by_role("main").get_by_role("heading", level=1, name=re.compile(f"^{title}"))
        expect(there.or_(failed).first).to_be_visible(timeout=SHOWN_MS)
        if failed.count():
            self.read.append(failed.first.inner_text())
            return False
        self.seen += 1
        return True
