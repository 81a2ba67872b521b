"""A new hub has a past that is the same for the same seed, adds up, and is quick to make and to read."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, func, select

from sandbox.history import three_days
from sandbox.hub import tables as t
from sandbox.hub import windows
from sandbox.hub.database import Books
from sandbox.hub.enums import Account
from sandbox.tests.small_hub import SmallHub
from sandbox.traffic import DFSPS, Trickle, draw


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallHub]:
    """A hub with three days behind it."""
    with closing(SmallHub(tmp_path_factory.mktemp("past") / "hub.sqlite", past=three_days(1))) as hub:
        yield hub


def rows(hub: SmallHub) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is in the database."""
    with hub.books() as books:
        return {name: [tuple(row) for row in books.rows(select(table))] for name, table in t.metadata.tables.items()}


def test_the_same_seed_makes_the_same_rows(past: SmallHub, tmp_path: Path) -> None:
    with closing(SmallHub(tmp_path / "again.sqlite", past=three_days(1))) as again:
        assert rows(again) == rows(past)


def test_a_database_that_is_there_is_taken_as_it_is(past: SmallHub) -> None:
    before = rows(past)
    with closing(SmallHub(past.file, past=three_days(2))) as second:
        assert rows(second) == before


def test_windows_stand_in_every_state(past: SmallHub) -> None:
    states: dict[str, int] = defaultdict(int)
    for window in past.get("/v2/settlementWindows?fromDateTime=2020-01-01")[1]:
        states[window["state"]] += 1
    assert states == {"SETTLED": 14, "PENDING_SETTLEMENT": 4, "CLOSED": 6, "OPEN": 1}
    with past.books() as books:
        held = books.rows(select(t.transfer_fulfilment).where(t.transfer_fulfilment.c.settlementWindowId == 25))
    assert len(held) > 3


def test_transfers_came_to_every_end(past: SmallHub) -> None:
    with past.books() as books:
        states = t.transfer_state_change.c
        last = select(func.max(states.transferStateChangeId)).group_by(states.transferId)
        found = books.rows(select(states.transferStateId).where(states.transferStateChangeId.in_(last)))
        first = books.row(select(func.min(t.transfer.c.createdDate).label("at")))
    ends = {row.transferStateId for row in found}
    assert len(found) > 500
    wanted = {"COMMITTED", "ABORTED_ERROR", "ABORTED_REJECTED", "EXPIRED_RESERVED", "INVALID", "RESERVED"}
    assert ends == wanted
    assert first is not None
    assert timedelta(days=3) <= past.now - first.at < timedelta(days=4)


def test_the_ledger_adds_up(past: SmallHub) -> None:
    with past.books() as books:
        adds_up(books)


def test_the_ledger_adds_up_after_more_traffic_and_a_close(tmp_path: Path) -> None:
    with closing(SmallHub(tmp_path / "hub.sqlite", past=three_days(2))) as hub:
        trickle = Trickle(5)
        for _ in range(60):
            with hub.database.write() as books:
                trickle(books)
            hub.wait(2)
        hub.close_window(25)
        with hub.books() as books:
            adds_up(books)
            assert windows.state_of(books, 25) == "CLOSED"


def adds_up(books: Books) -> None:
    """What must hold of every ledger, in each currency: nothing is made and nothing is lost."""
    sums: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    held, position = t.participant_currency.c, t.participant_position.c
    for row in books.rows(
        select(held.currencyId, held.ledgerAccountTypeId, position.value, held.participantCurrencyId).join(
            t.participant_position, position.participantCurrencyId == held.participantCurrencyId
        )
    ):
        sums[row.currencyId, row.ledgerAccountTypeId] += row.value
        moves = t.participant_position_change.c
        mine = select(moves.value).where(moves.participantCurrencyId == row.participantCurrencyId)
        last = books.row(mine.order_by(moves.participantPositionChangeId.desc()))
        assert row.value == (last.value if last else 0)
    for currency in {currency for currency, _ in sums}:
        positions = sums[currency, Account.POSITION] + sums[currency, Account.HUB_MULTILATERAL_SETTLEMENT]
        assert positions == in_flight(books, currency, 1)
        liquidity = sums[currency, Account.SETTLEMENT] + sums[currency, Account.HUB_RECONCILIATION]
        assert liquidity == in_flight(books, currency, 10)
    nets: dict[int, Decimal] = defaultdict(Decimal)
    for row in books.rows(select(t.settlement_participant_currency)):
        nets[row.settlementId] += row.netAmount
    assert set(nets.values()) <= {Decimal(0)}


def in_flight(books: Books, currency: str, entry: int) -> Decimal:
    """What is reserved and neither committed nor given back, of transfers with this ledger entry."""
    states, legs = t.transfer_state_change.c, t.transfer_participant.c
    last = select(func.max(states.transferStateChangeId)).group_by(states.transferId)
    reserved = select(states.transferId).where(
        states.transferStateChangeId.in_(last), states.transferStateId == "RESERVED"
    )
    legs_of = select(t.transfer.c.amount).join(t.transfer_participant, legs.transferId == t.transfer.c.transferId)
    one_each = legs_of.where(legs.transferParticipantRoleTypeId.in_((1, 4)), legs.ledgerEntryTypeId == entry)
    mine = one_each.where(t.transfer.c.currencyId == currency, t.transfer.c.transferId.in_(reserved))
    return sum((row.amount for row in books.rows(mine)), Decimal(0))


def test_the_number_of_queries_does_not_grow_with_what_is_found(past: SmallHub) -> None:
    counted: list[str] = []

    def count(connection: Connection, *arguments: Any) -> None:
        if connection.engine.url.database == str(past.file):  # others of this process have their own
            counted.append(arguments[1])

    event.listen(Engine, "before_cursor_execute", count)
    try:
        found = {}
        for path in (
            "/v2/settlementWindows?fromDateTime=2020-01-01",
            "/v2/settlements?fromDateTime=2020-01-01",
            "/participants",
        ):
            counted.clear()
            found[path] = (len(past.get(path)[1]) >= 6, len(counted) <= 6)
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    assert set(found.values()) == {(True, True)}


def test_traffic_is_the_same_for_the_same_seed() -> None:
    def drawn(seed: int) -> list[Any]:
        random = Random(seed)  # noqa: S311 - traffic, not a secret
        return [draw(random) for _ in range(200)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert {one.payer for one in drawn(1)} == set(DFSPS)
    assert all(one.payer != one.payee and one.amount > 0 for one in drawn(1))
    assert all(one.amount == one.amount.to_integral_value() for one in drawn(1) if one.currency == "XOF")
