"""What journeys of settlement do besides the portal: the scheme's traffic, the hub's own answers, and its faults."""

import json
import re
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol
from urllib.error import HTTPError

from playwright.sync_api import Browser, Page, expect

from e2e import people
from e2e.people import FINANCE_MANAGER, MANAGER, Person

PAYER, PAYEE = "payerfsp", "payeefsp"
AMOUNT = Decimal("12.50")
SHOWN = 30_000  # ms until a run has done its work
MAKER, CHECKER = FINANCE_MANAGER, MANAGER


class Scheme(Protocol):
    """A deployment whose hub journeys may move: `urls["hub"]` is a sandbox's, which takes transfers and faults."""

    @property
    def base_url(self) -> str:
        """Where the portal is."""

    @property
    def urls(self) -> Mapping[str, str]:
        """Where its parts are."""


@dataclass(frozen=True)
class Elsewhere:
    """Such a deployment that somebody else has started."""

    base_url: str
    urls: Mapping[str, str]


def hub(scheme: Scheme, path: str, body: Any = None, method: str | None = None) -> Any:
    """The sandbox hub's answer, asked past the portal."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(scheme.urls["hub"] + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        said = answer.read()
    return json.loads(said, parse_float=Decimal) if said else None


def send(scheme: Scheme, payer: str = PAYER, payee: str = PAYEE, amount: Decimal = AMOUNT) -> dict[str, str]:
    """Have a participant send dollars to another: the transfer's id, and what became of it."""
    order = {"payerFsp": payer, "payeeFsp": payee, "amount": str(amount), "currency": "USD"}
    return dict(hub(scheme, "/transfers", order))


def transfer(scheme: Scheme, payer: str = PAYER, payee: str = PAYEE, amount: Decimal = AMOUNT) -> str:
    """One committed transfer in dollars; its id."""
    sent = send(scheme, payer, payee, amount)
    assert sent["state"] == "COMMITTED"
    return sent["transferId"]


def close_window(scheme: Scheme) -> int:
    """Close the open window, past the portal; its number. The hub may still be adding it up."""
    (window,) = hub(scheme, "/v2/settlementWindows?state=OPEN")
    number = int(window["settlementWindowId"])
    hub(scheme, f"/v2/settlementWindows/{number}", {"state": "CLOSED", "reason": "end of day"})
    return number


def empty_window(scheme: Scheme) -> None:
    """Have an open window that holds nothing."""
    try:
        close_window(scheme)
    except HTTPError as refusal:
        if refusal.code != 400:  # it was empty
            raise


def closed_window(scheme: Scheme, *more: tuple[str, str]) -> int:
    """A window that holds a transfer of payerfsp to payeefsp, and those of more pairs; closed and added up."""
    empty_window(scheme)
    for payer, payee in ((PAYER, PAYEE), *more):
        transfer(scheme, payer, payee)
    number = close_window(scheme)
    while hub(scheme, f"/v2/settlementWindows/{number}")["state"] != "CLOSED":
        time.sleep(0.05)
    return number


def settlement(scheme: Scheme, *more: tuple[str, str]) -> int:
    """A settlement of such a window, made past the portal; its number."""
    windows = [{"id": closed_window(scheme, *more)}]
    made = {"settlementModel": "DEFERREDNETUSD", "reason": "a day", "settlementWindows": windows}
    return int(hub(scheme, "/v2/settlements", made)["id"])


def account(scheme: Scheme, participant: str, kind: str) -> dict[str, Any]:
    """A participant's account in dollars."""
    found = hub(scheme, f"/participants/{participant}/accounts")
    (mine,) = [each for each in found if (each["ledgerAccountType"], each["currency"]) == (kind, "USD")]
    return dict(mine)


def liquidity(scheme: Scheme, participant: str) -> Decimal:
    """What lies in a participant's liquidity account."""
    return -Decimal(account(scheme, participant, "SETTLEMENT")["value"])


def movements(page: Page, scheme: Scheme, participant: str, number: int) -> list[dict[str, Any]]:
    """What a settlement has moved in and out of a participant's liquidity account, as the settlement audit shows it."""
    period = "startDate=2020-01-01T00:00&endDate=2040-01-01T00:00"
    address = f"{scheme.base_url}/reports/catalogue/settlement-audit/rows.json?{period}&participant={participant}"
    rows = page.request.get(address).json()["rows"]
    return [row for row in rows if re.match(rf"settlement {number}\b", row["reference"] or "")]


@contextmanager
def fault(scheme: Scheme, **what: Any) -> Iterator[None]:
    """Something that is broken meanwhile."""
    made = hub(scheme, "/sandbox/faults", what)
    try:
        yield
    finally:
        hub(scheme, f"/sandbox/faults/{made['id']}", method="DELETE")


def at_desk(browser: Browser, arguments: dict[str, Any], scheme: Scheme, who: Person, path: str) -> Page:
    """Somebody at a browser of their own, signed in, on a page."""
    page = browser.new_context(**arguments).new_page()
    page.goto(scheme.base_url + path)
    people.sign_in(page, who)
    page.wait_for_url(re.compile(re.escape(scheme.base_url + path)))
    return page


def confirm(page: Page, number: int, reason: str = "The bank has paid") -> None:
    """Ask for the finalisation that the page shows as validated."""
    page.get_by_role("link", name=f"Confirm: finalise settlement {number}").click()
    page.get_by_role("textbox", name="Reason").fill(reason)
    page.get_by_role("button", name=f"Finalise settlement {number}").click()
    expect(page.get_by_role("main")).to_contain_text("Waiting for approval")


def approve(browser: Browser, arguments: dict[str, Any], scheme: Scheme, number: int) -> None:
    """Have somebody else let the finalisation through."""
    checker = at_desk(browser, arguments, scheme, CHECKER, "/approvals")
    checker.get_by_role("link", name=f"Finalise settlement {number}").click()
    checker.get_by_role("button", name=re.compile("^Approve:")).click()
    expect(checker.get_by_role("main")).to_contain_text("It was done")
    checker.context.close()
