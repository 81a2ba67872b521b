"""J4: close the open window, watch it become CLOSED and the next one open, and meet the hub's refusals."""

import json
import re
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e import settling
from e2e.people import AUDITOR, OPERATOR
from e2e.settling import Scheme

FORGED_POST = (
    """path => fetch(path, {method: 'POST', body: new URLSearchParams({reason: 'forged'})}).then(r => r.status)"""
)
pytestmark = pytest.mark.journey("J4")


def ask_hub(scheme: Scheme, path: str, body: dict[str, str] | None = None) -> Any:
    """The sandbox hub's answer, asked past the portal: the scheme's own traffic and clock."""
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(scheme.urls["hub"] + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def send_a_transfer(scheme: Scheme) -> None:
    """One committed transfer, so that the open window is not empty."""
    body = {"payerFsp": "payerfsp", "payeeFsp": "payeefsp", "amount": "12.50", "currency": "USD"}
    assert ask_hub(scheme, "/transfers", body)["state"] == "COMMITTED"


@pytest.fixture
def empty_window(scheme: Scheme) -> str:
    """The number of an open window into which nothing was sent."""
    send_a_transfer(scheme)
    (window,) = ask_hub(scheme, "/v2/settlementWindows?state=OPEN")
    closing = {"state": "CLOSED", "reason": "make room for an empty one"}
    return str(ask_hub(scheme, f"/v2/settlementWindows/{window['settlementWindowId']}", closing)["settlementWindowId"])


def open_window(page: Page) -> str:
    """The number of the window that is OPEN, read off the table."""
    row = page.get_by_role("row").filter(has_text=re.compile(r"\bOpen\b")).first
    return row.get_by_role("link").first.inner_text().strip()


@pytest.mark.writes
def test_an_operator_closes_the_open_window_without_a_reload_and_the_audit_says_so(
    sign_in: Callable[..., Page],
    scheme: Scheme,
    browser: Browser,
    browser_context_args: dict[str, Any],
    accessible: Callable[[Page], None],
    picture: Callable[[str], None],
) -> None:
    send_a_transfer(scheme)
    page = sign_in(OPERATOR, "/settlement/windows")
    number = open_window(page)
    page.get_by_role("row").filter(has_text=number).get_by_role("link", name=re.compile("Close")).click()
    confirm = page.get_by_role("button", name=f"Close window {number}")
    expect(confirm).to_be_visible()
    accessible(page)
    picture("close-window-confirm")
    page.evaluate("window.here = true")
    confirm.click()
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=number, exact=True))
    expect(row).to_contain_text("Closed")
    expect(page.get_by_role("row").filter(has_text=re.compile(r"\bOpen\b"))).to_be_visible()
    assert open_window(page) != number
    assert page.evaluate("window.here"), "the page was loaded anew"
    auditor = settling.at_desk(browser, browser_context_args, scheme, AUDITOR, "/audit?action=settlement.close_window")
    told = auditor.get_by_role("row").filter(has_text=re.compile(rf"window:{number}\b")).first
    expect(told).to_contain_text(page.locator("button.user").inner_text().strip())
    expect(told).to_contain_text("Done")
    auditor.context.close()


@pytest.mark.writes
def test_an_empty_window_is_refused_in_the_hubs_own_words(sign_in: Callable[..., Page], empty_window: str) -> None:
    page = sign_in(OPERATOR, f"/settlement/windows/{empty_window}/close")
    page.get_by_role("button", name=f"Close window {empty_window}").click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("3100")
    expect(main).to_contain_text(f"Window {empty_window} is empty")


def test_an_auditor_has_no_button_and_a_forged_post_is_refused(sign_in: Callable[..., Page]) -> None:
    page = sign_in(AUDITOR, "/settlement/windows")
    expect(page.get_by_role("main")).to_contain_text("settlement:window:view")
    expect(page.get_by_role("link", name=re.compile("^Close"))).to_have_count(0)
    assert page.evaluate(FORGED_POST, "/settlement/windows/1/close") == 403


def test_a_change_without_the_sessions_token_is_refused(sign_in: Callable[..., Page]) -> None:
    page = sign_in(OPERATOR, "/settlement/windows")
    assert page.evaluate(FORGED_POST, f"/settlement/windows/{open_window(page)}/close") == 403
