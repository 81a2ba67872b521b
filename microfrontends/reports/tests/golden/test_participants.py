"""What one participant gets to see of a settlement, beside what the shipped SQL answers."""

from decimal import Decimal

import pytest

from bff import Missing
from microfrontends.reports.tests.golden.conftest import EVER
from microfrontends.reports.tests.golden.ledger import SHIPPED, Ledger, people_of

ALPHA = people_of("alphabank")


def test_a_dfsps_settlement_agrees_and_its_net_amount_is_the_hubs(golden: Ledger) -> None:
    answer = golden.ask("dfsp-settlement", ALPHA, settlementId=1, fspId="alphabank")
    sent = {row["counterparty"]: row["sent"] for row in answer["counterparties"] if row["sent"]}
    received = {row["counterparty"]: row["received"] for row in answer["counterparties"] if row["received"]}
    shipped = SHIPPED["alphabank in settlement 1"]
    assert sent == {b: Decimal(amount) for a, b, amount in shipped if a == "alphabank"}
    assert received == {a: Decimal(amount) for a, b, amount in shipped if b == "alphabank"}
    net = sum((row["net"] for row in answer["counterparties"]), Decimal())
    assert (
        [(row["currency"], row["net"]) for row in answer["position"]] == [("USD", net)] == [("USD", Decimal("710.26"))]
    )


@pytest.mark.parametrize(
    ("report", "shipped"),
    [
        ("dfsp-settlement-detail", "dfspSettlementDetail of alphabank in settlement 1"),
        ("single-scheme-dfsp-settlement-detail", "singleSchemeDfspSettlementDetail of alphabank in settlement 1"),
    ],
)
def test_the_lines_behind_it_agree(golden: Ledger, report: str, shipped: str) -> None:
    rows = golden.ask(report, ALPHA, settlementId=1, fspId="alphabank")["transfers"]
    told = {(row["id"], row["sender"], row["receiver"], row["sent"] or row["received"]) for row in rows}
    assert told == {(key, a, b, Decimal(amount)) for key, a, b, amount in SHIPPED[shipped]}
    # They date a line by its last change or by its first; ours is the moment from which it counts.
    assert [f"{row['completed']:%H:%M:%S}" for row in rows] == ["07:20:19", "07:20:23", "07:20:39"]


def test_the_lines_name_the_people_behind_a_quoted_transfer(regional: Ledger) -> None:
    rows = regional.ask("single-scheme-dfsp-settlement-detail", settlementId=3, fspId="alphabank")["transfers"]
    assert {row["id"] for row in rows} == {"r-plain", "r-conversion", "r-from-faraway"}  # quoted or not
    plain = next(row for row in rows if row["id"] == "r-plain")
    assert (plain["senderName"], plain["receiverId"], plain["scenario"]) == ("Ama Adjei", "22890002", "TRANSFER")


def test_a_proxys_settlement_says_whom_it_stands_for(regional: Ledger) -> None:
    rows = regional.ask("dfsp-settlement", settlementId=3, fspId="northproxy")["counterparties"]
    assert [(row["ownExternal"], row["counterparty"], row["net"]) for row in rows] == [
        ("faraway", "alphabank", Decimal("2.50")),
        ("faraway", "gammapay", Decimal("-7.00")),
    ]
    rows = regional.ask("dfsp-settlement", settlementId=3, fspId="gammapay")["counterparties"]
    assert [(row["counterparty"], row["counterpartyExternal"]) for row in rows] == [("northproxy", "faraway")]


def test_external_participants_are_confined_to_whom_they_dealt_with(golden: Ledger, regional: Ledger) -> None:
    given = {"settlementId": 3, "externalParticipantFspId": "faraway"}
    seen = {}
    for who in ("northproxy", "alphabank", "gammapay", "betawallet"):
        rows = regional.ask("dfsp-settlement-external-participant", people_of(who), **given)["counterparties"]
        lines = regional.ask("dfsp-settlement-detail-external-participant", people_of(who), **given)["transfers"]
        pairs = regional.ask("bilateral-settlement-external-participants", people_of(who), settlementId=3)["pairs"]
        assert all(who in (row["debtor"], row["creditor"]) for row in pairs)
        seen[who] = ([row["net"] for row in rows], [row["id"] for row in lines])
    # The SQL that they ship filters by nobody: whoever may run it sees every external participant's business.
    assert seen == {
        "northproxy": ([Decimal("2.50"), Decimal("-7.00")], ["r-from-faraway", "r-to-faraway"]),
        "alphabank": ([Decimal("2.50")], ["r-from-faraway"]),
        "gammapay": ([Decimal("-7.00")], ["r-to-faraway"]),
        "betawallet": ([], []),
    }
    nobody = golden.ask("dfsp-settlement-external-participant", settlementId=1, externalParticipantFspId="none")
    assert nobody["counterparties"] == SHIPPED["of an external participant that nobody knows"]


