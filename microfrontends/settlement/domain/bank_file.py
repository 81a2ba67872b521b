"""The grammar of the settlement bank's file: which cell holds what, and which forms an amount may have."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from microfrontends.settlement.domain.bank_findings import Finding, Kind

SHEET_NAME = "SettlementBankReport"
FIRST_ROW = 7
COLUMNS = "ABCDE"
ID_CELL = "B1"
LONGEST_CELL = 1000
SHOWN = 60  # of what a cell holds, in a sentence about it

SETTLEMENT_ID = re.compile(r"[0-9]{1,18}")
IDENTIFIERS = re.compile(r"([0-9]{1,18}) ([0-9]{1,18}) ([A-Za-z0-9][A-Za-z0-9._-]{1,29})")
GROUPED = r"(?:0|[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]{0,13})(?:\.[0-9]{1,10})?"
AMOUNT = re.compile(rf"(?P<minus>-?)(?P<plain>{GROUPED})|\((?P<enclosed>{GROUPED})\)")
LARGEST = Decimal(10) ** 14  # the hub keeps decimal(18,4)


class CellKind(StrEnum):
    """What a spreadsheet takes a cell for. Only texts and numbers are read."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    FORMULA = "formula"
    DATE = "date"
    ERROR = "error"
    IMPRECISE = "imprecise"


REFUSED = {
    CellKind.FORMULA: Kind.FORMULA,
    CellKind.DATE: Kind.DATE,
    CellKind.ERROR: Kind.ERROR_VALUE,
    CellKind.IMPRECISE: Kind.IMPRECISE,
}


@dataclass(frozen=True)
class Cell:
    """What one cell holds, as text. Numbers are written out: no exponent, no grouping."""

    text: str
    kind: CellKind = CellKind.TEXT


@dataclass(frozen=True)
class Sheet:
    """The cells of columns A to E that hold anything, by their names."""

    cells: Mapping[str, Cell]

    def at(self, name: str) -> Cell:
        """The cell, empty where it is."""
        return self.cells.get(name, Cell(""))

    @property
    def last_row(self) -> int:
        """The last row that holds anything; 0 where none does."""
        return max((int(name[1:]) for name in self.cells), default=0)


@dataclass(frozen=True)
class BankRow:
    """What the bank says of one position account: the balance behind it, and what it moved for it."""

    row: int
    participant_id: int
    account_id: int
    participant: str
    balance: Decimal
    transfer: Decimal
    currency: str | None  # older layouts have no such column


@dataclass(frozen=True)
class BankFile:
    """A file that says everything that it must."""

    settlement_id: int
    rows: tuple[BankRow, ...]


def amount_in(text: str) -> Decimal | None:
    """The amount that a text says: `1234.5`, `1,234.56`, `-1,234.56` or `(1,234.56)`; None for any other form.

    Zero has no sign: somebody who writes minus nothing meant something else.
    """
    found = AMOUNT.fullmatch(text)
    if found is None:
        return None
    negative = bool(found["minus"] or found["enclosed"])
    amount = Decimal((found["plain"] or found["enclosed"]).replace(",", ""))
    if amount >= LARGEST or (negative and not amount):
        return None
    return -amount if negative else amount


def amount_text(amount: Decimal, digits: int) -> str:
    """The amount as the file writes it, with at least so many decimals and never fewer than it has: `-1,234.50`."""
    held = max(0, -int(amount.normalize().as_tuple().exponent))
    return f"{amount or Decimal(0):,.{max(digits, held)}f}"


def parsed(sheet: Sheet) -> tuple[BankFile | None, tuple[Finding, ...]]:
    """The file, or everything in it that does not say what it must."""
    findings, rows = list(_id_findings(sheet.at(ID_CELL))), []
    last = _last_data_row(sheet)
    for number in range(FIRST_ROW, last + 1):
        row, wrong = _row(sheet, number)
        findings += wrong
        rows += [row] if row else []
    findings += _beyond(sheet, last)
    if last < FIRST_ROW:
        findings.append(_about(Kind.NO_ROWS, f"A{FIRST_ROW}", sheet))
    if findings:
        return None, tuple(findings)
    return BankFile(int(sheet.at(ID_CELL).text), tuple(rows)), ()


def _id_findings(cell: Cell) -> Iterator[Finding]:
    if kind := REFUSED.get(cell.kind):
        yield _finding(kind, ID_CELL, cell)
    elif not SETTLEMENT_ID.fullmatch(cell.text):
        yield _finding(Kind.NO_SETTLEMENT_ID, ID_CELL, cell)


def _last_data_row(sheet: Sheet) -> int:
    number = FIRST_ROW
    while sheet.at(f"A{number}").text:
        number += 1
    return number - 1


def _row(sheet: Sheet, number: int) -> tuple[BankRow | None, list[Finding]]:
    names, balance, transfer, currency = (sheet.at(f"{column}{number}") for column in "ACDE")
    findings = [
        _finding(kind, f"{column}{number}", cell)
        for column, cell in zip("ACDE", (names, balance, transfer, currency), strict=True)
        if (kind := REFUSED.get(cell.kind))
    ]
    if findings:
        return None, findings
    who, holds, moved = IDENTIFIERS.fullmatch(names.text), amount_in(balance.text), amount_in(transfer.text)
    if who is None:
        findings.append(_finding(Kind.NO_IDENTIFIERS, f"A{number}", names))
    if holds is None:
        findings.append(_finding(Kind.NO_BALANCE, f"C{number}", balance))
    if moved is None:
        findings.append(_finding(Kind.NO_TRANSFER, f"D{number}", transfer))
    if who is None or holds is None or moved is None:
        return None, findings
    said = currency.text or None
    return BankRow(number, int(who[1]), int(who[2]), who[3], holds, moved, said), []


def _beyond(sheet: Sheet, last: int) -> Iterator[Finding]:
    """Rows below the first gap. Totals and remarks may stand there, another account must not be overlooked."""
    for number in range(last + 2, sheet.last_row + 1):
        if IDENTIFIERS.fullmatch(sheet.at(f"A{number}").text):
            cell = f"A{number}"
            yield Finding(Kind.ROW_AFTER_GAP, row=number, cell=cell, facts={"gap": f"A{last + 1}"})


def _about(kind: Kind, name: str, sheet: Sheet) -> Finding:
    return _finding(kind, name, sheet.at(name))


def _finding(kind: Kind, name: str, cell: Cell) -> Finding:
    held = cell.text if len(cell.text) <= SHOWN else f"{cell.text[:SHOWN]}…"
    return Finding(kind, row=int(name[1:]), cell=name, facts={"held": held})
