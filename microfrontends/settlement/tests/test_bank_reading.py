"""The bank's file is read as a person sees it, however people save it, within bounds of time and memory."""

import tracemalloc
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microfrontends.settlement.domain.bank_file import CellKind
from microfrontends.settlement.domain.bank_findings import Unreadable
from microfrontends.settlement.files.bank_reading import read
from microfrontends.settlement.files.xlsx_values import Shared, Stored, said, shows_date
from microfrontends.settlement.tests.bad_packages import (
    SHEET,
    STRINGS,
    bomb,
    cells,
    lying_bomb,
    repacked,
    shared,
    with_balance,
    with_part,
)
from microfrontends.settlement.tests.bad_texts import text
from microfrontends.settlement.tests.settled_books import answer, propose

GOOD = answer()
TRANSITIONAL, STRICT = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/main"
SHARED = Shared(["shared"], [False, True])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_text_is_read_in_the_encodings_separators_and_line_ends_that_show_themselves(
    encoding: str, separator: str, end: str
) -> None:
    assert propose(text(separator, end=end).encode(encoding)).findings == ()


def test_numbers_and_texts_say_the_same() -> None:
    assert propose(repacked(lambda _parts: None)).plan == propose(answer()).plan


def test_the_second_dialect_of_the_format_is_read_too() -> None:
    assert propose(repacked(lambda parts: parts.update({SHEET: parts[SHEET].replace(TRANSITIONAL, STRICT)}))).plan


@pytest.mark.parametrize(
    ("stored", "text_of", "kind"),
    [
        (Stored("n", 0, "4.3499999999999996"), "4.35", CellKind.NUMBER),
        (Stored("n", 0, "0.30000000000000004"), "0.3", CellKind.NUMBER),
        (Stored("n", 0, "1E3"), "1000", CellKind.NUMBER),
        (Stored("n", 0, "-1234.5600"), "-1234.56", CellKind.NUMBER),
        (Stored("n", 0, "12.0"), "12", CellKind.NUMBER),
        (Stored("n", 0, "1.0E-2"), "0.01", CellKind.NUMBER),
        (Stored("n", 0, "12345678901234.567"), "12345678901234.567", CellKind.IMPRECISE),
        (Stored("n", 0, "NaN"), "NaN", CellKind.TEXT),
        (Stored("n", 1, "45000"), "45000", CellKind.DATE),
        (Stored("n", 1, ""), "", CellKind.NUMBER),
        (Stored("s", 1, "0"), "shared", CellKind.TEXT),
        (Stored("b", 0, "1"), "TRUE", CellKind.BOOLEAN),
        (Stored("e", 0, "#REF!"), "#REF!", CellKind.ERROR),
        (Stored("str", 0, "", formula=True), "=", CellKind.FORMULA),
    ],
)
def test_a_stored_value_is_what_a_person_saw(stored: Stored, text_of: str, kind: CellKind) -> None:
    found = said(stored, SHARED)
    assert (found.text, found.kind) == (text_of, kind) or (not text_of and not found.text)


@pytest.mark.parametrize(
    ("number", "code", "date"),
    [
        (0, "", False),
        (4, "", False),
        (14, "", True),
        (22, "", True),
        (164, "#,##0.00_);[Red](#,##0.00)", False),
        (165, '#,##0.00 "USD"', False),
        (166, "yyyy-mm-dd", True),
        (167, "[$-409]h:mm", True),
        (168, "0.00E+00", False),
        (169, r"0\d", False),
    ],
)
def test_a_format_that_shows_a_date_is_known(number: int, code: str, date: bool) -> None:
    assert shows_date(number, code) is date


def test_runs_of_one_text_are_joined_and_its_pronunciation_is_not_read() -> None:
    rich = b"</t></si><si><r><t>4,9</t></r><r><t>98.766</t></r><rPh><t>no</t></rPh></si><si><t>"
    data = repacked(lambda parts: _with_rich(parts, rich))
    assert read(data).at("C8").text == "4,998.766"


def _with_rich(parts: dict[str, bytes], rich: bytes) -> None:
    count = parts[STRINGS].count(b"<si>")
    parts[STRINGS] = parts[STRINGS].replace(b"</sst>", b"<si><t>x" + rich + b"</t></si></sst>")
    before, _, after = parts[SHEET].partition(b'<c r="C8">')
    parts[SHEET] = before + b'<c r="C8" t="s"><v>%d</v></c>' % (count + 1) + after.partition(b"</c>")[2]


def test_cells_without_a_name_stand_one_after_the_other() -> None:
    sheet = b"<worksheet><sheetData><row><c/><c><v>7</v></c></row><row r='7'><c r='A7'><v>1</v></c></row></sheetData>"
    assert read(with_part(SHEET, sheet + b"</worksheet>")).at("B1").text == "7"


def test_merges_and_hidden_rows_that_concern_nothing_are_no_matter() -> None:
    beyond = b'<mergeCells><mergeCell ref="A2:B2"/><mergeCell ref="G7:H9"/><mergeCell ref="A20:E30"/></mergeCells>'
    hidden = b'<row r="2" hidden="1">'

    def change(parts: dict[str, bytes]) -> None:
        parts[SHEET] = (
            parts[SHEET].replace(b"</sheetData>", b"</sheetData>" + beyond).replace(b'<row r="2"', hidden[:-1])
        )

    assert propose(repacked(change)).findings == ()


@pytest.mark.parametrize(
    "make",
    [
        lambda: bomb(1000),
        lying_bomb,
        lambda: shared(b"x" * 7_000_000),
        lambda: with_part(SHEET, cells(1_000_000)),
        lambda: with_part(SHEET, b"<worksheet>" + b"<mergeCell ref='A1:XFD1048576'/>" * 100_000 + b"</worksheet>"),
        lambda: with_part("xl/styles.xml", b"<x>" + b"<y a='1' b='2'/>" * 110_000 + b"</x>"),
        lambda: (text() + "1,2,3,4,5\n" * 190_000).encode(),
        lambda: b"a," + b'"' * 1_900_000,
        lambda: with_balance(b'<c r="C7"><v>' + b"9" * 3_000_000 + b"</v></c>"),
    ],
)
@pytest.mark.timeout(30)  # each takes a second or less where nobody else is at work
def test_a_file_that_means_harm_costs_little_time_and_memory(make: Callable[[], bytes]) -> None:
    data = make()
    tracemalloc.start()
    try:
        assert propose(data).plan is None
        assert tracemalloc.get_traced_memory()[1] < 64_000_000
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=400))
def test_any_bytes_are_a_sheet_or_unreadable_and_never_another_exception(data: bytes) -> None:
    with suppress(Unreadable):
        read(data)


@settings(max_examples=150)
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=4))
def test_a_workbook_with_bytes_changed_is_a_sheet_or_unreadable(at: int, put: bytes) -> None:
    with suppress(Unreadable):
        read(GOOD[:at] + put + GOOD[at + len(put) :])


@settings(max_examples=150)
@given(st.text("<>/crvtsf=\"' A7C8si0123456789.&;-", max_size=120))
def test_a_sheet_of_any_xml_is_a_sheet_or_unreadable(body: str) -> None:
    with suppress(Unreadable):
        read(with_part(SHEET, f"<worksheet><sheetData>{body}</sheetData></worksheet>".encode()))
