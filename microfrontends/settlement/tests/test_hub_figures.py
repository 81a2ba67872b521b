"""Questions to the hub's database, on tables named as the real hub names them, with every trap that it sets."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import OperationalError

from microfrontends.settlement.domain.positions import NetPosition, holdings
from microfrontends.settlement.domain.windows import Window, WindowState
from microfrontends.settlement.hub_figures import FiguresUnavailable, HubFigures, _positions, engine_for_reading
from sandbox.hub import tables as t

AT = datetime(2026, 11, 22, 6, 0)  # noqa: DTZ001  # as the hub's columns hold it
PAYER, PAYEE = 2, 3
ASKED = [
    *(t.participant, t.transfer, t.transfer_participant, t.transfer_state_change, t.transfer_fulfilment),
    *(t.settlement_window, t.settlement_window_state_change),
]


class Books:
    """The hub's database, written as the hub writes it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = sa.create_engine(url)
        t.metadata.create_all(self._engine, tables=ASKED)
        for number, name in ((PAYER, "payerfsp"), (PAYEE, "payeefsp")):
            self.add(t.participant, participantId=number, name=name, createdBy="test")

    def add(self, table: sa.Table, **values: Any) -> int:
        """A row, dated unless it says otherwise."""
        dated = {"createdDate": AT} if "createdDate" in table.c else {}
        with self._engine.begin() as connection:
            key = connection.execute(sa.insert(table).values(**dated | values)).inserted_primary_key
        return key[0] if key and isinstance(key[0], int) else 0

    def transfer(self, key: str, amount: str, window: int | None = 1, **odd: Any) -> None:
        """A transfer of payerfsp to payeefsp in USD; what is odd about it is given."""
        money, states = Decimal(amount), odd.get("states", ("RECEIVED_PREPARE", "RESERVED", "COMMITTED"))
        currency, entry = odd.get("currency", "USD"), odd.get("entry", 1)
        self.add(t.transfer, transferId=key, amount=money, currencyId=currency, ilpCondition="0", expirationDate=AT)
        for participant, role, account, sign in ((PAYER, 1, 3, 1), (PAYEE, 2, odd.get("payee_account"), -1)):
            legs = {
                "participantId": participant,
                "transferParticipantRoleTypeId": role,
                "participantCurrencyId": account,
            }
            self.add(t.transfer_participant, transferId=key, ledgerEntryTypeId=entry, amount=sign * money, **legs)
        for state in states:
            self.add(t.transfer_state_change, transferId=key, transferStateId=state)
        valid = odd.get("valid", 1)
        self.add(t.transfer_fulfilment, transferId=key, completedDate=AT, isValid=valid, settlementWindowId=window)

    def window(self, number: int, *states: str, minute: int = 0) -> None:
        """A window that went through these states, a minute each."""
        self.add(t.settlement_window, settlementWindowId=number, reason="opened")
        for step, state in enumerate(states):
            moment = AT.replace(minute=minute + step)
            change = self.add(
                t.settlement_window_state_change,
                settlementWindowId=number,
                settlementWindowStateId=state,
                reason=f"because {state}",
                createdDate=moment,
            )
        with self._engine.begin() as connection:
            mine = t.settlement_window.c.settlementWindowId == number
            connection.execute(sa.update(t.settlement_window).where(mine).values(currentStateChangeId=change))


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(f"sqlite:///{tmp_path / 'hub.sqlite'}")


@pytest.fixture
def figures(books: Books) -> HubFigures:
    return HubFigures(books.url)


def nets(figures: HubFigures, window: int = 1) -> dict[tuple[str, str], Decimal]:
    return {(each.currency, each.participant): each.net for each in figures.positions([window]).get(window, ())}


def test_payees_are_counted_although_they_have_no_account(books: Books, figures: HubFigures) -> None:
    books.transfer("a", "100.25")
    books.transfer("b", "20")
    assert sorted(figures.positions([1])[1]) == [
        NetPosition("USD", "payeefsp", 0, Decimal(0), Decimal("120.25")),
        NetPosition("USD", "payerfsp", 2, Decimal("120.25"), Decimal(0)),
    ]


def test_a_hub_that_does_fill_the_payees_account_gives_the_same_figures(books: Books, figures: HubFigures) -> None:
    books.transfer("a", "100.25", payee_account=5)
    assert nets(figures) == {("USD", "payerfsp"): Decimal("100.25"), ("USD", "payeefsp"): Decimal("-100.25")}


def test_currencies_stay_apart(books: Books, figures: HubFigures) -> None:
    books.transfer("a", "100")
    books.transfer("b", "7000", currency="XOF")
    assert [(each.currency, each.amount, each.imbalance) for each in holdings(figures.positions([1])[1])] == [
        ("USD", Decimal(100), Decimal(0)),
        ("XOF", Decimal(7000), Decimal(0)),
    ]


