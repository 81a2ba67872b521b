"""Liquidity, caps and positions over time, beside what the shipped SQL answers."""

from decimal import Decimal

from microfrontends.reports.tests.golden.conftest import EVER
from microfrontends.reports.tests.golden.ledger import SHIPPED, Ledger, Line, people_of


def theirs(row: Line) -> list[object]:
    """A movement as the shipped SQL tells it.

    Its defects: whatever was not aborted is a SUCCESS, even what is only reserved, and the balance has the hub's sign,
    by which 20,000 of liquidity are -20,000.
    """
    aborted, balance = str(row["state"]).startswith("ABORTED"), row["balance"]
    told = [row["participant"], row["currency"], row["transferId"], f"{row['moved']:%Y-%m-%dT%H:%M:%S}"]
    told += ["ABORTED" if aborted else "SUCCESS", row["description"]]
    told += [row["user"], row["reference"]] if "user" in row else []
    told += [str(row[key]) if row[key] is not None else None for key in ("fundsIn", "fundsOut")]
    return [*told, str(-balance) if isinstance(balance, Decimal) else None]


def test_the_settlement_audit_agrees_on_what_has_a_user_and_a_reference(golden: Ledger) -> None:
    rows = golden.ask("settlement-audit", **EVER)["movements"]
    assert sorted(map(theirs, rows), key=str) == sorted(SHIPPED["settlement audit"], key=str)


def test_the_settlement_audit_honours_its_dates(golden: Ledger) -> None:
    # Theirs prints the dates and asks for every movement there ever was.
    answer = golden.ask("settlement-audit", startDate="2026-11-22T07:20:51Z", endDate="2026-11-22T07:20:54Z")
    assert [(row["participant"], row["fundsOut"]) for row in answer["movements"]] == [
        ("alphabank", Decimal("710.26")),
        ("betawallet", Decimal("87.10")),
    ]
    balances = {(row["participant"], row["currency"]): row for row in answer["balances"]}
    alpha = balances["alphabank", "USD"]
    assert (alpha["opening"], alpha["fundsOut"], alpha["closing"]) == (20000, Decimal("710.26"), Decimal("19289.74"))
    # The end is not in the period: what moved in that second belongs to the next one.
    until = golden.ask("settlement-audit", startDate="2026-11-22T07:20:51Z", endDate="2026-11-22T07:20:53Z")
    assert [row["participant"] for row in until["movements"]] == ["alphabank"]


def test_a_movement_that_nobody_signed_is_in_the_audit(regional: Ledger) -> None:
    rows = regional.ask("settlement-audit", participant="betawallet", **EVER)["movements"]
    bare = next(row for row in rows if row["transferId"] == "r-withdrawal")
    # Theirs joins user and reference so that a movement without either is not shown at all; and calls this a success.
    assert (bare["user"], bare["reference"], bare["state"], bare["fundsOut"]) == (None, None, "RESERVED", 40)


def test_opening_balance_and_movements_make_the_closing_balance(golden: Ledger) -> None:
    for row in golden.ask("settlement-audit", **EVER)["balances"]:
        assert row["opening"] + row["fundsIn"] - row["fundsOut"] == row["closing"]
    gamma = golden.ask("settlement-audit", participant="gammapay", **EVER)
    assert gamma["balances"][0]["fundsOut"] == 0  # the withdrawal beyond the balance was undone
    assert gamma["movements"][2]["state"] == "ABORTED_REJECTED"


def test_a_statement_agrees(golden: Ledger) -> None:
    alpha = people_of("alphabank")
    answer = golden.ask("dfsp-settlement-statement", alpha, dfspId="alphabank", **EVER)
    assert [theirs(row) for row in answer["movements"]] == SHIPPED["statement of alphabank"]
    # A date alone is a date to us; theirs knows one form only, and silently finds nothing for any other.
    day = {"startDate": "2026-11-22", "endDate": "2026-11-23"}
    assert golden.ask("dfsp-settlement-statement", alpha, dfspId="alphabank", **day) == answer
    assert [row["closing"] for row in answer["balances"]] == [Decimal("19540.24"), 9164984]


def test_caps_are_told_with_what_they_were_before(golden: Ledger) -> None:
    rows = golden.ask("net-debit-cap-history", participant="alphabank", currency="USD")["caps"]
    assert [(row["before"], row["cap"], row["state"]) for row in rows] == [
        (None, 6000, "INACTIVE"),
        (6000, 7500, "ACTIVE"),
    ]
    assert rows[0]["until"] == rows[1]["since"]
    assert {row["participant"] for row in golden.ask("net-debit-cap-history", people_of("deltamfi"))["caps"]} == {
        "deltamfi"
    }


def test_each_position_is_the_one_before_and_what_moved(golden: Ledger) -> None:
    rows = golden.ask("position-history", participant="betawallet", currency="USD", **EVER)["changes"]
    assert [row["before"] for row in rows[1:]] == [row["value"] for row in rows[:-1]]
    refused = next(row for row in rows if row["state"] == "ABORTED_REJECTED")
    assert (refused["moved"], refused["reserved"]) == (
        0,
        9999999,
    )  # the hub wrote a change of 9999999, which it refused
    assert rows[-1]["value"] == 0
    later = golden.ask(
        "position-history",
        participant="betawallet",
        currency="USD",
        startDate="2026-11-22T07:20:41Z",
        endDate="2027-01-01",
    )
    assert later["changes"] == [row for row in rows if f"{row['changed']:%H:%M:%S}" >= "07:20:41"]
    liquidity = golden.ask("position-history", account="SETTLEMENT", participant="betawallet", currency="USD", **EVER)
    assert [row["value"] for row in liquidity["changes"]] == [-20000, Decimal("-19912.90"), Decimal("-19812.90")]
