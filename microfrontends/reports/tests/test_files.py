"""What each format keeps of a report: every table, every figure exact, and an end that proves that it is whole."""

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256

import openpyxl
import pytest
from flask import Flask

from microfrontends.reports.document import Document, Part
from microfrontends.reports.domain.definition import Column, ColumnType, Query, Report, Scope, Section
from microfrontends.reports.formats import csv, pdf, xlsx
from microfrontends.reports.formats import json as ours
from microfrontends.reports.formats.xlsx_parts import sheet_names

AT = datetime(2026, 11, 22, 10, 32, tzinfo=UTC)


def text(said: str) -> dict[str, str]:
    return {"en": said}


COLUMNS = (
    Column("name", text("Name"), ColumnType.TEXT),
    Column("unit", text("Currency"), ColumnType.TEXT),
    Column("sum", text("Sum"), ColumnType.MONEY, currency="unit", total=True),
    Column("count", text("Transfers"), ColumnType.INTEGER, total=True),
    Column("at", text("At"), ColumnType.DATE_TIME),
    Column("rate", text("Rate"), ColumnType.DECIMAL),
)
ORDER = [column.key for column in COLUMNS]
ROWS: list[list[object]] = [
    ["=1+1", "USD", "1234.5000", 2, "2026-11-22 10:30:15.000000", "0.123456"],
    ["a & <b>\x00", "XOF", "-40250.0000", 1, "2026-11-22 00:00:00", None],
    [" spaced ", "USD", "12345678901234.5678", None, None, "1"],
]
MORE: list[list[object]] = [["x", "USD", 0.1, 3, "2026-11-22T10:30:15", 0.5], [b"bytes", "USD", None, 0, None, None]]


def document(*tables: list[list[object]]) -> Document:
    queries = [Query(f"q{at}", text(f"Table/{at}"), "", COLUMNS, Scope.HUB) for at, _ in enumerate(tables)]
    facts = Query("facts", text("Facts"), "", COLUMNS[:1], Scope.HUB, Section.FACTS)
    report = Report("people", text("People"), text(""), text(""), "a:b:c", Scope.HUB, (), (facts, *queries))
    parts = [Part(query, iter([table]), ORDER) for query, table in zip(queries, tables, strict=True)]
    return Document(report, {"w": "7"}, AT, [(facts, {"name": "Window 7"})], parts, lambda texts: texts["en"])


def head(column: Column) -> str:
    return column.label["en"]


def bytes_of(pieces: Iterator[bytes]) -> bytes:
    return b"".join(pieces)


def test_csv_has_every_table_fact_and_total() -> None:
    lines = bytes_of(csv.stream(document(ROWS, MORE), head)).decode().split("\r\n")
    assert lines[:2] == ["Name,Currency,Sum,Transfers,At,Rate", "'=1+1,USD,1234.50,2,2026-11-22T10:30:15Z,0.123456"]
    assert lines[4:7] == ["", "# Table/1", "Name,Currency,Sum,Transfers,At,Rate"]
    assert lines[7:9] == ["x,USD,0.10,3,2026-11-22T10:30:15Z,0.5", "bytes,USD,,0,,"]
    assert "# Name,Window 7" in lines
    assert "# total,Table/0,USD,Sum,12345678902469.0678,Transfers,2" in lines
    assert "# total,Table/0,XOF,Sum,-40250,Transfers,1" in lines
    assert "# rows,5" in lines


def test_json_has_the_same_and_its_hash_is_of_all_before_it() -> None:
    said = bytes_of(ours.stream(document(ROWS, MORE), head))
    found = json.loads(said)
    assert found["rows"][2] == {
        "name": " spaced ", "unit": "USD", "sum": "12345678901234.5678", "count": None, "at": None, "rate": "1"
    }  # fmt: skip
    assert (found["totals"]["XOF"], found["tables"][0]["rows"][0]["sum"]) == ({"sum": "-40250", "count": "1"}, "0.10")
    assert (found["count"], found["facts"], found["parameters"]) == (5, {"facts": {"name": "Window 7"}}, {"w": "7"})
    assert found["sha256"] == sha256(said[: said.index(b'"sha256"')]).hexdigest()


