"""J6: finalise a settlement by its net amounts: asked for by one, let through by another, done by a run in sight."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e import settling
from e2e.settling import AMOUNT, CHECKER, MAKER, PAYEE, PAYER, SHOWN
from sandbox.up import Stack

pytestmark = pytest.mark.writes
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
    stack: Stack,
    accessible: Callable[[Page], None],
    picture: Callable[[str], None],
) -> None:
    number = settling.settlement(stack)
    paid, received = settling.liquidity(stack, PAYER), settling.liquidity(stack, PAYEE)
    positions = [settling.account(stack, name, "POSITION")["value"] for name in (PAYER, PAYEE)]
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

    checker = settling.at_desk(browser, browser_context_args, stack, CHECKER, "/approvals")
    settling.approve(checker, stack, number)
    page.goto(f"{stack.base_url}/settlement/settlements/{number}")
    run = main.get_by_role("listitem")
    for phase in PHASES:
        expect(run.filter(has_text=re.compile(rf"{phase}\s+Done"))).to_be_visible(timeout=SHOWN)
    expect(main).to_contain_text("Settled")
    expect(main).to_contain_text("The bank has paid")
    expect(main).to_contain_text("Marcus Mwangi")
    accessible(page)
    picture("settlement-settled")

    assert settling.liquidity(stack, PAYER) == paid - AMOUNT
    assert settling.liquidity(stack, PAYEE) == received + AMOUNT
    after = [settling.account(stack, name, "POSITION")["value"] for name in (PAYER, PAYEE)]
    assert [new - old for new, old in zip(after, positions, strict=True)] == [-AMOUNT, AMOUNT]
    told = page.request.get(f"{stack.base_url}/settlement/api/settlements/{number}").json()
    transfers = [each["transfer_id"] for each in told["accounts"]]
    assert settling.movements(stack, transfers) == [("fatima", f"settlement {number}")] * 2
    window = told["windows"][0]
    assert settling.hub(stack, f"/v2/settlementWindows/{window}")["state"] == "SETTLED"
    checker.context.close()


def test_settlement_day_says_what_is_done_by_whom_and_what_is_next(
    sign_in: Callable[..., Page], stack: Stack, accessible: Callable[[Page], None], picture: Callable[[str], None]
) -> None:
    number = settling.settlement(stack)
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
