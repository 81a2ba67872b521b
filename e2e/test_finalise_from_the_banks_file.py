"""J7: the settlement initiation report goes to the bank and comes back: read cell by cell, held against the hub."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect

from e2e import settling
from e2e.settling import MAKER, PAYEE, PAYER, SHOWN
from sandbox.up import Stack

pytestmark = pytest.mark.writes


def download(page: Page, stack: Stack, number: int, folder: Path) -> Path:
    """The report, as the portal gives it."""
    page.goto(f"{stack.base_url}/settlement/settlements/{number}/initiation")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Excel workbook").click()
    path = folder / downloading.value.suggested_filename
    downloading.value.save_as(path)
    return path


def fill(path: Path, stack: Stack, **cells: Any) -> Path:
    """The report with each balance as it will be, these cells otherwise."""
    book = load_workbook(path)
    sheet = book["SettlementBankReport"]
    for row in range(7, sheet.max_row + 1):
        name = str(sheet[f"A{row}"].value).split()[2]
        sheet[f"C{row}"] = float(settling.liquidity(stack, name)) - sheet[f"D{row}"].value
    for cell, value in cells.items():
        sheet[cell] = value
    filled = path.with_name(f"bank-{len(list(path.parent.iterdir()))}.xlsx")
    book.save(filled)
    return filled


def upload(page: Page, stack: Stack, number: int, path: Path) -> None:
    """Choose the file, and have it validated."""
    page.goto(f"{stack.base_url}/settlement/settlements/{number}/finalisations")
    page.get_by_role("radio", name="The settlement bank's file").check()
    page.get_by_label("The settlement bank's file", exact=True).set_input_files(path)
    page.get_by_role("button", name="Validate").click()


def test_what_is_wrong_is_named_by_its_cell_and_nothing_proceeds_past_an_error(
    sign_in: Callable[..., Page], stack: Stack, tmp_path: Path, accessible: Callable[[Page], None]
) -> None:
    number = settling.settlement(stack)
    page = sign_in(MAKER, f"/settlement/settlements/{number}")
    report, main = download(page, stack, number, tmp_path), page.get_by_role("main")
    cases = (
        ({"B1": str(number + 1)}, f"B1 says settlement {number + 1}, but settlement {number} is to be finalised."),
        ({"C8": "soon"}, "C8 must hold the new balance"),
        ({"D7": "(99.99)"}, "add up to"),
        ({"A7": f"2 99999 {PAYER}"}, "99999"),
    )
    for cells, told in cases:
        upload(page, stack, number, fill(report, stack, **cells))
        expect(main).to_contain_text("It cannot be confirmed")
        expect(main).to_contain_text(told)
        expect(main.get_by_role("link", name="Confirm")).to_have_count(0)
    accessible(page)
    text = tmp_path / "bank.txt"
    text.write_bytes(b"%PDF-1.7")
    upload(page, stack, number, text)
    expect(main).to_contain_text("Nothing was kept and nothing moves.")


def test_a_difference_is_acknowledged_and_an_insolvent_participant_is_disabled(
    sign_in: Callable[..., Page],
    browser: Browser,
    browser_context_args: dict[str, Any],
    stack: Stack,
    tmp_path: Path,
    accessible: Callable[[Page], None],
    picture: Callable[[str], None],
) -> None:
    number = settling.settlement(stack, ("testfsp1", PAYEE))
    page = sign_in(MAKER, f"/settlement/settlements/{number}")
    report, main = download(page, stack, number, tmp_path), page.get_by_role("main")
    names = [row.split()[2] for row in rows(report)]
    expected = settling.liquidity(stack, PAYEE) + 25
    cells = {f"C{7 + names.index(PAYEE)}": f"{expected + 100:,.2f}", f"C{7 + names.index('testfsp1')}": "(5.00)"}
    upload(page, stack, number, fill(report, stack, **cells))
    expect(main).to_contain_text("2 warnings are still to be acknowledged.")
    accessible(page)
    picture("finalise-from-the-banks-file")
    main.get_by_role("button", name="Acknowledge the difference of 100.00 USD").click()
    expect(main).to_contain_text("1 warning is still to be acknowledged.")
    main.get_by_role("button", name="Acknowledge", exact=True).click()
    expect(main).to_contain_text("Validated")
    expect(main).to_contain_text(f"settlement {number} difference")
    settling.confirm(page, number)
    settling.approve(browser, browser_context_args, stack, number)
    page.goto(f"{stack.base_url}/settlement/settlements/{number}")
    expect(main.get_by_role("listitem").filter(has_text="Accounts settled")).to_contain_text("Done", timeout=SHOWN)
    assert settling.liquidity(stack, "testfsp1") == 0
    assert settling.liquidity(stack, PAYEE) == expected, "the difference is booked by nobody but a person"
    assert settling.account(stack, "testfsp1", "POSITION")["isActive"] == 0


def rows(report: Path) -> list[str]:
    """Column A of the report's rows."""
    sheet = load_workbook(report)["SettlementBankReport"]
    return [str(sheet[f"A{row}"].value) for row in range(7, sheet.max_row + 1)]
