"""Settlements as the hub's staff see them, beside what the shipped SQL answers."""

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from microfrontends.reports.tests.golden.ledger import SHIPPED, Ledger, Line


def money(text: str) -> Decimal:
    return Decimal(text)


def directed(rows: list[Line]) -> Counter[tuple[Any, Any]]:
    """Net pairs taken apart again: what each sent the other."""
    sums: Counter[tuple[Any, Any]] = Counter()
    for row in rows:
        sums[row["debtor"], row["creditor"]] += row["sent"]
        sums[row["creditor"], row["debtor"]] += row["received"]
    return +sums


def test_the_matrix_agrees_with_the_shipped_sql_and_keeps_its_payees(golden: Ledger) -> None:
    answer = golden.ask("settlement", settlementId=1, currency="USD")
    sent: dict[Any, Any] = defaultdict(Decimal)
    for row in answer["matrix"]:
        sent[row["sender"]] += row["amount"]
    # Theirs joins payees by an account that they do not have: each receiver is NULL, and no one receives anything.
    assert sent == {sender: money(amount) for sender, _, amount in SHIPPED["sent by in settlement 1"]}
    assert {receiver for _, receiver, _ in SHIPPED["sent by in settlement 1"]} == {None}
    pairs = [(row["sender"], row["receiver"], row["amount"]) for row in answer["matrix"]]
    assert sorted(pairs) == sorted((a, b, money(c)) for a, b, c in SHIPPED["bilateral of settlement 1"])


def test_a_settlements_net_positions_are_those_of_its_transfers_and_add_up_to_zero(golden: Ledger) -> None:
    for settlement in (1, 2):
        answer = golden.ask("settlement", settlementId=settlement)
        assert answer["positions"]
        for row in answer["positions"]:
            assert (row["difference"], row["state"]) == (0, "SETTLED")
        assert [row["net"] for row in answer["check"]] == [0]


def test_a_settlement_holds_its_own_currency_alone_though_its_windows_hold_more(golden: Ledger) -> None:
    answer = {number: golden.ask("settlement", settlementId=number) for number in (1, 2)}
    assert {row["currency"] for row in answer[1]["matrix"]} == {"USD"}
    assert {row["currency"] for row in answer[2]["matrix"]} == {"XOF"}
    assert sorted(row["amount"] for row in answer[2]["matrix"]) == [15, 40250, 60000, 99999, 125000]
    assert answer[1]["settlement"][0]["windows"] == answer[2]["settlement"][0]["windows"] == 2


def test_a_settlements_facts_agree(golden: Ledger) -> None:
    facts, shipped = golden.ask("settlement", settlementId=1)["settlement"][0], SHIPPED["settlement 1"]
    told = {key: f"{facts[key]:%Y-%m-%dT%H:%M:%S}" for key in ("created", "changed", "opened", "closed")}
    assert told == {
        "created": shipped[0]["createdDate"],
        "changed": shipped[0]["lastStateUpdate"],
        "opened": min(row["windowOpenDate"] for row in shipped),
        "closed": max(row["windowClosedDate"] for row in shipped),
    }
    assert (facts["state"], facts["model"]) == (shipped[0]["currentState"], "DEFERREDNETUSD")


def test_bilateral_pairs_agree_and_are_net(golden: Ledger) -> None:
    rows = golden.ask("bilateral-settlement", settlementId=1)["pairs"]
    assert directed(rows) == {(a, b): money(c) for a, b, c in SHIPPED["bilateral of settlement 1"]}
    assert {(row["debtor"], row["creditor"]): row["net"] for row in rows} == {
        ("alphabank", "betawallet"): money("120.25"),
        ("alphabank", "gammapay"): money("590.01"),
        ("betawallet", "gammapay"): money("33.10"),
        ("betawallet", "deltamfi"): money("174.25"),
        ("deltamfi", "gammapay"): money("18.99"),
    }


def test_bilateral_pairs_with_external_participants_agree_where_there_are_none(golden: Ledger) -> None:
    rows = golden.ask("bilateral-settlement-external-participants", settlementId=1)["pairs"]
    shipped = SHIPPED["bilateral with externals of settlement 1"]
    assert directed(rows) == {(a, b): money(c) for a, b, c in shipped}
    assert {row["debtorExternal"] for row in rows} == {None}


