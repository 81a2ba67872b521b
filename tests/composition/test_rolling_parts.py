"""The real shell and a real micro-frontend, two of each, are restarted one by one under load: nothing is lost."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import pytest

from bff.identity.current import EXTENSION
from shell.tests.conftest import CSRF, Portal
from tests.composition.balancing import HOST, Balancer, Part
from tests.composition.part import make
from tests.figures import figure

THREADS, ENOUGH = 2, 20
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": CSRF}


class Load:
    """People who read a list and close windows, each window once; nobody tries anything again."""

    def __init__(self, port: int, cookie: str) -> None:
        self._port, self._cookie = port, cookie
        self._numbers, self._over = count(1), threading.Event()
        self.outcomes: list[tuple[str, int | str]] = []
        self.closed: list[int] = []
        self._threads = [threading.Thread(target=self._go_on) for _ in range(THREADS)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> int | str:
        """What came of one request, over a connection of its own."""
        with closing(HTTPConnection(HOST, self._port, timeout=30)) as connection:
            try:
                headers = {"Cookie": self._cookie, **(FORM if form else {})}
                connection.request(method, path, urlencode(form) if form else None, headers)
                answer = connection.getresponse()
                answer.read()
                return answer.status
            except (OSError, HTTPException) as lost:
                return repr(lost)

    def _go_on(self) -> None:
        while not self._over.is_set():
            self.outcomes.append(("GET", self.ask("GET", "/settlement/settlements")))
            number = next(self._numbers)
            form = {"reason": "End of day", "attempt": f"attempt-{number}", "confirmed": "yes"}
            self.outcomes.append(("POST", self.ask("POST", f"/settlement/windows/{number}/close", form)))
            self.closed.append(number)
            self._over.wait(0.05)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[tuple[list[Part], Balancer, str]]:
    """Two of each behind a balancer, and the cookie of somebody who has signed in."""
    apps = {name: [Part(name, tmp_path) for _ in range(2)] for name in ("settlement", "shell")}
    parts = [part for each in apps.values() for part in each]
    with ExitStack() as stack:
        behind, front = (Balancer(apps[name]) for name in ("settlement", "shell"))
        for balancer, which in ((behind, "behind"), (front, "front")):
            (tmp_path / which).write_text(str(balancer.port))
            stack.callback(balancer.close)
        for part in parts:
            stack.callback(part.stop)
        make("settlement", tmp_path)  # its tables, before two processes want to make them
        portal = Portal(make("shell", tmp_path), {})
        stack.callback(portal.platform.close)
        browser = portal.person("u-olivia", "operator")
        kept = browser.get_cookie(portal.app.extensions[EXTENSION].cookies.session)
        assert kept is not None
        for balancer in (behind, front):
            balancer.start()
        for part in parts:
            part.start()
        for part in parts:
            part.until_ready()
        yield parts, front, f"{kept.key}={kept.value}"


@pytest.mark.timeout(300)  # eight starts of an app, on whatever machine
def test_a_rolling_restart_of_shell_and_settlement_loses_no_request_and_sends_none_twice(
    stage: tuple[list[Part], Balancer, str], tmp_path: Path
) -> None:
    parts, front, cookie = stage
    with Load(front.port, cookie) as load:
        for pair in zip(parts[:2], parts[2:], strict=True):  # one of each at the same time, then the other
            for step in (Part.told_to_end, Part.replaced, Part.until_ready):
                for part in pair:
                    step(part)
    wanted = {"GET": 200, "POST": 303}
    lost = [outcome for outcome in load.outcomes if outcome[1] != wanted[outcome[0]]]
    told = Counter(int(line) for line in (tmp_path / "closes").read_text().split())
    figure("rolling_requests", str(len(load.outcomes)))
    figure("rolling_lost", str(len(lost)))
    assert lost == []
    assert told == Counter(load.closed)
    assert len(load.outcomes) > ENOUGH
