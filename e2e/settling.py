"""What journeys of settlement do besides the portal: the scheme's traffic, the hub's own answers, and its faults."""

import json
import re
import sqlite3
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from urllib.error import HTTPError

from playwright.sync_api import Browser, Page, expect

from e2e import people
from e2e.people import FINANCE_MANAGER, MANAGER, Person
from sandbox.up import Stack

PAYER, PAYEE = "payerfsp", "payeefsp"
AMOUNT = Decimal("12.50")
SHOWN = 30_000  # ms until a run has done its work
MAKER, CHECKER = FINANCE_MANAGER, MANAGER


def hub(stack: Stack, path: str, body: Any = None, method: str | None = None) -> Any:
    """The sandbox hub's answer, asked past the portal."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(stack.urls["hub"] + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        said = answer.read()
    return json.loads(said, parse_float=Decimal) if said else None


def transfer(stack: Stack, payer: str = PAYER, payee: str = PAYEE, amount: Decimal = AMOUNT) -> None:
    """One committed transfer in dollars."""
    order = {"payerFsp": payer, "payeeFsp": payee, "amount": str(amount), "currency": "USD"}
    assert hub(stack, "/transfers", order)["state"] == "COMMITTED"


def close_window(stack: Stack) -> int:
    """Close the open window, past the portal; its number. The hub may still be adding it up."""
    (window,) = hub(stack, "/v2/settlementWindows?state=OPEN")
    number = int(window["settlementWindowId"])
    hub(stack, f"/v2/settlementWindows/{number}", {"state": "CLOSED", "reason": "end of day"})
    return number


def empty_window(stack: Stack) -> None:
    """Have an open window that holds nothing."""
    try:
        close_window(stack)
    except HTTPError as refusal:
        if refusal.code != 400:  # it was empty
            raise


def closed_window(stack: Stack, *more: tuple[str, str]) -> int:
    """A window that holds a transfer of payerfsp to payeefsp, and those of more pairs; closed and added up."""
    empty_window(stack)
    for payer, payee in ((PAYER, PAYEE), *more):
        transfer(stack, payer, payee)
    number = close_window(stack)
    while hub(stack, f"/v2/settlementWindows/{number}")["state"] != "CLOSED":
        time.sleep(0.05)
    return number


def settlement(stack: Stack, *more: tuple[str, str]) -> int:
    """A settlement of such a window, made past the portal; its number."""
    windows = [{"id": closed_window(stack, *more)}]
    made = {"settlementModel": "DEFERREDNETUSD", "reason": "a day", "settlementWindows": windows}
    return int(hub(stack, "/v2/settlements", made)["id"])


def account(stack: Stack, participant: str, kind: str) -> dict[str, Any]:
    """A participant's account in dollars."""
    found = hub(stack, f"/participants/{participant}/accounts")
    (mine,) = [each for each in found if (each["ledgerAccountType"], each["currency"]) == (kind, "USD")]
    return dict(mine)


def liquidity(stack: Stack, participant: str) -> Decimal:
    """What lies in a participant's liquidity account."""
    return -Decimal(account(stack, participant, "SETTLEMENT")["value"])


def movements(stack: Stack, transfers: list[str]) -> list[tuple[str, str]]:
    """User and reference of these funds transfers, as the hub's database keeps them for its reports."""
    database = stack.plan.database("hub").removeprefix("sqlite:///")
    marks = ", ".join("?" * len(transfers))
    query = f"""SELECT DISTINCT u.value, r.value, u.transferId
        FROM transferExtension u JOIN transferExtension r ON r.transferId = u.transferId
        WHERE u.key = 'user' AND r.key = 'externalReference' AND u.transferId IN ({marks})"""  # noqa: S608
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return [(user, reference) for user, reference, _transfer in connection.execute(query, transfers)]


@contextmanager
def fault(stack: Stack, **what: Any) -> Iterator[None]:
    """Something that is broken meanwhile."""
    made = hub(stack, "/sandbox/faults", what)
    try:
        yield
    finally:
        hub(stack, f"/sandbox/faults/{made['id']}", method="DELETE")


def at_desk(browser: Browser, arguments: dict[str, Any], stack: Stack, who: Person, path: str) -> Page:
    """Somebody at a browser of their own, signed in, on a page."""
    page = browser.new_context(**arguments).new_page()
    page.goto(stack.base_url + path)
    people.sign_in(page, who)
    page.wait_for_url(re.compile(re.escape(stack.base_url + path)))
    return page


def confirm(page: Page, number: int, reason: str = "The bank has paid") -> None:
    """Ask for the finalisation that the page shows as validated."""
    page.get_by_role("link", name=f"Confirm: finalise settlement {number}").click()
    page.get_by_role("textbox", name="Reason").fill(reason)
    page.get_by_role("button", name=f"Finalise settlement {number}").click()
    expect(page.get_by_role("main")).to_contain_text("Waiting for approval")


def approve(browser: Browser, arguments: dict[str, Any], stack: Stack, number: int) -> None:
    """Have somebody else let the finalisation through."""
    checker = at_desk(browser, arguments, stack, CHECKER, "/approvals")
    checker.get_by_role("link", name=f"Finalise settlement {number}").click()
    checker.get_by_role("button", name=re.compile("^Approve:")).click()
    expect(checker.get_by_role("main")).to_contain_text("It was done")
    checker.context.close()