def test_multilateral_positions_agree(golden: Ledger) -> None:
    rows = golden.ask("multilateral-settlement", settlementId=1)["positions"]
    assert {row["participant"]: row["net"] for row in rows} == {
        name: money(net) for name, net in SHIPPED["multilateral of settlement 1"]
    }


def test_the_bank_is_asked_to_move_net_amounts_of_this_settlement(golden: Ledger) -> None:
    rows = golden.ask("settlement-initiation", settlementId=1)["transfers"]
    # Theirs sums rows by their account, which payees do not have, over all currencies of the windows: what was sent,
    # in USD and XOF, instead of what is owed in the settlement's own currency.
    shipped = {(name, unit): money(amount) for name, unit, amount in SHIPPED["adjustments of settlement 1"]}
    sent = {row["participant"]: row["sent"] for row in golden.ask("settlement", settlementId=1)["positions"]}
    assert {name: amount for (name, unit), amount in shipped.items() if unit == "USD"} == sent
    assert {row["participant"]: row["amount"] for row in rows} == {
        name: money(net) for name, net in SHIPPED["multilateral of settlement 1"]
    }
    assert rows[0]["identifier"] == "2 5 alphabank"
    assert rows[0]["balance"] is None  # the bank's to fill in


def test_positions_by_window_agree(golden: Ledger) -> None:
    rows = golden.ask("settlement-window-positions")["positions"]
    told = {
        (row["windowId"], row["participant"], row["currency"], row["net"], f"{row['opened']:%Y-%m-%dT%H:%M:%S}")
        for row in rows
    }
    assert told == {(w, name, unit, money(net), at) for w, name, unit, net, at, _ in SHIPPED["positions by window"]}
    states = dict(SHIPPED["window states"])
    assert all(row["state"] == states[row["windowId"]] for row in rows)


def test_a_window_alone_says_the_same_as_all_windows(golden: Ledger) -> None:
    every = golden.ask("settlement-window-positions", state="SETTLED")["positions"]
    alone = golden.ask("settlement-window", settlementWindowId=1)["participants"]
    keys = ("participant", "currency", "sent", "received", "net")
    assert [[row[key] for key in keys] for row in alone] == [
        [row[key] for key in keys] for row in every if row["windowId"] == 1
    ]


def test_the_directories_know_every_settlement_window_and_participant(golden: Ledger) -> None:
    rows = golden.ask("settlement-directory")["settlements"]
    assert {row["settlementId"] for row in rows} == {number for number, _, _ in SHIPPED["settlements"]}
    flow = golden.ask("settlement-flow-directory")
    assert {row["windowId"] for row in flow["windows"]} == set(SHIPPED["windows"])
    for number, names in SHIPPED["settlements and who is in them"]:
        assert {row["participant"] for row in flow["participants"] if row["settlementId"] == number} == set(names)
        assert {row["participant"] for row in rows if row["settlementId"] == number} == set(names)


def test_fees_stand_apart_from_the_principal(golden: Ledger, regional: Ledger) -> None:
    assert golden.ask("fee-settlement", settlementId=1)["fees"] == []  # no template of theirs answers this
    rows = regional.ask("fee-settlement", settlementId=3)["fees"]
    assert [(row["participant"], row["net"]) for row in rows] == [
        ("alphabank", money("0.30")),
        ("betawallet", money("-0.30")),
    ]


def test_conversions_and_external_participants_settle_too(regional: Ledger) -> None:
    answer = regional.ask("settlement", settlementId=3)
    assert {row["difference"] for row in answer["positions"]} == {Decimal(0)}
    assert [(row["currency"], row["net"]) for row in answer["check"]] == [("USD", 0), ("XOF", 0)]
    pairs = {(row["sender"], row["receiver"], row["currency"]): row["amount"] for row in answer["matrix"]}
    assert pairs["alphabank", "fxmaker", "USD"] == 10
    assert pairs["fxmaker", "betawallet", "XOF"] == 6000
    assert ("alphabank", "betawallet", "XOF") not in pairs
    window = regional.ask("settlement-window", settlementWindowId=4)["participants"]
    nets = {(row["participant"], row["currency"]): row["net"] for row in window}
    assert nets == {(row["participant"], row["currency"]): row["net"] for row in answer["positions"]}
    every = regional.ask("settlement-window-positions", state="PENDING_SETTLEMENT")["positions"]
    assert nets == {(row["participant"], row["currency"]): row["net"] for row in every}
