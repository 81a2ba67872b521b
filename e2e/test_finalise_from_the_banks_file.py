"""J7: the settlement initiation report goes to the bank and comes back: read cell by cell, held against the hub."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e import settling
from e2e.bank import download, fill, names, upload
from e2e.settling import MAKER, PAYEE, PAYER, SHOWN, Scheme

pytestmark = [pytest.mark.journey("J7"), pytest.mark.writes]


def test_what_is_wrong_is_named_by_its_cell_and_nothing_proceeds_past_an_error(
    sign_in: Callable[..., Page], scheme: Scheme, tmp_path: Path, accessible: Callable[[Page], None]
) -> None:
    number = settling.settlement(scheme)
    page = sign_in(MAKER, f"/settlement/settlements/{number}")
    report, main = download(page, scheme, number, tmp_path), page.get_by_role("main")
    cases = (
        ({"B1": str(number + 1)}, f"B1 says settlement {number + 1}, but settlement {number} is to be finalised."),
        ({"C8": "soon"}, "C8 must hold the new balance"),
        ({"D7": "(99.99)"}, "add up to"),
        ({"A7": f"2 99999 {PAYER}"}, "99999"),
    )
    for cells, told in cases:
        upload(page, scheme, number, fill(report, scheme, **cells))
        expect(main).to_contain_text("It cannot be confirmed")
        expect(main).to_contain_text(told)
        expect(main.get_by_role("link", name="Confirm")).to_have_count(0)
    accessible(page)
    text = tmp_path / "bank.txt"
    text.write_bytes(b"%PDF-1.7")
    upload(page, scheme, number, text)
    expect(main).to_contain_text("Nothing was kept and nothing moves.")


def test_a_difference_is_acknowledged_and_an_insolvent_participant_is_disabled(
    sign_in: Callable[..., Page],
    browser: Browser,
    browser_context_args: dict[str, Any],
    scheme: Scheme,
    tmp_path: Path,
    accessible: Callable[[Page], None],
    picture: Callable[[str], None],
) -> None:
    number = settling.settlement(scheme, ("testfsp1", PAYEE))
    page = sign_in(MAKER, f"/settlement/settlements/{number}")
    report, main = download(page, scheme, number, tmp_path), page.get_by_role("main")
    order = names(report)
    expected = settling.liquidity(scheme, PAYEE) + 25
    cells = {f"C{7 + order.index(PAYEE)}": f"{expected + 100:,.2f}", f"C{7 + order.index('testfsp1')}": "(5.00)"}
    upload(page, scheme, number, fill(report, scheme, **cells))
    expect(main).to_contain_text("2 warnings are still to be acknowledged.")
    accessible(page)
    picture("finalise-from-the-banks-file")
    main.get_by_role("button", name="Acknowledge the difference of 100.00 USD").click()
    expect(main).to_contain_text("1 warning is still to be acknowledged.")
    main.get_by_role("button", name="Acknowledge", exact=True).click()
    expect(main).to_contain_text("Validated")
    expect(main).to_contain_text(f"settlement {number} difference")
    settling.confirm(page, number)
    settling.approve(browser, browser_context_args, scheme, number)
    page.goto(f"{scheme.base_url}/settlement/settlements/{number}")
    expect(main.get_by_role("listitem").filter(has_text="Accounts settled")).to_contain_text("Done", timeout=SHOWN)
    assert settling.liquidity(scheme, "testfsp1") == 0
    assert settling.liquidity(scheme, PAYEE) == expected, "the difference is booked by nobody but a person"
    assert settling.account(scheme, "testfsp1", "POSITION")["isActive"] == 0
