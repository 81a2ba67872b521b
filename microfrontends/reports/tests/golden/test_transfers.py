"""Transfers over time and one by one, beside what the shipped SQL answers."""

from decimal import Decimal

import pytest

from bff import Missing
from microfrontends.reports.tests.golden.conftest import EVER
from microfrontends.reports.tests.golden.ledger import SHIPPED, Ledger, people_of

ONE = "01M8121434106NVM010R3Z565S"  # 120.25 USD from alphabank to betawallet


def test_unfinalised_transfers_agree_and_are_told_once(golden: Ledger) -> None:
    rows = golden.ask("unfinalized-transfers", **EVER)["transfers"]
    # Theirs has a row for each of the two sides.
    sides = {(row["payer"], 1) for row in rows} | {(row["payee"], 2) for row in rows}
    assert sides == {(name, role) for name, role, *_ in SHIPPED["unfinalised"]}
    row = rows[0]
    told = [row["transferId"], row["state"], row["amount"], row["currency"], f"{row['created']:%Y-%m-%dT%H:%M:%S}"]
    key, state, amount, unit, created = SHIPPED["unfinalised"][0][2:]
    assert told == [key, state, Decimal(amount), unit, created]
    assert len(rows) == 1
    assert golden.ask("unfinalized-transfers", startDate="2026-11-23", endDate="2026-11-24")["transfers"] == []


def test_a_settlements_unfinalised_transfers_are_those_of_its_windows_and_currency(golden: Ledger) -> None:
    rows = golden.ask("unfinalized-settlement-transfers", settlementId=1)["transfers"]
    # Theirs finds only what has a window, and a transfer gets its window when it is fulfilled: what is still reserved,
    # which is what one looks for, never shows.
    assert SHIPPED["unfinalised in settlement 1"] == []
    assert [(row["windowId"], row["state"], row["amount"]) for row in rows] == [(2, "RESERVED", Decimal("5.50"))]
    assert golden.ask("unfinalized-settlement-transfers", settlementId=2)["transfers"] == []  # it settles XOF


def test_conversions_under_way_are_unfinalised_too(regional: Ledger) -> None:
    rows = regional.ask("unfinalized-transfers", startDate="2026-11-23", endDate="2026-11-24")["conversions"]
    assert [(row["commitRequestId"], row["converter"]) for row in rows] == [("r-under-way", "fxmaker")]
    rows = regional.ask("unfinalized-settlement-transfers", settlementId=3)["conversions"]
    assert [row["commitRequestId"] for row in rows] == ["r-under-way"]


def test_every_transfer_of_a_period_is_told_whatever_became_of_it(golden: Ledger) -> None:
    rows = golden.ask("transaction", **EVER)["transfers"]
    # Theirs demands a quote and drops all of them.
    assert SHIPPED["transactions"] == []
    states = [row["state"] for row in rows]
    assert {state: states.count(state) for state in set(states)} == {
        "COMMITTED": 12,
        "ABORTED_ERROR": 1,
        "ABORTED_REJECTED": 1,
        "RESERVED": 1,
        "INVALID": 1,
    }
    assert {row["errorCode"] for row in rows if row["errorCode"]} == {5104, 4001, 3100}
    mine = golden.ask("transaction", people_of("deltamfi"), **EVER)["transfers"]
    assert mine == [row for row in rows if "deltamfi" in (row["payer"], row["payee"])]


def test_a_converted_transfer_tells_both_amounts_and_who_converted(regional: Ledger) -> None:
    rows = regional.ask("transaction", people_of("fxmaker"), **EVER)["transfers"]
    assert [(row["sent"], row["sentCurrency"], row["received"], row["receivedCurrency"]) for row in rows] == [
        (10, "USD", 6000, "XOF")
    ]
    assert rows[0]["converter"] == "fxmaker"
    external = regional.ask("transaction", people_of("gammapay"), startDate="2026-11-23", endDate="2026-11-24")
    assert [row["payeeExternal"] for row in external["transfers"]] == ["faraway"]


def test_one_transfer_tells_states_positions_and_settlement(golden: Ledger) -> None:
    answer = golden.ask("transaction-detail", transferId=ONE)
    assert [row["state"] for row in answer["states"]] == [
        "RECEIVED_PREPARE",
        "RESERVED",
        "RECEIVED_FULFIL",
        "COMMITTED",
    ]
    positions = [(row["participant"], row["state"], row["after"], row["before"]) for row in answer["positions"]]
    # Before its first change an account's position is zero; theirs says nothing.
    shipped = SHIPPED[f"position changes of {ONE}"]
    assert positions == [(name, state, Decimal(value), Decimal(before or 0)) for name, state, value, before in shipped]
    # Theirs names every settlement that the window feeds; the transfer is in that of its own currency.
    assert SHIPPED[f"settlements of {ONE}"] == [1, 2]
    assert [(row["settlementId"], row["state"]) for row in answer["settlements"]] == [(1, "SETTLED")]
    assert answer["terms"] == SHIPPED[f"terms of {ONE}"] == []
    assert answer["transfer"][0]["amount"] == Decimal("120.25")  # theirs has no head without a quote


def test_one_transfer_tells_its_terms_parties_and_conversion(regional: Ledger) -> None:
    plain = regional.ask("transaction-detail", transferId="r-plain")
    assert [(row["receives"], row["fee"], row["amountType"]) for row in plain["terms"]] == [
        (Decimal("49.70"), Decimal("0.30"), "SEND")
    ]
    assert [(row["role"], row["name"]) for row in plain["parties"]] == [("PAYER", "Ama Adjei"), ("PAYEE", "Bodo Bah")]
    converted = regional.ask("transaction-detail", transferId="r-converted")["conversions"]
    assert [(row["converter"], row["sourceAmount"], row["targetAmount"]) for row in converted] == [
        ("fxmaker", 10, 6000)
    ]


def test_a_transfer_of_others_does_not_exist_and_positions_are_ones_own(golden: Ledger) -> None:
    with pytest.raises(Missing):
        golden.ask("transaction-detail", people_of("gammapay"), transferId=ONE)
    mine = golden.ask("transaction-detail", people_of("betawallet"), transferId=ONE)
    assert [row["participant"] for row in mine["positions"]] == ["betawallet"]
