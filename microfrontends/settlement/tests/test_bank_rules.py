"""The twelve documented validations and ours: each found where it is, and as grave as the site takes it."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from bff.money import scale
from microfrontends.settlement.domain.bank_file import BankFile, BankRow
from microfrontends.settlement.domain.bank_findings import FATAL, Finding, Kind, Policy, Severity, blocking
from microfrontends.settlement.domain.bank_rules import Validation
from microfrontends.settlement.domain.settlements import SettlementState
from microfrontends.settlement.tests.settled_books import (
    EVERYTHING,
    NETS,
    POLICY,
    account,
    answer,
    balance,
    ledger,
    moved_on,
    propose,
    settlement,
)

Change = Callable[[BankRow], BankRow]
LENIENT = Policy(scale, frozenset())


def rows() -> list[BankRow]:
    """A row for each account, from row 7 on."""
    return [
        BankRow(row, number, key, name, balance(key), net, currency)
        for row, (key, (number, name, currency, net)) in enumerate(NETS.items(), 7)
    ]


def findings(held: list[BankRow], policy: Policy = POLICY, number: int = 7) -> list[Finding]:
    return list(Validation(BankFile(number, tuple(held)), settlement(), ledger(), policy).findings())


def with_row(index: int, **changes: object) -> list[BankRow]:
    held = rows()
    held[index] = replace(held[index], **changes)  # type: ignore[arg-type]  # each test names fields of a row
    return held


def kinds(found: list[Finding]) -> list[Kind]:
    return [each.kind for each in found]


def test_the_right_answer_has_no_findings_and_a_plan() -> None:
    assert findings(rows()) == []
    proposal = propose(answer())
    assert proposal.findings == ()
    assert proposal.plan is not None
    assert proposal.confirmable(())


def test_1_the_report_of_another_settlement_names_both() -> None:
    (found,) = findings(rows(), number=8)
    assert (found.kind, found.cell, dict(found.facts)) == (1, "B1", {"report": 8, "selected": 7})
    assert found.severity is Severity.ERROR


def test_2_a_sum_that_is_not_zero_is_found_per_currency() -> None:
    held = with_row(4, transfer=Decimal("120.26"))
    (found,) = [each for each in findings(held) if each.kind is Kind.SUM_NOT_ZERO]
    assert (found.facts["currency"], found.facts["sum"]) == ("USD", Decimal("0.01"))
    assert found.severity is Severity.ERROR


def test_3_a_transfer_that_is_not_the_net_amount_is_found_even_where_all_add_up() -> None:
    held = with_row(4, transfer=Decimal("120.26"))
    held[5] = replace(held[5], transfer=Decimal("-120.26"))
    assert [(each.kind, each.cell) for each in findings(held)] == [(3, "D11"), (3, "D12")]


def test_4_a_balance_that_is_not_expected_names_the_difference() -> None:
    (found,) = findings(with_row(4, balance=Decimal("4900.00")))
    assert (found.kind, found.cell, found.account, found.severity) == (4, "C11", 3, Severity.WARNING)
    assert found.facts["before"] == Decimal(5000)
    assert found.facts["expected"] == Decimal("4879.75")
    assert found.facts["difference"] == Decimal("20.25")


@pytest.mark.parametrize(("held", "arrears", "wanted"), [("-5", "5", [5]), ("0", "0", [4, 5])])
def test_5_a_balance_of_nothing_or_less_is_found(held: str, arrears: str, wanted: list[int]) -> None:
    found = findings(with_row(4, balance=Decimal(held)))
    assert kinds(found) == [Kind(each) for each in wanted]
    assert found[-1].facts["arrears"] == Decimal(arrears)
    assert found[-1].severity is Severity.WARNING


def test_6_an_account_without_a_row_is_named() -> None:
    found = [each for each in findings(rows()[:-1]) if each.kind is Kind.ACCOUNT_MISSING]
    assert [(each.account, each.cell, each.facts["participant"]) for each in found] == [(5, None, "payeefsp")]
    assert found[0].severity is Severity.ERROR


def test_7_an_account_that_is_not_in_the_settlement_is_found() -> None:
    stranger = BankRow(13, 4, 15, "testfsp1", Decimal(1), Decimal(0), "USD")
    assert [(each.kind, each.cell) for each in findings([*rows(), stranger])] == [(7, "A13")]


@pytest.mark.parametrize("change", [{"participant": "payeefsp"}, {"participant_id": 3}])
def test_8_identifiers_that_do_not_belong_together_are_found(change: dict[str, object]) -> None:
    (found,) = findings(with_row(4, **change))
    assert (found.kind, found.cell, found.facts["owner"]) == (8, "A11", "2 payerfsp")


def test_9_a_liquidity_account_in_place_of_a_position_is_found() -> None:
    found = findings(with_row(4, account_id=4))
    assert (Kind.NOT_A_POSITION, "A11", "SETTLEMENT") in [(f.kind, f.cell, f.facts.get("type")) for f in found]


def test_10_and_11_decimals_are_held_against_each_currency_s_own_scale() -> None:
    assert kinds(findings(with_row(0, balance=Decimal("4998.766")))) == []
    for index, amount in ((0, "4998.7664"), (2, "4000.5"), (4, "4879.755")):
        assert Kind.BALANCE_DIGITS in kinds(findings(with_row(index, balance=Decimal(amount))))
        assert Kind.TRANSFER_DIGITS in kinds(findings(with_row(index, transfer=Decimal(amount))))


def test_decimals_that_say_nothing_are_no_decimals() -> None:
    assert findings(with_row(2, balance=Decimal("4000.00"))) == []


def test_12_an_unknown_account_is_found_and_breaks_no_other_rule() -> None:
    found = findings(with_row(4, account_id=999))
    assert (found[-1].kind, found[-1].cell, found[-1].account) == (12, "A11", 999)
    assert Kind.ACCOUNT_MISSING in kinds(found)


def test_an_account_that_stands_twice_names_its_first_row() -> None:
    again = replace(rows()[4], row=13)
    (found,) = [each for each in findings([*rows(), again]) if each.kind is Kind.ACCOUNT_TWICE]
    assert (found.cell, found.facts["first"]) == ("A13", 11)


def test_another_currency_than_the_account_s_is_found_and_an_older_layout_has_none() -> None:
    assert kinds(findings(with_row(4, currency="XOF"))) == [Kind.OTHER_CURRENCY]
    assert findings(with_row(4, currency=None)) == []


@pytest.mark.parametrize("state", [SettlementState.ABORTED, SettlementState.SETTLED])
def test_a_settlement_that_is_over_is_not_finalised_again(state: SettlementState) -> None:
    file = BankFile(7, tuple(rows()))
    found = Validation(file, moved_on(settlement(), state), ledger(), POLICY).findings()
    assert (found[0].kind, found[0].facts["state"]) == (Kind.SETTLEMENT_OVER, state.value)


def test_what_is_committed_already_is_expected_where_the_hub_has_it() -> None:
    held = settlement(*(account(key, SettlementState.PS_TRANSFERS_COMMITTED) for key in NETS))
    same = [replace(row, balance=Decimal(5000)) for row in rows()]
    assert Validation(BankFile(7, tuple(same)), held, ledger(), POLICY).findings() == ()


def test_without_a_liquidity_account_nothing_is_said_of_the_balance() -> None:
    file = BankFile(7, tuple(with_row(4, balance=Decimal(1))))
    assert Validation(file, settlement(), ledger(without=4), POLICY).findings() == ()


def test_a_site_may_judge_five_kinds_and_no_other() -> None:
    assert {kind for kind in Kind if POLICY.severity(kind) is Severity.WARNING} == {4, 5}
    assert {kind for kind in Kind if LENIENT.severity(kind) is Severity.WARNING} == {2, 3, 4, 5, 6}
    strict = Policy(scale, FATAL | {Kind.BALANCE_NOT_EXPECTED, Kind.BALANCE_NOT_POSITIVE})
    assert {strict.severity(kind) for kind in Kind} == {Severity.ERROR}


def test_an_error_leaves_no_plan_and_no_acknowledgement_passes_it() -> None:
    proposal = propose(answer(lambda book: book.worksheets[0].__setitem__("B1", "8")))
    assert proposal.plan is None
    assert not proposal.confirmable([each.key for each in proposal.findings])


def test_warnings_are_passed_one_by_one_by_what_they_say() -> None:
    proposal = propose(answer(lambda book: book.worksheets[0].__setitem__("C12", "4900.00")))
    (warning,) = proposal.warnings
    assert proposal.plan is not None
    assert [each.funds for each in proposal.plan.differences] == [Decimal("20.25")]
    assert not proposal.confirmable([])
    assert proposal.confirmable([warning.key])
    other = propose(answer(lambda book: book.worksheets[0].__setitem__("C12", "4900.01")))
    assert not other.confirmable([warning.key])
    assert blocking(proposal.findings, [warning.key]) == ()


def test_the_key_of_a_finding_does_not_hang_on_how_an_amount_is_written() -> None:
    one, other = (
        Finding(Kind.BALANCE_NOT_EXPECTED, row=7, cell="C7", account=3, facts={"difference": Decimal(text)})
        for text in ("20.25", "20.2500")
    )
    assert one.key == other.key


def test_a_lenient_site_lets_a_missing_account_be_finalised_by_its_net_amount() -> None:
    proposal = propose(answer(lambda book: book.worksheets[0].delete_rows(12)), LENIENT, EVERYTHING)
    assert {each.kind for each in proposal.warnings} == {Kind.SUM_NOT_ZERO, Kind.ACCOUNT_MISSING}
    assert proposal.plan is not None
    assert len(proposal.plan.adjustments) == 6
