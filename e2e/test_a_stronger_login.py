"""Step-up: a change that wants a second factor asks for it, comes back to the same form, and nothing typed is lost."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bff.access.files import STANDARD
from e2e import people
from e2e.people import OPERATOR
from sandbox.up import Stack, free_base_port

POLICY = """
kind: MojaloopApprovalPolicy
metadata: {name: approvals}
spec:
  rules:
    - {action: settlement.close_window, approvals: 0, stepUp: {acr: [mfa], maxAge: 300}}
"""
CODE = "123456"
pytestmark = [pytest.mark.own_portal, pytest.mark.writes]


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A portal whose policy wants a second factor of whoever closes a window."""
    roles: Path = tmp_path_factory.mktemp("careful") / "roles"
    shutil.copytree(STANDARD, roles, ignore=shutil.ignore_patterns("business", "__pycache__", "*.py", "approvals.yaml"))
    (roles / "approvals.yaml").write_text(POLICY, "utf-8")
    settings = {"BIZOPS_LOGIN_RATE": "1000 per minute", "BIZOPS_ROLES_DIR": str(roles)}
    with Stack(free_base_port(), roles.parent / "portal", settings=settings) as running:
        yield running


def test_a_second_factor_is_asked_for_and_what_was_typed_is_still_there(careful: Stack, page: Page) -> None:
    page.goto(f"{careful.base_url}/settlement/windows")
    people.sign_in(page, OPERATOR)
    page.get_by_role("link", name=re.compile("^Close window")).first.click()
    page.get_by_role("textbox", name=re.compile("^Reason")).fill("Cut-off, 17:00 — second factor asked")
    close = page.get_by_role("button", name=re.compile("^Close window"))
    words = close.inner_text()
    close.click()
    code = page.get_by_label("One-time code")
    expect(code).to_be_visible()
    code.fill(CODE)
    page.get_by_role("button", name=re.compile("sign in|continue|confirm", re.IGNORECASE)).first.click()
    expect(page.get_by_role("textbox", name=re.compile("^Reason"))).to_have_value(
        "Cut-off, 17:00 — second factor asked"
    )
    page.get_by_role("button", name=words).click()
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"is (closing|closed)"))
