"""What a cell of a workbook says, told from its stored form: the text, and what the spreadsheet takes it for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TypeVar

from microfrontends.settlement.domain.bank_file import Cell, CellKind
from microfrontends.settlement.domain.bank_findings import Kind, Unreadable

KEPT_DIGITS = Context(prec=15)  # all that a double keeps of any number, and all that a spreadsheet shows
ROUNDED = Decimal("0.00001")
NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?")
DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}  # the built-in formats
UNSPOKEN = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|[_*].')  # of a format: texts, colours and conditions, single marks
SPOKEN_DATE = re.compile(r"[ymdhs]", re.IGNORECASE)
ANSWERS = {"0": "FALSE", "1": "TRUE"}
Item = TypeVar("Item")


@dataclass(frozen=True)
class Stored:
    """A cell as the file keeps it: its type and style, its value, and whether a formula gave it."""

    type: str
    style: int
    value: str
    formula: bool = False


@dataclass(frozen=True)
class Shared:
    """What cells refer to: texts, and for each style whether it shows a number as a date."""

    texts: Sequence[str]
    dates: Sequence[bool]


def shows_date(number: int, code: str = "") -> bool:
    """Whether a number format shows a date or a time: by its number, or by its code where the file defines it."""
    return number in DATES or bool(SPOKEN_DATE.search(UNSPOKEN.sub("", code)))


def said(stored: Stored, shared: Shared) -> Cell:
    """The cell. Raises Unreadable where it refers to what is not there."""
    text = stored.value
    if stored.type == "s":
        text = _nth(shared.texts, int(text) if text.isdecimal() else -1)
    if stored.formula:
        return Cell(text or "=", CellKind.FORMULA)
    if stored.type in ("s", "inlineStr", "str"):
        return Cell(text)
    if stored.type == "b":
        return Cell(ANSWERS.get(text, text), CellKind.BOOLEAN)
    if stored.type == "e":
        return Cell(text, CellKind.ERROR)
    if stored.type == "d" or (text and stored.style and _nth(shared.dates, stored.style)):
        return Cell(text, CellKind.DATE)
    return _number(text)


def _number(text: str) -> Cell:
    """A stored double as people wrote it: 4.3499999999999996 is 4.35. Where that is not certain it is IMPRECISE."""
    if not NUMBER.fullmatch(text):
        return Cell(text)  # NaN, INF and whatever else is no number: the grammar refuses it, by its cell
    stored = Decimal(repr(float(text)))
    shown = KEPT_DIGITS.plus(stored) or stored  # zero keeps its sign, which the grammar refuses
    if abs(stored - shown) >= ROUNDED:
        return Cell(text, CellKind.IMPRECISE)
    return Cell(f"{shown.normalize():f}", CellKind.NUMBER)


def _nth(items: Sequence[Item], index: int) -> Item:
    if not 0 <= index < len(items):
        raise Unreadable(Kind.DAMAGED)
    return items[index]
