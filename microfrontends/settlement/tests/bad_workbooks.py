"""Workbooks that nobody should finalise a settlement from: right ones, in which one thing was changed as people do."""

from collections.abc import Callable
from datetime import datetime

from openpyxl.styles import Protection
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from microfrontends.settlement.domain.bank_findings import Kind
from microfrontends.settlement.tests.settled_books import answer

Bad = tuple[str, bytes, Kind, str | None]
Edit = Callable[[Worksheet], object]
Value = str | float | datetime | None


def edited(edit: Edit) -> bytes:
    """The right answer, with something done to its sheet."""
    return answer(lambda book: edit(book.worksheets[0]))


def with_cells(**cells: Value) -> bytes:
    """The right answer, with other things in some cells."""

    def edit(book: Workbook) -> None:
        for name, value in cells.items():
            book.worksheets[0][name] = value

    return answer(edit)


def hidden_report(book: Workbook) -> None:
    """Put a visible sheet behind it, which openpyxl asks for, and hide the first."""
    book.create_sheet("Notes")
    book.active = 1
    book.worksheets[0].sheet_state = "hidden"


def other_book(book: Workbook) -> None:
    """An empty one, sent by mistake."""
    book.create_sheet("Sheet1")
    book.remove(book.worksheets[0])


def date_in(sheet: Worksheet) -> None:
    """A balance that the bank's spreadsheet took for a day."""
    sheet["C9"] = 45000
    sheet["C9"].number_format = "dd/mm/yyyy"
    sheet["C9"].protection = Protection(locked=False)


def hide_row(sheet: Worksheet) -> None:
    """What a filter does."""
    sheet.row_dimensions[9].hidden = True


def hide_column(sheet: Worksheet) -> None:
    """What somebody does who prints."""
    sheet.column_dimensions["D"].hidden = True


def long_list(sheet: Worksheet) -> None:
    """Rows without end."""
    for row in range(13, 5020):
        sheet[f"A{row}"] = f"9 {row} dfsp{row}"


