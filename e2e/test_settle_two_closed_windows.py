"""J5: tick two closed windows, see what settling them would do, settle them, and meet a hub that is still adding up."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e import settling
from e2e.settling import MAKER, SHOWN, Scheme

pytestmark = [pytest.mark.journey("J5"), pytest.mark.writes]


def test_two_windows_are_settled_by_a_model_after_a_look_at_what_it_does(
    sign_in: Callable[..., Page], scheme: Scheme, accessible: Callable[[Page], None], picture: Callable[[str], None]
) -> None:
    windows = sorted([settling.closed_window(scheme), settling.closed_window(scheme)])
    page = sign_in(MAKER, "/settlement/windows")
    for number in windows:
        page.get_by_role("checkbox", name=f"Settle window {number}").check()
    accessible(page)
    page.get_by_role("button", name="Settle the ticked windows").click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("Total value USD")
    expect(main.get_by_role("row", name="payerfsp USD owes 25.00")).to_be_visible()
    accessible(page)
    picture("settle-preview")
    page.get_by_role("link", name="Settle by DEFERREDNETUSD").click()
    expect(page.get_by_role("dialog")).to_contain_text("No funds move before it is finalised.")
    accessible(page)
    page.get_by_role("button", name=f"Settle windows {windows[0]}, {windows[1]}").click()

    row = main.get_by_role("row").filter(has_text=f"{windows[0]}, {windows[1]}")
    expect(row).to_contain_text("Transfers reserved", timeout=SHOWN)
    expect(row).to_contain_text("25.00 USD")
    expect(row).to_contain_text("DEFERREDNETUSD")
    accessible(page)
    picture("settlements")
    row.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^Settlement \d+$"))
    accounts = page.get_by_role("region", name=re.compile("^Accounts of settlement"))
    expect(accounts.get_by_role("row").filter(has_text="payerfsp")).to_contain_text("owes 25.00")
    expect(accounts.get_by_role("row").filter(has_text="payeefsp")).to_contain_text("is owed 25.00")
    expect(main).to_contain_text("Fatima Farah")
    accessible(page)
    page.get_by_role("link", name=str(windows[0]), exact=True).click()
    expect(main).to_contain_text("Pending settlement")


def test_a_window_that_is_still_added_up_is_waited_for(sign_in: Callable[..., Page], scheme: Scheme) -> None:
    settling.empty_window(scheme)
    settling.transfer(scheme)
    with settling.fault(scheme, effect="lag", method="POST", path="/v2/settlementWindows/.*", seconds=5):
        window = settling.close_window(scheme)
    page = sign_in(MAKER, f"/settlement/settlements/settle?windows={window}&model=DEFERREDNETUSD")
    main = page.get_by_role("main")
    expect(main).to_contain_text("Settling waits for it.")
    page.get_by_role("button", name=f"Settle window {window}").click()
    expect(main).to_contain_text(f"The hub is still adding up window {window}")
    row = main.get_by_role("row").filter(has=page.get_by_role("cell", name=str(window), exact=True))
    expect(row).to_contain_text("Transfers reserved", timeout=SHOWN)


def test_settling_nothing_leads_back_to_the_windows(sign_in: Callable[..., Page]) -> None:
    page = sign_in(MAKER, "/settlement/windows/settle")
    expect(page.get_by_role("main")).to_contain_text("No window was chosen")
