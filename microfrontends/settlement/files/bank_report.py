"""How the settlement initiation report is written as a workbook: the layout that the settlement bank sends back."""

from decimal import Decimal
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from microfrontends.settlement.domain.bank_file import FIRST_ROW, SHEET_NAME, amount_text
from microfrontends.settlement.domain.initiation import InitiationReport, ReportRow

HEADS = (
    "Participant (PayerFSP Identifier)",
    "Participant (Bank Identifier)",
    "Balance",
    "Settlement Transfer",
    "Currency",
)
WIDTHS = (38, 38, 20, 20, 10)
KEPT_DIGITS = 15  # a spreadsheet's number loses what goes beyond, so such an amount is written as text


def workbook_of(report: InitiationReport, zone: str) -> bytes:
    """The workbook, in the field's own words. `zone` is the hub's, in which the bank says when it was done."""
    out = BytesIO()
    with Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(SHEET_NAME)
        bold = book.add_format({"bold": True})
        _head(sheet, report, zone, bold)
        formats: dict[int, Format] = {}
        for index, row in enumerate(report.rows, FIRST_ROW - 1):
            if row.digits not in formats:
                shown = "#,##0" + (f".{'0' * row.digits}" if row.digits else "")
                formats[row.digits] = book.add_format({"num_format": shown, "align": "right"})
            _row(sheet, index, row, formats[row.digits])
    return out.getvalue()


def _head(sheet: Worksheet, report: InitiationReport, zone: str, bold: Format) -> None:
    sheet.write_column(0, 0, ["Settlement ID", "Settlement Completed Date", "Settlement Completed Time", "Timezone"])
    sheet.write_string(0, 1, str(report.settlement_id))
    sheet.write_string(3, 1, zone)
    sheet.write_row(FIRST_ROW - 2, 0, HEADS, bold)
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(FIRST_ROW - 1, 1)


def _row(sheet: Worksheet, index: int, row: ReportRow, shown: Format) -> None:
    sheet.write_string(index, 0, row.identifiers)
    if row.bank_identifier:
        sheet.write_string(index, 1, row.bank_identifier)
    sheet.write_blank(index, 2, None, shown)
    if len(row.transfer.as_tuple().digits) + max(0, int(row.transfer.as_tuple().exponent)) <= KEPT_DIGITS:
        sheet.write_number(index, 3, _double(row.transfer), shown)
    else:
        sheet.write_string(index, 3, amount_text(row.transfer, row.digits), shown)
    sheet.write_string(index, 4, row.currency)


def _double(amount: Decimal) -> float:
    """What a workbook keeps of a number. Of up to fifteen digits it is the same number when it is read again."""
    return float(amount)