EDITS: list[tuple[str, Edit, Kind, str]] = [
    ("rows merged", lambda sheet: sheet.merge_cells("A7:A8"), Kind.MERGED, "A7"),
    ("amounts merged", lambda sheet: sheet.merge_cells("B9:C9"), Kind.MERGED, "B9"),
    ("ID merged", lambda sheet: sheet.merge_cells("B1:D1"), Kind.MERGED, "B1"),
    ("everything merged", lambda sheet: sheet.merge_cells("A8:XFD9"), Kind.MERGED, "A8"),
    ("row hidden", hide_row, Kind.HIDDEN, "A9"),
    ("column hidden", hide_column, Kind.HIDDEN, "D7"),
    ("date for a number", date_in, Kind.DATE, "C9"),
    ("too many rows", long_list, Kind.TOO_MANY_ROWS, "A5001"),
    ("row deleted, gap left", lambda sheet: sheet.insert_rows(9), Kind.ROW_AFTER_GAP, "A10"),
]
CELLS: list[tuple[str, str, Value, Kind]] = [
    ("no B1", "B1", None, Kind.NO_SETTLEMENT_ID),
    ("text in B1", "B1", "seven", Kind.NO_SETTLEMENT_ID),
    ("fraction in B1", "B1", 7.5, Kind.NO_SETTLEMENT_ID),
    ("date in B1", "B1", datetime(2026, 11, 7), Kind.DATE),  # noqa: DTZ001  # a sheet's dates have no zone
    ("formula in B1", "B1", "=3+4", Kind.FORMULA),
    ("text in A", "A8", "Total", Kind.NO_IDENTIFIERS),
    ("number in A", "A8", 13, Kind.NO_IDENTIFIERS),
    ("blank at the end of A", "A8", "2 11 payerfsp ", Kind.NO_IDENTIFIERS),
    ("two blanks in A", "A8", "2  11 payerfsp", Kind.NO_IDENTIFIERS),
    ("newline in A", "A8", "2 11\npayerfsp", Kind.NO_IDENTIFIERS),
    ("Arabic digits in A", "A8", "\u0662 11 payerfsp", Kind.NO_IDENTIFIERS),
    ("no balance", "C8", None, Kind.NO_BALANCE),
    ("formula for a balance", "C8", "=5000-D8", Kind.FORMULA),
    ("boolean for a balance", "C8", True, Kind.NO_BALANCE),
    ("error for a balance", "C8", "#N/A", Kind.ERROR_VALUE),
    ("date and time for a balance", "C8", datetime(2026, 11, 7, 10, 32), Kind.DATE),  # noqa: DTZ001
    ("text for a balance", "C8", "pending", Kind.NO_BALANCE),
    ("blank after a balance", "C8", "4,998.766 ", Kind.NO_BALANCE),
    ("newline in a balance", "C8", "4,998\n.766", Kind.NO_BALANCE),
    ("Arabic digits for a balance", "C8", "\u0664\u0669\u0669\u0668", Kind.NO_BALANCE),
    ("exponent in a text", "C8", "1e3", Kind.NO_BALANCE),
    ("NaN in a text", "C8", "NaN", Kind.NO_BALANCE),
    ("infinity in a text", "C8", "-inf", Kind.NO_BALANCE),
    ("negative zero", "C8", "-0.000", Kind.NO_BALANCE),
    ("currency with a balance", "C8", "BHD 4998.766", Kind.NO_BALANCE),
    ("wrong grouping", "C8", "49,98.766", Kind.NO_BALANCE),
    ("decimal comma", "C8", "4.998,766", Kind.NO_BALANCE),
    ("eighteen digits", "C8", 12345678901234.567, Kind.IMPRECISE),
    ("a number beyond the hub", "C8", 1e15, Kind.NO_BALANCE),
    ("a number beyond all", "C8", 1e99, Kind.NO_BALANCE),
    ("no transfer", "D8", None, Kind.NO_TRANSFER),
    ("formula for a transfer", "D8", "=C8*2", Kind.FORMULA),
    ("text for a transfer", "D8", "see annex", Kind.NO_TRANSFER),
    ("four decimals of BHD", "C8", "4998.7664", Kind.BALANCE_DIGITS),
    ("decimals of JPY", "C10", "4000.50", Kind.BALANCE_DIGITS),
    ("decimals of a JPY transfer", "D10", "1000.5", Kind.TRANSFER_DIGITS),
    ("three decimals of USD", "C12", "4879.755", Kind.BALANCE_DIGITS),
    ("account twice", "A8", "3 13 payeefsp", Kind.ACCOUNT_TWICE),
    ("unknown account", "A8", "2 999 payerfsp", Kind.ACCOUNT_UNKNOWN),
    ("account of no settlement", "A8", "4 15 testfsp1", Kind.ACCOUNT_EXTRA),
    ("liquidity account", "A8", "2 12 payerfsp", Kind.NOT_A_POSITION),
    ("another name", "A8", "2 11 payeefsp", Kind.IDENTIFIERS_DIFFER),
    ("another participant ID", "A8", "3 11 payerfsp", Kind.IDENTIFIERS_DIFFER),
    ("another settlement", "B1", 8, Kind.OTHER_SETTLEMENT),
    ("another transfer", "D12", 121, Kind.TRANSFER_NOT_NET),
    ("another currency", "E8", "USD", Kind.OTHER_CURRENCY),
]


def bad_workbooks() -> list[Bad]:
    """What is wrong, the file, the finding that it must lead to, and at which cell."""
    found: list[Bad] = [(name, edited(edit), kind, cell) for name, edit, kind, cell in EDITS]
    found += [(name, with_cells(**{cell: value}), kind, cell) for name, cell, value, kind in CELLS]
    found += [
        ("an account missing", edited(lambda sheet: sheet.delete_rows(12)), Kind.ACCOUNT_MISSING, None),
        ("no rows", edited(lambda sheet: sheet.delete_rows(7, 6)), Kind.NO_ROWS, "A7"),
        ("sum not zero", with_cells(D11=-120, C11=5120), Kind.SUM_NOT_ZERO, None),
        ("nothing in it", edited(lambda sheet: sheet.delete_rows(1, 12)), Kind.EMPTY, None),
        ("report hidden", answer(hidden_report), Kind.WRONG_SHEET, None),
        ("another sheet first", answer(lambda book: book.create_sheet("Notes", 0)), Kind.WRONG_SHEET, None),
        ("a chart first", answer(lambda book: book.create_chartsheet("Chart", 0)), Kind.WRONG_SHEET, None),
        ("something else", answer(other_book), Kind.EMPTY, None),
    ]
    return found
