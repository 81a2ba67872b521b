"""The CSV file: exact figures, CRLF, and nothing that a spreadsheet would execute."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256

import pytest

from microfrontends.reports.document import Document, Part
from microfrontends.reports.domain.definition import Column, ColumnType, Query, Report, Scope
from microfrontends.reports.domain.results import Row
from microfrontends.reports.formats import csv as ours
from microfrontends.reports.formats.names import attachment

LABEL = {"en": "x"}
NAME, UNIT = Column("name", LABEL, ColumnType.TEXT), Column("unit", LABEL, ColumnType.TEXT)
SUM, AT = Column("sum", LABEL, ColumnType.MONEY, currency="unit"), Column("at", LABEL, ColumnType.DATE_TIME)
COLUMNS = (NAME, UNIT, SUM, AT)


def row(name: str = "a", unit: str = "USD", figure: str = "1") -> Row:
    return {"name": name, "unit": unit, "sum": Decimal(figure), "at": datetime(2026, 11, 22, 9, 30, tzinfo=UTC)}


def of(rows: Iterable[Row]) -> Document:
    query = Query("rows", LABEL, "", COLUMNS, Scope.HUB)
    report = Report("people", LABEL, LABEL, LABEL, "x:y:z", Scope.HUB, (), (query,))
    part = Part(query, ([list(row.values())] for row in rows), ["name", "unit", "sum", "at"])
    return Document(report, {"w": "7"}, datetime(2026, 11, 22, 10, 32, tzinfo=UTC), (), [part], lambda text: text["en"])


def head(column: Column) -> str:
    return column.key.title()


def whole(*rows: Row) -> str:
    return b"".join(ours.stream(of(rows), head)).decode()


def written(*rows: Row) -> str:
    """The table, without the lines that end the file."""
    return whole(*rows).partition("# parameter")[0]


def test_lines_end_with_crlf_and_cells_are_plain() -> None:
    assert written(row()) == "Name,Unit,Sum,At\r\na,USD,1.00,2026-11-22T09:30:00Z\r\n"


def test_the_end_says_what_the_file_holds_and_proves_it() -> None:
    said = whole(row(), row())
    body, _, proof = said.rpartition("# sha-256,")
    assert body.endswith("# parameter w,7\r\n# rows,2\r\n# as of,2026-11-22T10:32:00Z\r\n")
    assert proof.strip() == sha256(body.encode()).hexdigest()


DANGEROUS = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", '=HYPERLINK("http://x","y")', "\uff1d1+1"]


@pytest.mark.parametrize("name", DANGEROUS)
def test_a_text_that_a_spreadsheet_would_execute_is_guarded(name: str) -> None:
    read = list(csv.reader(io.StringIO(written(row(name)), newline="")))
    assert read[1][0] == f"'{name}"


def test_a_negative_amount_stays_a_number() -> None:
    assert ",-12.50," in written(row(figure="-12.5000"))


@pytest.mark.parametrize(
    ("unit", "figure", "said"),
    [
        ("USD", "1234.5000", "1234.50"),
        ("XOF", "40250.0000", "40250"),
        ("BHD", "1.5000", "1.500"),
        ("USD", "0.0001", "0.0001"),
        ("USD", "12345678901234.5678", "12345678901234.5678"),
        ("XOF", "1000000.0000", "1000000"),
    ],
)
def test_money_is_written_at_its_currencys_scale_and_no_digit_is_hidden(unit: str, figure: str, said: str) -> None:
    assert f",{said}," in written(row(unit=unit, figure=figure))


def test_quotes_commas_and_other_scripts_survive() -> None:
    name = 'Ñandú, "Caja" စမ်း'
    assert list(csv.reader(io.StringIO(written(row(name)), newline="")))[1][0] == name


def test_rows_are_sent_while_later_ones_are_still_to_come() -> None:
    asked_for = 0

    def endless() -> Iterator[Row]:
        nonlocal asked_for
        while True:
            asked_for += 1
            yield row("x" * 100)

    first = next(ours.stream(of(endless()), head))
    assert (len(first) < 70_000, asked_for < 1000) == (True, True)


def test_a_files_name_says_what_it_is_of_and_holds_nothing_of_a_path() -> None:
    at = datetime(2026, 11, 22, 10, 32, tzinfo=UTC)
    named = attachment("settlement-window", {"w": 7, "p": '../"x"\r\n', "none": None}, at, "csv")
    assert named == {"Content-Disposition": 'attachment; filename="settlement-window_7_x_20261122T1032Z.csv"'}