def test_the_external_side_is_told_in_net_pairs(regional: Ledger) -> None:
    rows = regional.ask("bilateral-settlement-external-participants", settlementId=3)["pairs"]
    told = {
        (row["debtor"], row["debtorExternal"], row["creditor"], row["creditorExternal"]): row["net"] for row in rows
    }
    assert told["northproxy", "faraway", "alphabank", None] == Decimal("2.50")
    assert told["gammapay", None, "northproxy", "faraway"] == Decimal("7.00")


def test_a_reconciliation_by_transaction_has_every_transfer_of_the_window(golden: Ledger, regional: Ledger) -> None:
    rows = golden.ask("transaction-reconciliation", ALPHA, settlementWindowId=1, dfspId="alphabank")["transfers"]
    # Theirs has none: it demands a quote and an account of each transfer, and the hub keeps neither for these payees.
    assert SHIPPED["transaction reconciliation of alphabank in window 1"] == []
    net = golden.ask("settlement-window", settlementWindowId=1, participant="alphabank")["participants"]
    for row in net:
        mine = [line for line in rows if line["currency"] == row["currency"]]
        assert sum(line["sent"] or 0 for line in mine) == row["sent"]
        assert sum(line["received"] or 0 for line in mine) == row["received"]
    assert {(row["currency"], row["settlementId"]) for row in rows} == {("USD", 1), ("XOF", 2)}
    every = golden.ask("transaction-reconciliation", ALPHA, dfspId="alphabank")["transfers"]  # theirs fails without it
    assert {row["windowId"] for row in every} == {1, 2}
    quoted = regional.ask("transaction-reconciliation", settlementWindowId=4, dfspId="alphabank")
    fees = {row["transferId"]: (row["payerId"], row["fee"], row["sent"]) for row in quoted["transfers"]}
    assert str(fees["r-plain"][1]).startswith("0.3")
    assert fees["r-converted"] == (None, None, None)  # what left alphabank was 10 USD
    assert [(row["sourceAmount"], row["targetAmount"]) for row in quoted["conversions"]] == [(10, 6000)]


def test_a_reconciliation_by_counterparty_finds_a_participant_by_name(golden: Ledger) -> None:
    rows = golden.ask("reconciliation-amount", ALPHA, settlementWindowId=1, participant="alphabank")["counterparties"]
    # Theirs compares the name, which is what people may see, with the hub's number: nobody finds anything.
    assert SHIPPED["reconciliation amounts of alphabank in window 1"] == []
    told = [(row["counterparty"], row["currency"], row["net"]) for row in rows]
    assert told == [
        ("betawallet", "USD", Decimal("120.25")),
        ("gammapay", "USD", Decimal("-410.00")),
        ("betawallet", "XOF", Decimal("-125000")),
        ("deltamfi", "XOF", Decimal("15")),
    ]


def test_the_result_of_a_settlement_tells_position_liquidity_and_movements(golden: Ledger) -> None:
    answer = golden.ask("dfsp-settlement-result", ALPHA, settlementId=1, fspId="alphabank")
    row = answer["result"][0]
    assert (row["positionBefore"], row["positionAfter"], row["net"]) == (Decimal("710.26"), 0, Decimal("710.26"))
    moved = sum((line["fundsIn"] or 0) - (line["fundsOut"] or 0) for line in answer["movements"])
    assert row["liquidityBefore"] + moved == row["liquidityAfter"] == Decimal("19289.74")
    assert row["cap"] == 6000  # as it stood then: it is 7500 now


def test_a_participant_of_whom_the_reader_is_not_does_not_exist(golden: Ledger) -> None:
    with pytest.raises(Missing):
        golden.ask("dfsp-settlement", ALPHA, settlementId=1, fspId="gammapay")
    with pytest.raises(Missing):
        golden.ask("dfsp-settlement-statement", ALPHA, dfspId="gammapay", **EVER)
