"""J8: a finalisation fails half-way, is seen the same everywhere, and is resumed: no money moves twice."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e import settling
from e2e.people import OPERATOR
from e2e.settling import AMOUNT, CHECKER, MAKER, PAYEE, PAYER, SHOWN
from sandbox.up import Stack

pytestmark = pytest.mark.writes


def test_only_what_is_missing_is_done_after_the_hub_was_repaired(
    sign_in: Callable[..., Page],
    browser: Browser,
    browser_context_args: dict[str, Any],
    stack: Stack,
    accessible: Callable[[Page], None],
    picture: Callable[[str], None],
) -> None:
    number = settling.settlement(stack)
    paid, received = settling.liquidity(stack, PAYER), settling.liquidity(stack, PAYEE)
    target = settling.account(stack, PAYEE, "SETTLEMENT")["id"]
    page = sign_in(MAKER, f"/settlement/settlements/{number}/finalisations")
    page.get_by_role("button", name="Validate").click()
    settling.confirm(page, number)
    checker = settling.at_desk(browser, browser_context_args, stack, CHECKER, "/approvals")
    broken = {"path": f"/participants/{PAYEE}/accounts/{target}", "text": "Internal server error - no funds today"}
    with settling.fault(stack, effect="refuse", method="POST", times=0, status=400, code="2001", **broken):
        settling.approve(checker, stack, number)
        checker.context.close()
        page.goto(f"{stack.base_url}/settlement/settlements/{number}")
        main = page.get_by_role("main")
        expect(main).to_contain_text("The run has stopped", timeout=SHOWN)
        expect(main).to_contain_text("1 of 2 accounts are through")
        problems = page.get_by_role("region", name="What keeps the run")
        expect(problems.get_by_role("row").filter(has_text=PAYEE)).to_contain_text("no funds today")
        expect(problems).to_contain_text(str(target))
        accessible(page)
        picture("finalisation-stopped")
        page.close()

    elsewhere = settling.at_desk(browser, browser_context_args, stack, OPERATOR, f"/settlement/settlements/{number}")
    expect(elsewhere.get_by_role("main")).to_contain_text("1 of 2 accounts are through")
    expect(elsewhere.get_by_role("link", name="Resume")).to_have_count(0)
    elsewhere.context.close()
    again = f"/settlement/settlements/{number}/finalisations"
    back = settling.at_desk(browser, browser_context_args, stack, MAKER, again)
    expect(back.get_by_role("main")).to_contain_text(re.compile("What Fatima Farah started on .* has stopped"))
    before = back.request.get(f"{stack.base_url}/settlement/api/settlements/{number}").json()["steps"]
    back.get_by_role("link", name="Resume").click()
    back.get_by_role("button", name="Resume").click()
    main = back.get_by_role("main")
    expect(main.get_by_role("listitem").filter(has_text="Accounts settled")).to_contain_text("Done", timeout=SHOWN)
    after = back.request.get(f"{stack.base_url}/settlement/api/settlements/{number}").json()["steps"]
    assert [each["transfer_id"] for each in after] == [each["transfer_id"] for each in before]
    assert settling.liquidity(stack, PAYER) == paid - AMOUNT
    assert settling.liquidity(stack, PAYEE) == received + AMOUNT
    back.context.close()
