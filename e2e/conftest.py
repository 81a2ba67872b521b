"""A portal to walk through, the one at --base-url or one of our own, and a browser that meets no one else."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from e2e import people, recording, walked
from e2e.people import Person
from e2e.settling import Elsewhere, Scheme
from sandbox.up import Stack, free_base_port
from sandbox.up.ports import HELLO
from tests.chromium import browser_type_launch_args as browser_type_launch_args  # found here by pytest
from tests.figures import figure

HUB = os.environ.get("E2E_HUB", "").rstrip("/")  # a sandbox hub behind the portal at --base-url
expect.set_options(timeout=15_000)


def pytest_configure(config: pytest.Config) -> None:
    """A journey that fails leaves something to look at."""
    config.addinivalue_line("markers", "journey(name, ...): walks these journeys of docs/reference/journeys.md")
    config.addinivalue_line("markers", "sandbox: counts on the people and the past that a sandbox has")
    recording.keep_failures(config)


def needs_own_portal(item: pytest.Item) -> bool:
    """Whether a test starts, stops or looks into a portal of its own, or a hub that nobody has named."""
    fixtures = getattr(item, "fixturenames", ())
    if item.get_closest_marker("own_portal") is not None or "stack" in fixtures:
        return True
    return not HUB and ("scheme" in fixtures or item.get_closest_marker("sandbox") is not None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note whose journey each walks; against somebody's deployment, leave out what needs a portal of our own."""
    for item in items:
        names = [name for mark in item.iter_markers("journey") for name in mark.args]
        item.user_properties += [(walked.PROPERTY, name) for name in names]
    if not config.getoption("base_url"):
        return
    own = [item for item in items if needs_own_portal(item)]
    config.hook.pytest_deselected(items=own)
    items[:] = [item for item in items if item not in own]


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how far each journey came. Where several processes ran, this is the one that has heard of all tests."""
    journeys = walked.walked(terminalreporter.stats)
    if not journeys:
        return
    terminalreporter.section("journeys")
    terminalreporter.write("".join(f"{journey}\n" for journey in journeys))
    figure("journeys_passed", f"{sum(journey.whole for journey in journeys)}/{len(journeys)}")


@pytest.fixture(scope="session", autouse=True)
def delete_output_dir() -> None:
    """Playwright's own deletes it in each process, also what another has kept by then; ours is gone by now."""


@pytest.fixture(scope="session")
def base_port() -> int:
    """The first of a row of free ports."""
    return free_base_port()


@pytest.fixture(scope="session")
def hello_url(base_port: int) -> str:
    """Where the stranger's example is registered, whether it runs or not."""
    return f"http://localhost:{base_port + HELLO}"


@pytest.fixture(scope="session")
def stack(base_port: int, hello_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A portal of our own on free ports, stopped at the end."""
    settings = {"BIZOPS_LOGIN_RATE": "1000 per minute"}
    folder, guests = tmp_path_factory.mktemp("portal"), {"hello": hello_url}
    shutil.copytree(Path(__file__).parent / "reports", folder / "report-files")
    with Stack(base_port, folder, settings=settings, microfrontends=guests, live=False) as running:
        yield running


@pytest.fixture(scope="session")
def base_url(request: pytest.FixtureRequest) -> str:
    """Where the portal is."""
    given = request.config.getoption("base_url")
    return str(given).rstrip("/") if given else str(request.getfixturevalue("stack").base_url)


@pytest.fixture(scope="session")
def scheme(request: pytest.FixtureRequest, base_url: str) -> Scheme:
    """The portal with its hub, which a journey may move past the portal."""
    if request.config.getoption("base_url"):
        return Elsewhere(base_url, {"hub": HUB})
    running: Stack = request.getfixturevalue("stack")
    return running


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """English, at the width of a desk."""
    return {**browser_context_args, "locale": "en-GB", "viewport": {"width": 1440, "height": 900}}


@pytest.fixture(autouse=True)
def only_the_portal(context: BrowserContext, base_url: str) -> None:
    """No request leaves for anywhere but the deployment and this machine."""
    allowed = {"localhost", "127.0.0.1", urlsplit(base_url).hostname, *os.environ.get("E2E_HOSTS", "").split()}
    context.route(
        lambda url: urlsplit(url).hostname not in allowed and not url.startswith("data:"), lambda route: route.abort()
    )


@pytest.fixture
def sign_in(page: Page, base_url: str) -> Callable[..., Page]:
    """Open a page as a person, through the provider's own login page."""

    def go(who: Person, path: str = "/", at: str = base_url) -> Page:
        page.goto(at + path)
        people.sign_in(page, who)
        # Every address begins as that of the home page does, also those on the way to it, on which no script has run.
        end = r"([?#]|$)" if path == "/" else ""
        page.wait_for_url(re.compile(re.escape(at + path.split("?")[0]) + end))
        return page

    return go


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Fail when axe finds a serious violation on the page as it stands."""

    def check(page: Page) -> None:
        found = Axe().run(page).response["violations"]
        serious = [
            f"{v['id']}: {v['help']} {v['nodes'][0]['html'][:150]}"
            for v in found
            if v["impact"] in ("serious", "critical")
        ]
        assert serious == []

    return check


@pytest.fixture(autouse=True)
def no_errors_in_the_console(page: Page) -> Iterator[None]:
    """Scripts that fail and policies that are broken show in the console, and nowhere else."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield
    # A status of 4xx or 5xx is an answer that the journey itself looks at.
    assert [line for line in said if "Failed to load resource" not in line] == []


@pytest.fixture
def picture(page: Page) -> Callable[[str], None]:
    """Keep a picture of the page, for people to look at."""

    def take(name: str) -> None:
        folder = Path("build/pictures")
        folder.mkdir(parents=True, exist_ok=True)
        # Playwright hides carets with inline styles, which the policy forbids: left alone, the console stays clean.
        page.screenshot(path=folder / f"{name}.png", caret="initial")

    return take
