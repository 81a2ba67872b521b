"""What one worksheet holds in columns A to E. What a person would not see there as it is, is refused by its cell."""

import re
from collections.abc import Callable
from typing import NamedTuple

from microfrontends.settlement.domain.bank_file import COLUMNS, FIRST_ROW, LONGEST_CELL, Cell, Sheet
from microfrontends.settlement.domain.bank_findings import Kind, Unreadable
from microfrontends.settlement.files.xlsx_values import Shared, Stored, said
from microfrontends.settlement.files.xml_walk import walk

MOST_ROWS = 5000
READ = "ACDE"  # column B is the bank's own
REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")


class Range(NamedTuple):
    """A rectangle of cells, both ends included."""

    left: int
    top: int
    right: int
    bottom: int


def sheet_of(part: bytes, shared: Shared) -> Sheet:
    """The sheet. Raises Unreadable."""
    reader = _Reader(shared)
    walk(part, reader.begin, reader.end, reader.text)
    sheet = Sheet(reader.cells)
    _no_merges(sheet, reader.merges)
    _nothing_hidden(sheet, reader.hidden_rows, reader.hidden_columns)
    return sheet


class _Reader:
    """One pass over the part: rows and cells in their order; the merges come last."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.cells: dict[str, Cell] = {}
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[str] = set()
        self.merges: list[Range] = []
        self.row = self.column = 0
        self.attributes: dict[str, str] = {}
        self.pieces: list[str] = []
        self.length = 0
        self.collecting = self.formula = self.pronounced = False
        self.starts: dict[str, Callable[[dict[str, str]], None]] = {
            "col": self._columns,
            "row": self._row,
            "c": self._cell,
            "f": self._formula,
            "v": self._value,
            "t": self._value,
            "rPh": self._pronunciation,
            "mergeCell": self._merge,
        }

    @property
    def name(self) -> str | None:
        """The present cell's, None where it is in none of the columns that are read."""
        return f"{COLUMNS[self.column - 1]}{self.row}" if 1 <= self.column <= len(COLUMNS) else None

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        if start := self.starts.get(tag):
            start(attributes)

    def text(self, piece: str) -> None:
        if not self.collecting or self.name is None:
            return
        self.pieces.append(piece)
        self.length += len(piece)
        if self.length > LONGEST_CELL:
            raise Unreadable(Kind.TOO_LONG, self.name, limit=LONGEST_CELL)

    def end(self, tag: str) -> None:
        if tag in ("v", "t"):
            self.collecting = False
        elif tag == "rPh":
            self.pronounced = False
        elif tag == "c" and self.name:
            self._keep(self.name)

    def _keep(self, name: str) -> None:
        style, kind = _whole(self.attributes.get("s")), self.attributes.get("t", "n")
        cell = said(Stored(kind, style, "".join(self.pieces), self.formula), self.shared)
        if len(cell.text) > LONGEST_CELL:
            raise Unreadable(Kind.TOO_LONG, name, limit=LONGEST_CELL)
        if not cell.text:
            return
        if self.row > MOST_ROWS:
            raise Unreadable(Kind.TOO_MANY_ROWS, name, limit=MOST_ROWS)
        self.cells[name] = cell

    def _columns(self, attributes: dict[str, str]) -> None:
        if _true(attributes.get("hidden")) or _nothing(attributes.get("width")):
            first, last = _whole(attributes.get("min")), _whole(attributes.get("max"))
            self.hidden_columns |= set(COLUMNS[max(first - 1, 0) : last])

    def _row(self, attributes: dict[str, str]) -> None:
        self.row, self.column = _whole(attributes.get("r")) or self.row + 1, 0
        if _true(attributes.get("hidden")) or _nothing(attributes.get("ht")):
            self.hidden_rows.add(self.row)

    def _cell(self, attributes: dict[str, str]) -> None:
        self.column = _corner(attributes["r"])[0] if "r" in attributes else self.column + 1
        if "r" in attributes and _corner(attributes["r"])[1] != self.row:
            raise Unreadable(Kind.DAMAGED)
        self.attributes, self.pieces, self.length, self.formula = attributes, [], 0, False
        if self.name in self.cells:
            raise Unreadable(Kind.DAMAGED)  # told twice: each reader would believe another one

    def _formula(self, _attributes: dict[str, str]) -> None:
        self.formula = True

    def _value(self, _attributes: dict[str, str]) -> None:
        self.collecting = not self.pronounced

    def _pronunciation(self, _attributes: dict[str, str]) -> None:
        self.pronounced = True

    def _merge(self, attributes: dict[str, str]) -> None:
        start, _, stop = attributes.get("ref", "").partition(":")
        self.merges.append(Range(*_corner(start), *_corner(stop or start)))


def _no_merges(sheet: Sheet, merges: list[Range]) -> None:
    """A merged cell hides those beneath it: the bank sees one row where the file has two."""
    for each in merges:
        over_id = each.left <= 2 <= each.right and each.top == 1
        over_rows = each.left <= len(COLUMNS) and each.bottom >= FIRST_ROW and each.top <= sheet.last_row
        if over_id or over_rows:
            row = each.top if over_id else max(each.top, FIRST_ROW)
            raise Unreadable(Kind.MERGED, f"{COLUMNS[each.left - 1]}{row}")


def _nothing_hidden(sheet: Sheet, rows: set[int], columns: set[str]) -> None:
    read = [row for row in rows if row == 1 or FIRST_ROW <= row <= sheet.last_row]
    for row in sorted(read):
        if any(sheet.at(f"{column}{row}").text for column in COLUMNS):
            raise Unreadable(Kind.HIDDEN, f"A{row}")
    for column in sorted(columns & set(READ)):
        raise Unreadable(Kind.HIDDEN, f"{column}{FIRST_ROW}")


def _corner(reference: str) -> tuple[int, int]:
    """Column and row, both from one."""
    found = REFERENCE.fullmatch(reference)
    if found is None:
        raise Unreadable(Kind.DAMAGED)
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column, int(found[2])


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 9 else 0


def _nothing(size: str | None) -> bool:
    return bool(size) and not str(size).strip("0.")


def _true(text: str | None) -> bool:
    return text in ("1", "true")
