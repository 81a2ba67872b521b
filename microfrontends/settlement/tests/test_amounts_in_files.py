"""Which forms an amount in the bank's file may have: those that are documented, and nothing near them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfrontends.settlement.domain.bank_file import Cell, Sheet, amount_in, amount_text, parsed
from microfrontends.settlement.domain.bank_findings import Kind

AMOUNTS = st.decimals("-99999999999999.9999", "99999999999999.9999", places=4)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1234.5", "1234.5"),
        ("1,234.56", "1234.56"),
        ("-1,234.56", "-1234.56"),
        ("(1,234.56)", "-1234.56"),
        ("-1234.56", "-1234.56"),
        ("(0.5)", "-0.5"),
        ("0", "0"),
        ("0.00", "0"),
        ("1,234,567", "1234567"),
        ("99,999,999,999,999.9999", "99999999999999.9999"),
    ],
)
def test_the_documented_forms_are_read(text: str, amount: str) -> None:
    assert amount_in(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "1234.5 ", " 1234.5", "1 234.5", "1\u00a0234.5", "1234,5", "1.234,56", "12,34.00", "1,2345", ",234"),
        *("1234.", ".5", "05", "00", "0,123", "+5", "--5", "-(5)", "(-5)", "(5", "5)", "()", "-", "- 5", "5-"),
        *("1e3", "1E3", "NaN", "nan", "Infinity", "inf", "0x10", "1_000", "$5", "5 USD", "5%", "=5", "'5", "TRUE"),
        *("\u0661\u0662\u0663", "\uff11\uff12", "\u22125", "1\n", "5\u200b", "-0", "-0.00", "(0)", "(0.00)"),
        *("100,000,000,000,000", "100000000000000", "1" * 400, "0." + "1" * 400),
    ],
)
def test_no_other_form_is_taken_for_an_amount(text: str) -> None:
    assert amount_in(text) is None


@given(AMOUNTS, st.integers(0, 4))
def test_what_is_written_is_read_again_to_the_last_digit(amount: Decimal, digits: int) -> None:
    written = amount_text(amount, digits)
    assert amount_in(written) == amount
    assert len(written.partition(".")[2]) >= digits
    if amount < 0:
        assert amount_in(f"({written[1:]})") == amount


def test_an_amount_is_grouped_and_has_its_currency_s_decimals_or_more() -> None:
    assert amount_text(Decimal("-1234.5"), 2) == "-1,234.50"
    assert amount_text(Decimal("122.2468"), 2) == "122.2468"
    assert amount_text(Decimal("-0.0"), 0) == "0"


@given(st.dictionaries(st.from_regex(r"[A-E][1-9]", fullmatch=True), st.text(max_size=40).map(Cell), max_size=12))
def test_whatever_stands_in_the_cells_is_a_file_or_findings_and_never_an_exception(cells: dict[str, Cell]) -> None:
    file, findings = parsed(Sheet(cells))
    assert (file is None) == bool(findings)
    assert all(each.cell for each in findings)


def test_rows_end_at_the_first_empty_cell_of_column_a_and_remarks_below_are_not_read() -> None:
    rows = {"B1": "7", "A7": "2 3 payerfsp", "C7": "1", "D7": "0", "A9": "Total", "C9": "1"}
    file, findings = parsed(Sheet({name: Cell(text) for name, text in rows.items()}))
    assert findings == ()
    assert file is not None
    assert [(row.row, row.account_id, row.currency) for row in file.rows] == [(7, 3, None)]


def test_an_account_below_the_gap_is_not_overlooked() -> None:
    rows = {"B1": "7", "A7": "2 3 payerfsp", "C7": "1", "D7": "0", "A9": "3 5 payeefsp"}
    _, findings = parsed(Sheet({name: Cell(text) for name, text in rows.items()}))
    assert [(each.kind, each.cell, each.facts["gap"]) for each in findings] == [(Kind.ROW_AFTER_GAP, "A9", "A8")]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    rows = {"B1": "x", "A7": "Total", "C7": "1e3", "D7": "NaN"}
    _, findings = parsed(Sheet({name: Cell(text) for name, text in rows.items()}))
    assert [each.cell for each in findings] == ["B1", "A7", "C7", "D7"]


def test_a_long_text_is_cut_in_what_is_said_about_it() -> None:
    _, findings = parsed(Sheet({"B1": Cell("x" * 900)}))
    assert len(str(findings[0].facts["held"])) < 70
