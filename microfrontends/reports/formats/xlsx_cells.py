"""Cells of a workbook, a column at a time: figures and moments are numbers with a format, all else is text."""

import re
from collections.abc import Sequence
from datetime import date
from functools import cache

from microfrontends.reports.domain.definition import Column, ColumnType
from microfrontends.reports.formats.cells import texts
from microfrontends.reports.formats.xlsx_parts import BOLD, BOLD_FIGURES, FIGURES, MOMENT, WHOLE

EPOCH = date(1899, 12, 30).toordinal()  # day 0 of a workbook
DIGITS = 15  # as many as a spreadsheet keeps of a number
LONGEST = 32_767  # letters of a cell
CUT = "…"
# What XML 1.0 has no place for, and what it would take for markup.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
EMPTY = "<c/>"


def cells(column: Column, values: Sequence[object], currencies: Sequence[object]) -> list[str]:
    """A column's settled values as cells."""
    if column.type is ColumnType.DATE_TIME:
        return [EMPTY if value is None else _moment(str(value)) for value in values]
    said = texts(column, values, currencies)
    if column.type is ColumnType.INTEGER:
        return [EMPTY if one is None else _figure(one, WHOLE) for one in said]
    if column.type in (ColumnType.MONEY, ColumnType.DECIMAL):
        return [EMPTY if one is None else _figure(one, FIGURES) for one in said]
    return [EMPTY if one is None else text_cell(one) for one in said]


def text_cell(said: str, bold: bool = False) -> str:
    """A text, which no spreadsheet takes for a formula: its cell says that it is text."""
    if len(said) > LONGEST:
        said = said[: LONGEST - 1] + CUT
    if _SPECIAL.search(said):
        said = _NOT_XML.sub("\ufffd", said)
        said = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    style = f' s="{BOLD}"' if bold else ""
    if said[:1].isspace() or said[-1:].isspace():
        return f'<c t="inlineStr"{style}><is><t xml:space="preserve">{said}</t></is></c>'
    return f'<c t="inlineStr"{style}><is><t>{said}</t></is></c>'


def sum_cell(said: str) -> str:
    """A sum, under its column."""
    return _figure(said, BOLD_FIGURES)


def _figure(said: str, styles: Sequence[int]) -> str:
    # 17 with a sign and a point are at most 15 digits; a longer one would lose its last ones as a number.
    if len(said) > DIGITS and sum(map(str.isdigit, said)) > DIGITS:
        return text_cell(said)
    point = said.find(".")
    return f'<c s="{styles[0 if point < 0 else len(said) - point - 1]}"><v>{said}</v></c>'


@cache
def _day(said: str) -> int:
    return date.fromisoformat(said).toordinal() - EPOCH


def _moment(said: str) -> str:
    if len(said) < 19 or said[10] not in " T" or said[19:20] not in ("", ".") or said < "1900-03-01":
        return text_cell(said)
    seconds = int(said[11:13]) * 3600 + int(said[14:16]) * 60 + int(said[17:19])
    return f'<c s="{MOMENT}"><v>{_day(said[:10]) + seconds / 86400!r}</v></c>'
