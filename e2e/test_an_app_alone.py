"""A micro-frontend without its shell: it logs people in by itself, draws the frame and keeps every rule."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e.people import DFSP, MANAGER, OPERATOR, Person
from sandbox.up import Stack

APPS = [
    ("settlement", OPERATOR, "/windows", "Settlement windows"),
    ("reports", DFSP, "/catalogue", "Reports"),
    ("users", MANAGER, "/people", "People"),
]


@pytest.mark.parametrize(("app", "who", "path", "heading"), APPS, ids=[app for app, *_ in APPS])
def test_it_signs_people_in_by_itself_and_draws_its_own_frame(
    stack: Stack, sign_in: Callable[..., Page], app: str, who: Person, path: str, heading: str
) -> None:
    page = sign_in(who, path, at=stack.urls[app])
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
    expect(page.get_by_role("banner")).to_contain_text("BizOps Portal")
    # Its links stay with it: nothing leads through a shell that is not there.
    leads_to = page.get_by_role("link").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert [href for href in leads_to if not href.startswith(("/", "#")) or href.startswith(f"/{app}/")] == []


def test_its_rules_hold_without_the_shell(stack: Stack, sign_in: Callable[..., Page]) -> None:
    page = sign_in(OPERATOR, "/people", at=stack.urls["users"])
    expect(page.get_by_role("main")).to_contain_text("users:person:view")
