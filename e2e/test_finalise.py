"""J6: finalise a settlement by its net amounts: asked for by one, let through by another, done by a run in sight."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e import settling
from e2e.settling import AMOUNT, MAKER, PAYEE, PAYER, SHOWN, Scheme
from sandbox.up import Stack

pytestmark = [pytest.mark.journey("J6"), pytest.mark.writes]
PHASES = (
    "Transfers recorded",
    "Transfers reserved",
    "Funds out of net senders",
    "Funds into net recipients",
    "Accounts committed",
    "Accounts settled",
)


def test_a_settlement_is_finalised_and_every_balance_is_what_was_expected(
    sign_in: Callable[..., Page],
    browser: Browser,
    browser_context_args: dict[str, Any],
    scheme: Scheme,
    accessible: Callable[[Page], None],
    picture: Callable[[str], None],
) -> None:
    number, before = settling.settlement(scheme), standing(scheme)
    page = sign_in(MAKER, f"/settlement/settlements/{number}")
    main = page.get_by_role("main")
    main.get_by_role("link", name="Finalise").first.click()
    accessible(page)
    page.get_by_role("button", name="Validate").click()
    plan = page.get_by_role("region", name="Intended adjustments")
    expect(plan.get_by_role("row").filter(has_text=PAYER)).to_contain_text("out 12.50")
    expect(plan.get_by_role("row").filter(has_text=PAYEE)).to_contain_text("in 12.50")
    accessible(page)
    settling.confirm(page, number)
    settling.approve(browser, browser_context_args, scheme, number)

    page.goto(f"{scheme.base_url}/settlement/settlements/{number}")
    for phase in PHASES:
        done = main.get_by_role("listitem").filter(has_text=re.compile(rf"{phase}\s+Done"))
        expect(done).to_be_visible(timeout=SHOWN)
    for said in ("Settled", "The bank has paid", "Marcus Mwangi"):
        expect(main).to_contain_text(said)
    accessible(page)
    picture("settlement-settled")
    moved = [new - old for new, old in zip(standing(scheme), before, strict=True)]
    quiet = isinstance(scheme, Stack)  # elsewhere others pay each other meanwhile, which moves positions
    assert moved[: 4 if quiet else 2] == [-AMOUNT, AMOUNT, -AMOUNT, AMOUNT][: 4 if quiet else 2]
    told = page.request.get(f"{scheme.base_url}/settlement/api/settlements/{number}").json()
    assert settling.hub(scheme, f"/v2/settlementWindows/{told['windows'][0]}")["state"] == "SETTLED"
    for name, side in ((PAYER, "fundsOut"), (PAYEE, "fundsIn")):
        (moved,) = settling.movements(page, scheme, name, number)
        assert (moved["user"], moved["state"], moved[side]) == (MAKER.username, "COMMITTED", f"{AMOUNT}")
        assert moved["transferId"] in {each["transfer_id"] for each in told["accounts"]}


def standing(scheme: Scheme) -> list[Decimal]:
    """Liquidity and position of sender and recipient, as the hub has them."""
    liquidity = [settling.liquidity(scheme, name) for name in (PAYER, PAYEE)]
    return liquidity + [Decimal(settling.account(scheme, name, "POSITION")["value"]) for name in (PAYER, PAYEE)]


def test_settlement_day_says_what_is_done_by_whom_and_what_is_next(
    sign_in: Callable[..., Page], scheme: Scheme, accessible: Callable[[Page], None], picture: Callable[[str], None]
) -> None:
    number = settling.settlement(scheme)
    page = sign_in(MAKER, f"/settlement/settlements/{number}/guide")
    main = page.get_by_role("main")
    step = main.get_by_role("listitem").filter(has_text="7. The settlement bank moves the money")
    step.get_by_role("link", name="Note as done").click()
    page.get_by_role("textbox", name="Reason").fill("Confirmed by phone")
    page.get_by_role("button", name="Note step 7").click()
    expect(step).to_contain_text("Fatima Farah")
    expect(step).to_contain_text("Confirmed by phone")
    last = main.get_by_role("listitem").filter(has_text="12. Send each participant")
    expect(last).to_contain_text("Waits for: Finalise")
    accessible(page)
    picture("settlement-day")
