"""The settlement bank's part in a journey: the initiation report that it gets, fills in and sends back."""

from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from playwright.sync_api import Page

from e2e import settling
from e2e.settling import Scheme

SHEET, FIRST = "SettlementBankReport", 7


def download(page: Page, scheme: Scheme, number: int, folder: Path) -> Path:
    """The report, as the portal gives it."""
    page.goto(f"{scheme.base_url}/settlement/settlements/{number}/initiation")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Excel workbook").click()
    path = folder / downloading.value.suggested_filename
    downloading.value.save_as(path)
    return path


def names(report: Path) -> list[str]:
    """Whose row each is, from the first on."""
    sheet = load_workbook(report)[SHEET]
    return [str(sheet[f"A{row}"].value).split()[2] for row in range(FIRST, sheet.max_row + 1)]


def fill(path: Path, scheme: Scheme, **cells: Any) -> Path:
    """The report with each balance as it will be, these cells otherwise."""
    book = load_workbook(path)
    sheet = book[SHEET]
    for row, name in enumerate(names(path), FIRST):
        sheet[f"C{row}"] = float(settling.liquidity(scheme, name)) - sheet[f"D{row}"].value
    for cell, value in cells.items():
        sheet[cell] = value
    filled = path.with_name(f"bank-{len(list(path.parent.iterdir()))}.xlsx")
    book.save(filled)
    return filled


def upload(page: Page, scheme: Scheme, number: int, path: Path) -> None:
    """Choose the file, and have it validated."""
    page.goto(f"{scheme.base_url}/settlement/settlements/{number}/finalisations")
    page.get_by_role("radio", name="The settlement bank's file").check()
    page.get_by_label("The settlement bank's file", exact=True).set_input_files(path)
    page.get_by_role("button", name="Validate").click()
