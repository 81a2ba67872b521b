"""The hub in memory fails, loses and delays when a test says so, and never otherwise."""

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

import pytest

from bff import HubUnavailable
from bff.run import Person, Run, running
from microfrontends.settlement.domain.ledger import SETTLEMENT
from microfrontends.settlement.hub import FundsOrder
from microfrontends.settlement.tests.fake_books import RECONCILIATION
from microfrontends.settlement.tests.fake_hub import FakeHub

BROKEN = HubUnavailable("the line broke", sent=True)


@pytest.fixture(autouse=True)
def in_a_run() -> Iterator[None]:
    """The hub takes changes from the execution of an action only."""
    with running(Run(str(UUID(int=7)), Person("u-olivia", "Olivia Okello", "olivia"))):
        yield


@pytest.fixture
def joined(hub: FakeHub) -> FakeHub:
    """A hub in which payerfsp has 1000 USD."""
    hub.books.join("payerfsp", liquidity="1000")
    return hub


def order(hub: FakeHub, amount: str = "100") -> FundsOrder:
    """Funds of payerfsp."""
    account = hub.books.account("payerfsp", "USD", SETTLEMENT)
    return FundsOrder("payerfsp", account.account_id, Decimal(amount), "USD", f"transfer-{amount}", "bank-7", "why")


def liquidity(hub: FakeHub) -> Decimal:
    """What payerfsp has, as somebody sees who asks."""
    return next(each.liquidity for each in hub.accounts("payerfsp") if each.kind == SETTLEMENT)


def test_an_order_shows_to_whoever_looks_often_enough(joined: FakeHub) -> None:
    joined.books.lag = 2
    joined.funds_in(order(joined))
    assert [liquidity(joined) for _ in range(4)] == [1000, 1000, 1100, 1100]


def test_a_commit_is_lost_until_somebody_has_seen_the_reservation(joined: FakeHub) -> None:
    out = order(joined)
    joined.funds_out_reserve(out)
    joined.funds_out_commit("payerfsp", out.account_id, out.transfer_id, "too early")
    joined.books.settle_down()
    assert joined.transfer_states([out.transfer_id]) == {out.transfer_id: "RESERVED"}
    joined.funds_out_commit("payerfsp", out.account_id, out.transfer_id, "in time")
    joined.books.settle_down()
    assert joined.transfer_states([out.transfer_id]) == {out.transfer_id: "COMMITTED"}
    assert joined.books.account("Hub", "USD", RECONCILIATION).value == 900


def test_a_call_fails_before_it_does_anything_or_after_it_did_all(joined: FakeHub) -> None:
    joined.fail("funds_in", None, BROKEN)
    joined.funds_in(order(joined, "1"))
    with pytest.raises(HubUnavailable):
        joined.funds_in(order(joined, "2"))
    joined.fail_after("funds_in", BROKEN)
    with pytest.raises(HubUnavailable):
        joined.funds_in(order(joined, "3"))
    joined.funds_in(order(joined, "4"))
    joined.books.settle_down()
    assert liquidity(joined) == 1008
    assert joined.calls.count("funds_in") == 4


def test_an_order_is_lost_as_often_as_asked_for(joined: FakeHub) -> None:
    joined.lose("funds_in")
    for amount in ("1", "2"):
        joined.funds_in(order(joined, amount))
    joined.books.settle_down()
    assert liquidity(joined) == 1002


def test_whatever_has_a_worker_killed_can_be_raised(joined: FakeHub) -> None:
    joined.fail("funds_in", SystemExit("killed"))
    with pytest.raises(SystemExit):
        joined.funds_in(order(joined))