@pytest.mark.parametrize(
    "odd",
    [
        {"valid": 0},
        {"valid": None},
        {"states": ("RECEIVED_PREPARE", "RESERVED")},
        {"states": ("RECEIVED_PREPARE", "RESERVED", "RECEIVED_ERROR", "ABORTED_ERROR")},
        {"states": ("RESERVED", "COMMITTED", "ABORTED_REJECTED")},
        {"states": ()},
        {"entry": 2},
        {"entry": 9},
        {"window": None},
        {"window": 2},
    ],
    ids=str,
)
def test_what_is_not_a_committed_transfer_of_the_window_does_not_count(
    books: Books, figures: HubFigures, odd: dict[str, Any]
) -> None:
    books.transfer("a", "1000", **odd)
    books.transfer("b", "1")
    assert nets(figures) == {("USD", "payerfsp"): Decimal(1), ("USD", "payeefsp"): Decimal(-1)}


def test_a_transfer_that_an_older_hub_calls_settled_still_counts(books: Books, figures: HubFigures) -> None:
    books.transfer("a", "1", states=("RESERVED", "COMMITTED", "SETTLED"))
    assert nets(figures)["USD", "payerfsp"] == 1


def test_a_state_that_was_entered_twice_counts_once(books: Books, figures: HubFigures) -> None:
    books.transfer("a", "1", states=("COMMITTED", "COMMITTED"))
    assert nets(figures)["USD", "payerfsp"] == 1


def test_sums_are_exact_where_binary_fractions_are_not(books: Books, figures: HubFigures) -> None:
    for number in range(30):
        books.transfer(f"t{number}", "0.1")
    books.transfer("large", "99999999999.9999")
    assert nets(figures)["USD", "payerfsp"] == Decimal("100000000002.9999")
    assert sum(nets(figures).values()) == 0


def test_several_windows_are_one_question_and_an_empty_one_is_absent(books: Books, figures: HubFigures) -> None:
    books.transfer("a", "1", window=1)
    books.transfer("b", "2", window=2)
    found = figures.positions([1, 2, 3])
    assert {key: sum(each.sent for each in of) for key, of in found.items()} == {1: 1, 2: 2}
    assert figures.currencies([1, 2, 3]) == {1: ("USD",), 2: ("USD",)}


def test_no_window_is_no_question_worth_an_answer(figures: HubFigures) -> None:
    assert figures.positions([]) == {}
    assert figures.closed_at([]) == {}
    assert figures.currencies([]) == {}


def test_the_closing_is_known_though_the_window_went_on(books: Books, figures: HubFigures) -> None:
    books.window(1, "OPEN", "PROCESSING", "CLOSED", "PENDING_SETTLEMENT", "SETTLED")
    books.window(2, "OPEN")
    assert figures.closed_at([1, 2]) == {1: datetime(2026, 11, 22, 6, 2, tzinfo=UTC)}


def test_windows_that_are_being_added_up_are_found(books: Books, figures: HubFigures) -> None:
    books.window(1, "OPEN", "PROCESSING", "CLOSED")
    books.window(2, "OPEN", "PROCESSING", minute=10)
    changed = datetime(2026, 11, 22, 6, 11, tzinfo=UTC)
    assert figures.processing() == (
        Window(2, WindowState.PROCESSING, "because PROCESSING", AT.replace(tzinfo=UTC), changed),
    )


def test_windows_are_counted_by_their_present_state(books: Books, figures: HubFigures) -> None:
    books.window(1, "OPEN", "PROCESSING", "CLOSED")
    books.window(2, "OPEN", "PROCESSING", "CLOSED", "SETTLED")
    books.window(3, "OPEN")
    assert [figures.in_state(WindowState(state)) for state in ("OPEN", "CLOSED", "PROCESSING")] == [1, 1, 0]


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.sqlite", "mysql+pymysql://u:p@127.0.0.1:9/central_ledger"])
def test_a_database_that_is_away_is_called_so(url: str) -> None:
    with pytest.raises(FiguresUnavailable):
        HubFigures(url).processing()


def test_nothing_can_be_written_through_the_reading_engine(books: Books) -> None:
    with engine_for_reading(books.url).connect() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.execute(sa.delete(t.participant))


def test_mysql_gets_its_own_sql_and_a_patience_that_the_url_may_overrule() -> None:
    sql = str(_positions([1]).compile(dialect=mysql.dialect()))
    assert "CAST(round(abs(`transferParticipant`.amount) * %s) AS SIGNED INTEGER)" in sql
    assert "GROUP BY `transferFulfilment`.`settlementWindowId`, transfer.`currencyId`, participant.name" in sql
    url = engine_for_reading("mysql+pymysql://u:p@h/d?read_timeout=30").url
    assert dict(url.query) == {"connect_timeout": "5", "read_timeout": "30"}
