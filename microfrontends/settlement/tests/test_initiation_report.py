"""The settlement initiation report: what the bank is asked, in its layout, and how its answer comes back."""

from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from bff.money import scale
from microfrontends.settlement.domain.bank_file import amount_in, parsed
from microfrontends.settlement.domain.initiation import InitiationReport, ReportRow, Unbalanced, initiation
from microfrontends.settlement.files.bank_reading import read
from microfrontends.settlement.files.bank_report import workbook_of
from microfrontends.settlement.files.identifiers import WrongIdentifiers, bank_identifiers
from microfrontends.settlement.tests.settled_books import NETS, account, answer, propose, settlement

IDENTIFIERS = {"payerfsp": "0012 3456", "payeefsp USD": "=HYPERLINK(1)"}
AMOUNTS = st.decimals("-99999999999999.9999", "99999999999999.9999", places=4)


def written(identifiers: dict[str, str] | None = None) -> bytes:
    return workbook_of(initiation(settlement(), identifiers or {}, scale), "Africa/Nairobi")


def test_the_layout_is_the_one_that_settlement_banks_know() -> None:
    sheet = load_workbook(BytesIO(written(IDENTIFIERS))).worksheets[0]
    assert sheet.title == "SettlementBankReport"
    assert [[cell.value for cell in row] for row in sheet["A1:B5"]] == [
        ["Settlement ID", "7"],
        ["Settlement Completed Date", None],
        ["Settlement Completed Time", None],
        ["Timezone", "Africa/Nairobi"],
        [None, None],
    ]
    assert [cell.value for cell in sheet[6]] == [
        "Participant (PayerFSP Identifier)",
        "Participant (Bank Identifier)",
        "Balance",
        "Settlement Transfer",
        "Currency",
    ]
    assert [[cell.value for cell in row] for row in sheet["A7:E12"]] == [
        ["3 13 payeefsp", None, None, -1.234, "BHD"],
        ["2 11 payerfsp", "0012 3456", None, 1.234, "BHD"],
        ["3 9 payeefsp", None, None, -1000, "JPY"],
        ["2 7 payerfsp", "0012 3456", None, 1000, "JPY"],
        ["3 5 payeefsp", "=HYPERLINK(1)", None, -120.25, "USD"],
        ["2 3 payerfsp", "0012 3456", None, 120.25, "USD"],
    ]
    assert sheet["B11"].data_type == "s"


def test_each_currency_is_shown_with_its_own_decimals() -> None:
    sheet = load_workbook(BytesIO(written())).worksheets[0]
    formats = {sheet[f"E{row}"].value: sheet[f"D{row}"].number_format for row in range(7, 13)}
    assert formats == {"BHD": "#,##0.000", "JPY": "#,##0", "USD": "#,##0.00"}
    assert sheet["C7"].number_format == "#,##0.000"


def test_more_decimals_than_the_currency_has_are_never_hidden() -> None:
    held = settlement(replace(account(3), net=Decimal("122.2468")), replace(account(5), net=Decimal("-122.2468")))
    assert {row.digits for row in initiation(held, {}, scale).rows} == {4}


def test_what_does_not_add_up_in_a_currency_is_not_sent_to_a_bank() -> None:
    held = settlement(account(3), replace(account(5), net=Decimal(-120)), account(7), account(9))
    with pytest.raises(Unbalanced, match=r"USD 0\.25"):
        initiation(held, {}, scale)


def test_the_report_as_it_is_sent_lacks_the_balances_and_nothing_else() -> None:
    _, findings = parsed(read(written()))
    assert [each.cell for each in findings] == [f"C{row}" for row in range(7, 13)]


def test_the_report_is_accepted_back_once_column_c_is_filled_in() -> None:
    file, findings = parsed(read(answer()))
    assert findings == ()
    assert file is not None
    assert {row.account_id: row.transfer for row in file.rows} == {key: net for key, (*_, net) in NETS.items()}
    assert propose(answer()).confirmable(())


@settings(max_examples=60)
@given(st.lists(AMOUNTS, min_size=1, max_size=8))
def test_every_amount_comes_back_to_the_last_digit(amounts: list[Decimal]) -> None:
    rows = tuple(ReportRow(f"2 {n} payerfsp", "", amount.normalize(), "USD", 4) for n, amount in enumerate(amounts))
    sheet = read(workbook_of(InitiationReport(7, rows), "UTC"))
    assert [amount_in(sheet.at(f"D{7 + n}").text) for n in range(len(amounts))] == amounts


def test_identifiers_are_read_per_participant_and_per_currency(tmp_path: Path) -> None:
    file = tmp_path / "bank.yaml"
    file.write_text('payerfsp: "0012 3456"\npayeefsp: {USD: "77", XOF: "0099"}\n', "utf-8")
    assert bank_identifiers(file) == {"payerfsp": "0012 3456", "payeefsp USD": "77", "payeefsp XOF": "0099"}
    assert bank_identifiers(None) == {}


@pytest.mark.parametrize("told", ["payerfsp: 0012", "- payerfsp", "payerfsp: {USD: 7}", "a: [", "just a text"])
def test_a_file_of_identifiers_that_says_something_else_is_refused_by_name(tmp_path: Path, told: str) -> None:
    file = tmp_path / "bank.yaml"
    file.write_text(told, "utf-8")
    with pytest.raises(WrongIdentifiers, match=r"bank\.yaml"):
        bank_identifiers(file)


def test_a_missing_file_of_identifiers_is_refused_by_name() -> None:
    with pytest.raises(WrongIdentifiers, match="nowhere"):
        bank_identifiers(Path("nowhere.yaml"))
