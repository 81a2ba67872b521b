"""The tutorial is walked from its own text; BIZOPS_TUTORIAL_PICTURES=1 takes its pictures anew."""

import os
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e import people, settling
from e2e.people import Person
from e2e.settling import SHOWN
from sandbox.up import Stack

DOCS = Path(__file__).parents[1] / "docs"
TUTORIAL = DOCS / "tutorials" / "first-settlement.md"
STEP = re.compile(r"^\d+\. (.*)$")
PICTURE = re.compile(r"^!\[.*\]\(\.\./images/(tutorial-[a-z0-9-]+\.png)\)$")
TAKE = os.environ.get("BIZOPS_TUTORIAL_PICTURES") == "1"
LARGEST, MOST = 80_000, 8


class Walker:
    """Somebody who does what a line says, and nothing else."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page, self.base_url = page, base_url
        self.main = page.get_by_role("main")
        self.can: dict[str, Callable[..., None]] = {
            r"Open `http://localhost:8000([^`]*)`": self.open,
            r"Sign in as `(\w+)`": self.sign_in,
            r"Sign out": self.sign_out,
            r"Press the number in the first row": self.press_first_row,
            r"Press \*\*(.+?)\*\*": self.press,
            r"Type `(.+?)` into \*\*(.+?)\*\*": self.type,
            r"Tick \*\*(.+?)\*\*": self.tick,
            r"Wait until you see \*\*(.+?)\*\*": self.see,
            r"Wait until the first row says \*\*(.+?)\*\*": self.see_in_first_row,
            r"Wait until \*\*(.+?)\*\* is done": self.see_done,
        }

    def follow(self, line: str) -> None:
        """Do one step."""
        for form, deed in self.can.items():
            if found := re.match(form, line):
                deed(*found.groups())
                return
        raise AssertionError(f"nobody would know what to do: {line}")

    def open(self, path: str) -> None:
        self.page.goto(self.base_url + path)

    def sign_in(self, username: str) -> None:
        people.sign_in(self.page, Person(username, "bizops"))
        expect(self.page.get_by_role("button", name=re.compile(username, re.IGNORECASE))).to_be_visible()

    def sign_out(self) -> None:
        self.page.locator("button.user").click()
        self.page.get_by_role("button", name="Sign out").click()
        self.page.wait_for_url(re.compile("/auth/signed-out"))

    def press(self, label: str) -> None:
        open_dialog = self.page.locator("dialog#dialog[open]")
        place = open_dialog if open_dialog.count() else self.main
        named = re.compile("^" + re.escape(label))
        target = place.get_by_role("link", name=named).or_(place.get_by_role("button", name=named)).first
        opens = target.get_attribute("hx-target") == "#dialog"
        target.click()
        if opens:  # somebody would see it before they press again
            expect(open_dialog).to_be_visible()

    def press_first_row(self) -> None:
        self.first_row().get_by_role("link").first.click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^Settlement \d+$"))

    def type(self, text: str, label: str) -> None:
        self.page.get_by_role("textbox", name=label).fill(text)

    def tick(self, label: str) -> None:
        self.page.get_by_role("checkbox", name=re.compile("^" + re.escape(label))).first.check()

    def see(self, words: str) -> None:
        expect(self.main).to_contain_text(words, timeout=SHOWN)

    def see_in_first_row(self, words: str) -> None:
        expect(self.first_row()).to_contain_text(words, timeout=SHOWN)

    def see_done(self, words: str) -> None:
        line = self.main.get_by_role("listitem").filter(has_text=re.compile(rf"{re.escape(words)}\s+Done"))
        expect(line).to_be_visible(timeout=SHOWN)
        line.scroll_into_view_if_needed()

    def first_row(self) -> Locator:
        """The first row under the head of the table."""
        return self.main.get_by_role("table").first.locator("tbody").get_by_role("row").first


def take(page: Page, path: Path) -> None:
    """A picture of the page in few colours, which is what it has."""
    from PIL import Image  # only whoever takes pictures needs it

    expect(page.locator(".htmx-request")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    taken = Image.open(BytesIO(page.screenshot(caret="initial")))
    taken.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


@pytest.mark.writes
@pytest.mark.timeout(240)
def test_the_tutorial_leads_to_a_settlement_and_into_the_audit(page: Page, stack: Stack) -> None:
    settling.empty_window(stack)
    for payee in ("payerfsp", "testfsp1"):  # what `make run` has by itself; others have paid payeefsp before
        settling.transfer(stack, "payeefsp", payee)
    page.set_viewport_size({"width": 1280, "height": 760})
    walker, steps, pictures = Walker(page, stack.base_url), 0, 0
    for line in TUTORIAL.read_text("utf-8").splitlines():
        if found := STEP.match(line):
            walker.follow(found[1])
            steps += 1
        elif found := PICTURE.match(line):
            pictures += 1
            if TAKE:
                take(page, DOCS / "images" / found[1])
    expect(page.get_by_role("heading", level=1)).to_contain_text("Integrity")
    assert (steps, pictures) == (35, 7)


def test_the_tutorials_steps_are_numbered_and_its_pictures_are_there_and_small() -> None:
    lines = TUTORIAL.read_text("utf-8").splitlines()
    numbers = [int(line.split(".")[0]) for line in lines if STEP.match(line)]
    assert numbers == list(range(1, len(numbers) + 1))
    pictures = [DOCS / "images" / found[1] for line in lines if (found := PICTURE.match(line))]
    kept = set((DOCS / "images").glob("tutorial-*.png"))
    assert set(pictures) == kept
    assert len(kept) <= MOST
    assert [path.name for path in kept if path.stat().st_size > LARGEST] == []
