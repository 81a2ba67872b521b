"""J15: a participant finds the pack of a settlement, opens, takes and acknowledges it; the hub sees the proof."""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e import settling
from e2e.people import DFSP, OPERATOR
from e2e.settling import Scheme

pytestmark = [pytest.mark.journey("J15"), pytest.mark.writes]
PRODUCED = 60_000  # ms until the worker has noticed and written
STEPS = ("PS_TRANSFERS_RECORDED", "PS_TRANSFERS_RESERVED", "PS_TRANSFERS_COMMITTED", "SETTLED")


def settle(scheme: Scheme) -> int:
    """A settlement of payerfsp and payeefsp, settled past the portal; its number."""
    number = settling.settlement(scheme)
    for state in STEPS:
        accounts = settling.hub(scheme, f"/v2/settlements/{number}")["participants"]
        wanted = [
            {
                "id": each["id"],
                "accounts": [{"id": one["id"], "state": state, "reason": "day"} for one in each["accounts"]],
            }
            for each in accounts
        ]
        settling.hub(scheme, f"/v2/settlements/{number}", {"participants": wanted}, "PUT")
    return number


def waiting_for(page: Page, address: str, link: str) -> None:
    """Look again until the worker has produced what the link leads to."""
    found = page.get_by_role("main").get_by_role("link", name=link, exact=True)
    for _ in range(PRODUCED // 2_000):
        page.goto(address)
        with suppress(AssertionError):
            return expect(found).to_be_visible(timeout=2_000)
    return expect(found).to_be_visible()


def acknowledge(page: Page, number: int, accessible: Callable[[Page], None]) -> None:
    """Say that the pack on the page is right, and find that among its proof."""
    main = page.get_by_role("main")
    page.get_by_role("link", name="Acknowledge").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"settlement {number}, settled")
    accessible(page)
    dialog.get_by_role("button", name="Acknowledge").click()
    proof = main.get_by_role("list").filter(has_text="Produced")
    for did in ("Acknowledged", "Downloaded, CSV", "Opened", "Produced"):
        expect(proof).to_contain_text(did)
    expect(main.get_by_role("link", name="Acknowledge")).to_have_count(0)


def the_hub_sees(staff: Page, number: int, accessible: Callable[[Page], None]) -> None:
    """Who has acknowledged, and who has not even opened; and nothing of what is in a pack."""
    main = staff.get_by_role("main")
    main.get_by_role("link", name=f"Settlement {number}, settled").click()
    expect(main.get_by_role("row").filter(has_text="payerfsp")).to_contain_text("Acknowledged")
    expect(main.get_by_role("row").filter(has_text="payeefsp")).to_contain_text("New")
    accessible(staff)
    main.get_by_role("row").filter(has_text="payerfsp").get_by_role("link").first.click()
    expect(main).to_contain_text("Ravi Rao")
    expect(main).not_to_contain_text("12.50")


def test_a_participant_receives_its_pack_and_the_hub_sees_that_it_has(
    sign_in: Callable[..., Page],
    scheme: Scheme,
    accessible: Callable[[Page], None],
    browser: Browser,
    browser_context_args: dict[str, Any],
) -> None:
    number = settle(scheme)
    page = sign_in(DFSP, "/reports/packs")
    waiting_for(page, f"{scheme.base_url}/reports/packs?event=settled&number={number}", "DFSP settlement result")
    main = page.get_by_role("main")
    expect(main.get_by_role("row")).to_have_count(2)  # its head, and one pack
    expect(main.get_by_role("row").last).to_contain_text("New")
    accessible(page)
    page.goto(scheme.base_url)
    expect(page.get_by_role("heading", name=re.compile(r"^New report packs: \d+$"))).to_be_visible()
    page.goto(f"{scheme.base_url}/reports/packs?event=settled&number={number}")
    main.get_by_role("link", name="DFSP settlement result").click()
    expect(main).to_contain_text("owes 12.50")
    expect(main).to_contain_text("Opened")
    accessible(page)
    address = page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    assert "payerfsp" in download.value.path().read_text("utf-8")
    page.reload()
    acknowledge(page, number, accessible)

    staff = settling.at_desk(browser, browser_context_args, scheme, OPERATOR, "/reports/deliveries")
    staff.goto(f"{scheme.base_url}/reports/deliveries?number={number}")
    the_hub_sees(staff, number, accessible)
    # The delivery, not the pack.
    theirs = staff.goto(address)
    assert theirs is not None
    assert theirs.status == 403
    staff.context.close()


def test_nobody_finds_another_participants_pack(
    sign_in: Callable[..., Page], scheme: Scheme, browser: Browser, browser_context_args: dict[str, Any]
) -> None:
    number = settle(scheme)
    staff = settling.at_desk(browser, browser_context_args, scheme, OPERATOR, "/reports/deliveries")
    waiting_for(staff, f"{scheme.base_url}/reports/deliveries?number={number}", f"Settlement {number}, settled")
    main = staff.get_by_role("main")
    main.get_by_role("link", name=f"Settlement {number}, settled").click()
    theirs = main.get_by_role("row").filter(has_text="payeefsp").get_by_role("link").first.get_attribute("href")
    assert theirs is not None
    pack = theirs.rpartition("/")[2]
    staff.context.close()
    page = sign_in(DFSP, "/reports/packs")
    for way in (f"packs/{pack}", f"packs/{pack}/files/csv", f"api/packs/{pack}", f"packs/{pack}/acknowledge"):
        assert page.request.get(f"{scheme.base_url}/reports/{way}").status == 404
    assert "payeefsp" not in page.request.get(f"{scheme.base_url}/reports/api/packs?limit=500").text()