def test_json_lines_can_be_read_line_by_line_and_end_with_a_proof() -> None:
    said = bytes_of(ours.stream_lines(document(ROWS, MORE), head))
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line.get("table") for line in lines if "table" in line] == ["q0", "q1"]
    assert sum("name" in line for line in lines) == 5
    body = said[: said.rstrip(b"\n").rindex(b"\n") + 1]
    assert lines[-1] == {"end": "people", "count": 5, "sha256": sha256(body).hexdigest()}


@pytest.fixture
def book() -> bytes:
    return bytes_of(xlsx.stream(document(ROWS, MORE), head))


def test_a_workbook_has_a_sheet_for_each_table_with_typed_cells_and_a_frozen_head(book: bytes) -> None:
    opened = openpyxl.load_workbook(io.BytesIO(book))
    assert opened.sheetnames == ["Table 0", "Table 1", "About"]
    sheet = opened["Table 0"]
    assert sheet.freeze_panes == "A2"
    assert [cell.value for cell in sheet[1]] == ["Name", "Currency", "Sum", "Transfers", "At (UTC)", "Rate"]
    assert [cell.value for cell in sheet[2]][:5] == ["=1+1", "USD", 1234.5, 2, datetime(2026, 11, 22, 10, 30, 15)]  # noqa: DTZ001
    assert [(cell.data_type, cell.number_format) for cell in sheet[2]][:3] == [
        ("s", "General"),
        ("s", "General"),
        ("n", "#,##0.00"),
    ]
    assert (sheet["C3"].value, sheet["C3"].number_format) == (-40250, "#,##0")
    assert sheet["A3"].value == "a & <b>\ufffd"
    assert sheet["A4"].value == " spaced "


def test_a_figure_that_a_spreadsheet_would_round_is_a_text(book: bytes) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(book))["Table 0"]
    assert (sheet["C4"].value, sheet["C4"].data_type) == ("12345678901234.5678", "s")


def test_totals_stand_under_their_columns_for_each_currency(book: bytes) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(book))["Table 1"]
    assert [cell.value for cell in sheet[4]] == [None, "USD", 0.1, 3, None, None]
    assert sheet["C4"].font.bold


def test_the_last_sheet_says_what_the_book_holds_and_proves_its_sheets(book: bytes) -> None:
    about = {row[0].value: row[1].value for row in openpyxl.load_workbook(io.BytesIO(book))["About"]}
    assert (about["rows"], about["parameter w"], about["as of"]) == ("5", "7", "2026-11-22T10:32:00Z")
    raw = zipfile.ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet1.xml")
    assert about["sha-256 of sheet1.xml"] == sha256(raw).hexdigest()


def test_equal_content_makes_equal_books(book: bytes) -> None:
    assert bytes_of(xlsx.stream(document(ROWS, MORE), head)) == book


def test_a_workbook_leaves_while_its_rows_are_still_to_come() -> None:
    asked = 0

    def endless() -> Iterator[list[list[object]]]:
        nonlocal asked
        while True:
            asked += 1
            names = [sha256(f"{asked}/{n}".encode()).hexdigest() for n in range(1000)]
            yield [[name, "USD", "1.0000", 1, None, None] for name in names]

    growing = document([])
    growing.parts[0].found = endless()
    assert len(next(xlsx.stream(growing, head))) < 200_000
    assert asked < 20


def test_sheets_have_names_that_a_workbook_takes_and_none_twice() -> None:
    names = sheet_names(["a/b:c", "x" * 40, "x" * 40, "", "About"])
    assert names == ["a b c", "x" * 31, f"{'x' * 27} 2", "Sheet", "About", "About 2"]


def test_a_paper_has_its_title_pages_and_proof(app: Flask) -> None:
    with app.test_request_context():
        said = bytes_of(pdf.stream(document(ROWS, MORE), head))
    assert said.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", b"".join(inflated(said)))) == 1


def inflated(said: bytes) -> Iterator[bytes]:
    for stream in re.findall(rb"stream\n(.*?)\nendstream", said, re.DOTALL):
        with suppress(zlib.error):
            yield zlib.decompress(stream)
