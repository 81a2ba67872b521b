"""A platform administrator takes a stranger's app in while the portal runs, tries its next version, and lets it go."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e import people
from e2e.people import OPERATOR, PLATFORM, Person
from sandbox.up import Stack, free_base_port

SOURCE = Path(__file__).parents[1] / "examples" / "hello" / "hello.py"
Start = Callable[[str], str]


@pytest.fixture
def start(stack: Stack, tmp_path: Path) -> Iterator[Start]:
    """Starts the stranger's example as `greeter` in a version, and says where; its page names the version."""
    with ExitStack() as over:

        def begin(version: str) -> str:
            text = re.sub(
                r"^NAME, VERSION = .*$", f'NAME, VERSION = "greeter", "{version}"', SOURCE.read_text(), flags=re.M
            )
            path, port = tmp_path / f"greeter_{version}.py", free_base_port()
            path.write_text(text.replace("<h1>{{ hello }},", f"<h1>Greetings of {version},"))
            settings = os.environ | {"SHELL_URL": stack.base_url, "PORT": str(port)}
            process = subprocess.Popen([sys.executable, path], env=settings, stderr=subprocess.DEVNULL)
            over.callback(process.wait, 10)
            over.callback(process.terminate)
            until_ready(f"http://localhost:{port}")
            return f"http://localhost:{port}"

        yield begin


def until_ready(url: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(url + "/health/ready", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)


def other_browser(page: Page, base_url: str, who: Person) -> Page:
    """Somebody else at their own machine."""
    browser = page.context.browser
    assert browser is not None
    other = browser.new_context(locale="en-GB").new_page()
    other.goto(base_url + "/")
    people.sign_in(other, who)
    other.wait_for_url(base_url + "/")
    return other


def confirm(page: Page, button: str) -> None:
    """Fields, then the question, then the deed."""
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name=button).click()


def until_seen(page: Page, path: str, base_url: str, words: str) -> None:
    """Ask for a page until it says so: every process follows within two seconds."""
    for _ in range(20):
        page.goto(base_url + path)
        if words in page.inner_text("main"):
            break
        page.wait_for_timeout(250)
    expect(page.get_by_role("main")).to_contain_text(words)


def choose(page: Page, wish: str) -> None:
    """What is wanted, from the menu of changes."""
    page.locator("summary.button", has_text="Change").click()
    page.get_by_role("link", name=wish).click()


def register(page: Page, url: str) -> None:
    """Take the greeter in."""
    page.get_by_role("link", name="Register a micro-frontend").click()
    page.get_by_role("main").get_by_label("Name").fill("greeter")
    page.get_by_label("Address").fill(url)
    confirm(page, "Register greeter")
    expect(page.get_by_role("main").get_by_role("heading", name="Hello")).to_be_visible()


def send_operators(page: Page, url: str) -> None:
    """Let operators try what runs at an address."""
    choose(page, "Send people to another version")
    page.get_by_label("Address of the other version").fill(url)
    page.get_by_label("Share of people, in per cent").fill("0")
    page.get_by_label("Roles", exact=True).fill("operator")
    confirm(page, "Send 0 %")
    expect(page.get_by_role("main")).to_contain_text("0 % and the roles Hub operator are sent to the other")


@pytest.mark.writes
def test_an_app_is_registered_tried_in_two_versions_rolled_back_and_disabled(
    sign_in: Callable[..., Page], start: Start, base_url: str, accessible: Callable[[Page], None]
) -> None:
    first, second = start("1.0"), start("2.0")
    page = sign_in(PLATFORM, "/microfrontends")
    operator = other_browser(page, base_url, OPERATOR)
    accessible(page)

    register(page, first)
    accessible(page)
    until_seen(operator, "/greeter/", base_url, "Greetings of 1.0")
    expect(operator.locator("nav").get_by_role("link", name="Say hello").first).to_be_visible()

    send_operators(page, second)
    until_seen(operator, "/greeter/", base_url, "Greetings of 2.0")
    until_seen(page, "/greeter/", base_url, "Greetings of 1.0")

    page.goto(base_url + "/microfrontends/greeter")
    choose(page, "Roll back the last change")
    page.get_by_role("button", name="Roll back greeter").click()
    expect(page.get_by_role("main")).to_contain_text("everybody sees the same")
    until_seen(operator, "/greeter/", base_url, "Greetings of 1.0")

    choose(page, "Disable")
    page.get_by_role("button", name="Disable greeter").click()
    expect(page.get_by_role("main")).to_contain_text("Disabled")
    until_seen(operator, "/greeter/", base_url, "leads nowhere")
    operator.context.close()


def test_a_menu_that_was_opened_stays_open_when_its_page_shows_itself_anew(
    sign_in: Callable[..., Page], base_url: str
) -> None:
    page = sign_in(PLATFORM, "/microfrontends/settlement")
    page.evaluate("document.querySelector('#microfrontend h1').textContent = 'as it was'")
    page.locator("summary.button", has_text="Change").click()
    page.evaluate("htmx.ajax('GET', location.pathname, {target: '#microfrontend', swap: 'outerMorph'})")
    expect(page.get_by_role("main").get_by_role("heading", level=1)).not_to_have_text("as it was")
    expect(page.get_by_role("link", name="Send people to another version")).to_be_visible()


def test_an_operator_learns_nothing_of_the_platform(sign_in: Callable[..., Page], base_url: str) -> None:
    page = sign_in(OPERATOR)
    expect(page.locator("nav").get_by_role("link").first).to_be_attached()
    expect(page.get_by_role("link", name="Micro-frontends")).to_have_count(0)
    for path in ("/microfrontends", "/microfrontends/register", "/microfrontends/settlement", "/api/microfrontends"):
        answer = page.goto(base_url + path)
        assert answer is not None
        assert answer.status == 403
