"""Money is exact in every column and in every sum that report SQL makes, and the tables are those of the real hub."""

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import CreateTable

from sandbox.hub import tables as t
from sandbox.hub.columns import exact
from sandbox.hub.database import Database

# 15 significant digits, four of them decimals: 99,999,999,999.9999.
amounts = st.decimals(min_value=-99_999_999_999, max_value=99_999_999_999, places=4)
kept_while_examples_run = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60
)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    made.prepare()
    return made


@kept_while_examples_run
@given(amount=amounts)
def test_an_amount_comes_back_as_it_was_written(database: Database, amount: Decimal) -> None:
    with database.write() as books:
        number = books.add(t.settlement_content_aggregation, **aggregate(amount))
        mine = t.settlement_content_aggregation.c.settlementContentAggregationId == number
        row = books.row(select(t.settlement_content_aggregation).where(mine))
    assert row is not None
    assert row.amount == amount


@kept_while_examples_run
@given(listed=st.lists(st.decimals(min_value=-10_000_000, max_value=10_000_000, places=4), max_size=40))
def test_a_sum_in_report_sql_is_exact(tmp_path: Path, listed: list[Decimal]) -> None:
    file = tmp_path / "sums.sqlite"
    database = Database(f"sqlite:///{file}")
    database.prepare()
    with database.write() as books:
        books.connection.exec_driver_sql("DELETE FROM settlementContentAggregation")
        for amount in listed:
            books.add(t.settlement_content_aggregation, **aggregate(amount))
    database.close()
    with closing(sqlite3.connect(file)) as report:
        (total, positive, half) = report.execute(
            "SELECT coalesce(sum(amount), 0), sum(CASE WHEN amount > 0 THEN 1 ELSE 0 END), max(amount) / 2 "
            "FROM settlementContentAggregation"
        ).fetchone()
    assert exact(total) == sum(listed)
    assert (positive or 0) == sum(amount > 0 for amount in listed)
    assert not listed or abs(Decimal(half) - max(listed) / 2) < Decimal("0.0001")


def test_every_table_can_be_made_in_mysql() -> None:
    dialect = mysql.dialect()
    made = {name: str(CreateTable(table).compile(dialect=dialect)) for name, table in t.metadata.tables.items()}
    assert "amount NUMERIC(18, 4) NOT NULL" in made["transfer"]
    assert "`createdDate` DATETIME NOT NULL" in made["transfer"]
    assert "AUTO_INCREMENT" in made["participant"]


def test_report_sql_finds_the_hubs_names(database: Database, tmp_path: Path) -> None:
    """The joins that reports need, traps included: a payee is joined by participantId, never through its account."""
    with closing(sqlite3.connect(tmp_path / "hub.sqlite")) as report:
        report.execute(
            "SELECT p.name, pc.currencyId, SUM(sca.amount) FROM settlementContentAggregation sca "
            "JOIN participantCurrency pc USING (participantCurrencyId) JOIN participant p USING (participantId) "
            "JOIN settlementWindowContent swc USING (settlementWindowContentId) WHERE swc.SettlementModelId = 1 "
            "GROUP BY p.name, pc.currencyId"
        )
        report.execute(
            "SELECT t.transferId FROM transferFulfilment tf JOIN transfer t USING (transferId) "
            "JOIN transferParticipant b ON b.transferId = t.transferId AND b.transferParticipantRoleTypeId = 2 "
            "JOIN participant pe ON pe.participantId = b.participantId "
            "LEFT JOIN quote q ON q.transactionReferenceId = t.transferId "
            "LEFT JOIN fxTransfer fx ON fx.determiningTransferId = t.transferId WHERE tf.settlementWindowId = 1"
        )
        scales = dict(
            report.execute("SELECT currencyId, scale FROM currency WHERE currencyId IN ('USD', 'XOF', 'KWD')")
        )
    assert scales == {"USD": 2, "XOF": 0, "KWD": 3}


def aggregate(amount: Decimal) -> dict[str, object]:
    """A row that holds an amount."""
    return {
        "settlementWindowContentId": 1,
        "participantCurrencyId": 1,
        "transferParticipantRoleTypeId": 1,
        "ledgerEntryTypeId": 1,
        "amount": amount,
        "currentStateId": "CLOSED",
    }
