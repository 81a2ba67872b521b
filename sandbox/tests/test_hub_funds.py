"""Funds move as on the real hub: taken with 202, applied later, refused in silence. Positions follow transfers."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from sandbox.hub import tables as t
from sandbox.tests.small_hub import SmallHub, refusal

RESERVE = "recordFundsOutPrepareReserve"
TRANSFER = "01M8120ZYCRFQFFEM7ZFYT5ZA3"


def end(hub: SmallHub, action: str = "recordFundsOutCommit") -> int:
    """Commit or abort the reserved funds of payerfsp."""
    path = f"/participants/payerfsp/accounts/{hub.account('payerfsp', 'SETTLEMENT')}/transfers/{TRANSFER}"
    return hub.put(path, {"action": action, "reason": "done"})[0]


@pytest.fixture
def funded(small_hub: SmallHub) -> SmallHub:
    """A hub where payerfsp and payeefsp have 5000 each and a cap of 1000."""
    small_hub.set_up("payerfsp", "payeefsp")
    return small_hub


def figures(hub: SmallHub) -> tuple[float, float]:
    """The liquidity of payerfsp and the hub's side of it."""
    return hub.value("payerfsp", "SETTLEMENT"), hub.value("Hub", "HUB_RECONCILIATION")


def test_a_deposit_shows_later_and_is_negative(small_hub: SmallHub) -> None:
    small_hub.set_up("payerfsp", deposit=None)
    assert small_hub.move("payerfsp", "5000") == (202, None)
    assert figures(small_hub) == (0, 0)
    small_hub.wait(0.6)
    assert figures(small_hub) == (-5000, 5000)


def test_a_withdrawal_moves_one_side_when_reserved_and_the_other_when_committed(funded: SmallHub) -> None:
    funded.move("payerfsp", "300.5", RESERVE, TRANSFER)
    funded.wait(1)
    assert figures(funded) == (-4699.5, 10000)
    assert end(funded) == 202
    funded.wait(1)
    assert figures(funded) == (-4699.5, 9699.5)


def test_an_aborted_withdrawal_is_given_back(funded: SmallHub) -> None:
    funded.move("payerfsp", "300.5", RESERVE, TRANSFER)
    funded.wait(1)
    end(funded, "recordFundsOutAbort")
    funded.wait(1)
    assert figures(funded) == (-5000, 10000)


def test_a_commit_sent_before_the_reserve_is_applied_is_lost(funded: SmallHub) -> None:
    funded.move("payerfsp", "300.5", RESERVE, TRANSFER)
    assert end(funded) == 202
    funded.wait(5)
    assert figures(funded) == (-4699.5, 10000)


def test_a_withdrawal_beyond_the_balance_is_taken_and_undone_without_a_word(funded: SmallHub) -> None:
    assert funded.move("payerfsp", "5000.01", RESERVE, TRANSFER)[0] == 202
    funded.wait(1)
    assert figures(funded) == (-5000, 10000)
    with funded.books() as books:
        states = t.transfer_state_change.c
        rows = books.rows(select(states.transferStateId, states.reason).where(states.transferId == TRANSFER))
    assert tuple(rows[-1]) == ("ABORTED_REJECTED", "Aborted due to insufficient funds")


def test_an_order_that_repeats_an_id_changes_nothing(funded: SmallHub) -> None:
    for amount in ("100", "100", "999"):
        assert funded.move("payerfsp", amount, transfer=TRANSFER)[0] == 202
        funded.wait(1)
    assert figures(funded) == (-5100, 10100)


@pytest.mark.parametrize("amount", ["1e3", 1000, "1000.00", " 1000", "01000"])
def test_the_ledger_takes_amounts_in_many_forms(funded: SmallHub, amount: object) -> None:
    assert funded.move("payerfsp", amount)[0] == 202
    funded.wait(1)
    assert funded.value("payerfsp", "SETTLEMENT") == -6000


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("-1", "must be a positive number"),
        ("0", "must be a positive number"),
        ("", "must be a number"),
        (None, "must be a number"),
        ("ten", "must be a number"),
        ("9007199254740993", "must be a safe number"),
    ],
)
def test_the_ledger_refuses_other_amounts(funded: SmallHub, amount: object, words: str) -> None:
    assert refusal(funded.move("payerfsp", amount)) == (400, "3101", f'Malformed syntax - "amount.amount" {words}')


def test_a_fifth_decimal_is_rounded(funded: SmallHub) -> None:
    funded.move("payerfsp", "1.23456")
    funded.wait(1)
    assert funded.value("payerfsp", "SETTLEMENT") == -5001.2346


def test_a_reserved_transfer_that_nobody_answers_expires(funded: SmallHub) -> None:
    assert funded.transfer("payerfsp", "payeefsp", "10", outcome="reserve", expirationMs=30_000) == "RESERVED"
    assert funded.value("payerfsp") == 10
    funded.wait(29)
    assert funded.value("payerfsp") == 10
    funded.wait(2)
    assert funded.value("payerfsp") == 0
    with funded.books() as books:
        states = [row.transferStateId for row in books.rows(select(t.transfer_state_change))][-2:]
    assert states == ["RESERVED_TIMEOUT", "EXPIRED_RESERVED"]


def test_the_payer_is_held_to_its_liquidity_first_and_its_cap_second(small_hub: SmallHub) -> None:
    small_hub.set_up("payerfsp", "payeefsp", cap=1000, deposit="5000")
    for amount in ("5000.01", "1000.01"):
        assert small_hub.transfer("payerfsp", "payeefsp", amount) == "ABORTED_REJECTED"
    assert small_hub.transfer("payerfsp", "payeefsp", "1000") == "COMMITTED"
    with small_hub.books() as books:
        errors = [(row.errorCode, row.errorDescription) for row in books.rows(select(t.transfer_error))]
    assert errors == [(4001, "Payer FSP insufficient liquidity"), (4200, "Payer limit error")]


def test_a_refused_transfer_leaves_a_trace_but_not_on_the_position(funded: SmallHub) -> None:
    funded.transfer("payerfsp", "payeefsp", "5000.01")
    with funded.books() as books:
        trace = books.rows(select(t.participant_position_change))[-1]
    assert (float(trace.value), float(trace.reservedValue), float(trace.change)) == (0, 5000.01, 5000.01)
    assert funded.value("payerfsp") == 0


def test_nobody_pays_for_an_inactive_participant(funded: SmallHub) -> None:
    funded.put("/participants/payeefsp", {"isActive": False})
    assert funded.transfer("payerfsp", "payeefsp", "1") == "INVALID"


def test_work_that_fails_is_tried_again_and_then_given_up(tmp_path: Path) -> None:
    with closing(SmallHub(tmp_path / "hub.sqlite")) as hub:
        with hub.database.write() as books:
            books.later("end_funds", 0, transfer_id="x", action="y")  # a task without its reason
        assert [hub.wait(seconds) for seconds in (1, 1, 3, 3, 60)] == [1, 0, 1, 1, 0]
