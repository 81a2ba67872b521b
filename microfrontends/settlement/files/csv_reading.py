"""What a .csv file holds in its first five columns: which encoding and separator it has is read, never guessed."""

import csv
import io
import re

from microfrontends.settlement.domain.bank_file import COLUMNS, LONGEST_CELL, Cell, Sheet
from microfrontends.settlement.domain.bank_findings import Kind, Unreadable
from microfrontends.settlement.files.xlsx_sheet import MOST_ROWS

MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
SEPARATORS = ",;\t"
BINARY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def read_csv(data: bytes) -> Sheet:
    """The report in the text. Raises Unreadable."""
    text = _decoded(data)
    if BINARY.search(text):
        raise Unreadable(Kind.NOT_A_SPREADSHEET)
    # The first line has two cells, so it shows the separator: the one that stands in it.
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    found = [separator for separator in SEPARATORS if separator in first]
    if len(found) != 1:
        raise Unreadable(Kind.SEPARATOR, "B1")
    cells: dict[str, Cell] = {}
    rows, number = csv.reader(io.StringIO(text, newline=""), delimiter=found[0], strict=True), 0
    try:
        for number, row in enumerate(rows, 1):
            cells |= _row(number, row[: len(COLUMNS)])
    except csv.Error as problem:
        raise Unreadable(Kind.QUOTES, f"A{number + 1}") from problem
    return Sheet(cells)


def _row(number: int, row: list[str]) -> dict[str, Cell]:
    cells = {f"{column}{number}": Cell(text) for column, text in zip(COLUMNS, row, strict=False) if text}
    for name, cell in cells.items():
        if number > MOST_ROWS:
            raise Unreadable(Kind.TOO_MANY_ROWS, name, limit=MOST_ROWS)
        if len(cell.text) > LONGEST_CELL:
            raise Unreadable(Kind.TOO_LONG, name, limit=LONGEST_CELL)
    return cells


def _decoded(data: bytes) -> str:
    encoding = next((name for mark, name in MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as problem:
        row = data[: problem.start].count(b"\n") + 1
        raise Unreadable(Kind.ENCODING, f"A{row}") from problem
