"""J8: a finalisation fails half-way, is seen the same everywhere, and is resumed: no money moves twice."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e import settling
from e2e.people import OPERATOR
from e2e.settling import AMOUNT, MAKER, PAYEE, PAYER, SHOWN, Scheme

pytestmark = [pytest.mark.journey("J8"), pytest.mark.writes]


def test_only_what_is_missing_is_done_after_the_hub_was_repaired(
    sign_in: Callable[..., Page],
    browser: Browser,
    browser_context_args: dict[str, Any],
    scheme: Scheme,
    accessible: Callable[[Page], None],
    picture: Callable[[str], None],
) -> None:
    number = settling.settlement(scheme)
    paid, received = settling.liquidity(scheme, PAYER), settling.liquidity(scheme, PAYEE)
    address = f"/settlement/settlements/{number}"
    page = sign_in(MAKER, f"{address}/finalisations")
    page.get_by_role("button", name="Validate").click()
    settling.confirm(page, number)
    with no_funds_in(scheme) as account:
        settling.approve(browser, browser_context_args, scheme, number)
        page.goto(scheme.base_url + address)
        expect(page.get_by_role("main")).to_contain_text("The run has stopped", timeout=SHOWN)
        problems = page.get_by_role("region", name="What keeps the run")
        expect(problems.get_by_role("row").filter(has_text=PAYEE)).to_contain_text("no funds today")
        expect(problems).to_contain_text(str(account))
        accessible(page)
        picture("finalisation-stopped")
        page.close()

    elsewhere = settling.at_desk(browser, browser_context_args, scheme, OPERATOR, address)
    expect(elsewhere.get_by_role("main")).to_contain_text("1 of 2 accounts are through")
    expect(elsewhere.get_by_role("link", name="Resume")).to_have_count(0)
    elsewhere.context.close()
    resume(settling.at_desk(browser, browser_context_args, scheme, MAKER, f"{address}/finalisations"), scheme, number)
    assert settling.liquidity(scheme, PAYER) == paid - AMOUNT
    assert settling.liquidity(scheme, PAYEE) == received + AMOUNT


@contextmanager
def no_funds_in(scheme: Scheme) -> Iterator[int]:
    """A hub that refuses the recipient's funds meanwhile; the number of the recipient's liquidity account."""
    account = int(settling.account(scheme, PAYEE, "SETTLEMENT")["id"])
    said = {"status": 400, "code": "2001", "text": "Internal server error - no funds today"}
    path = f"/participants/{PAYEE}/accounts/{account}"
    with settling.fault(scheme, effect="refuse", method="POST", path=path, times=0, **said):
        yield account


def resume(page: Page, scheme: Scheme, number: int) -> None:
    """Whoever would begin anew is told whose run has stopped; resumed, it keeps its transfers' ids and ends."""

    def transfers() -> list[str]:
        told = page.request.get(f"{scheme.base_url}/settlement/api/settlements/{number}").json()
        return [each["transfer_id"] for each in told["steps"]]

    main, before = page.get_by_role("main"), transfers()
    expect(main).to_contain_text(re.compile("What Fatima Farah started on .* has stopped"))
    page.get_by_role("link", name="Resume").click()
    page.get_by_role("button", name="Resume").click()
    settled = main.get_by_role("listitem").filter(has_text="Accounts settled")
    expect(settled).to_contain_text("Done", timeout=SHOWN)
    assert transfers() == before
    page.context.close()
