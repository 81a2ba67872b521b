"""How statements run: read only, in one snapshot, exact, and never for ever."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from bff import HubUnavailable, Identity, RuleBroken
from microfrontends.reports import sql
from microfrontends.reports.catalogue import load
from microfrontends.reports.execute import Busy, HubDatabase
from microfrontends.reports.run import Run
from microfrontends.reports.source.line import Left, Wait
from microfrontends.reports.tests import hub
from microfrontends.reports.tests.conftest import Own

ENDLESS = """
WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 AS i FROM n)
SELECT SUM(i) AS total FROM n"""


def statement(query: str, *columns: str) -> sql.Statement:
    return sql.read(query, frozenset(columns), frozenset())


def test_a_sum_of_decimals_is_exact(own: Own) -> None:
    transfers = [("payerfsp", "payeefsp", "0.1", "USD", hub.COMMITTED)] * 300
    hub.fill(own.url, [*transfers, ("payerfsp", "payeefsp", "88888888888.8888", "USD", hub.COMMITTED)])
    query = statement("SELECT SUM(amount) AS total FROM transfer WHERE transferId LIKE 'more-%'", "total")
    with HubDatabase(own.url, 5).snapshot() as snapshot:
        assert [row["total"] for row in snapshot.rows(query, {})] == [88888888918.8888]


def test_a_sum_over_a_window_and_one_over_nothing_work(hub_url: str) -> None:
    query = "SELECT SUM(scale) OVER (ORDER BY currencyId ROWS 1 PRECEDING) AS s FROM currency ORDER BY currencyId"
    running = statement(f"{query} LIMIT 3", "s")
    nothing = statement("SELECT SUM(amount) AS total FROM transfer WHERE 1 = 0", "total")
    with HubDatabase(hub_url, 5).snapshot() as snapshot:
        assert [row["s"] for row in snapshot.rows(running, {})] == [2, 6, 6]  # AED, AFA, AFN
        assert [row["total"] for row in snapshot.rows(nothing, {})] == [None]


def test_all_statements_of_a_run_see_one_state(own: Own) -> None:
    count = statement("SELECT COUNT(*) AS n FROM transfer", "n")
    with HubDatabase(own.url, 5).snapshot() as snapshot:
        before = list(snapshot.rows(count, {}))
        hub.fill(own.url, [("payerfsp", "payeefsp", "1", "USD", hub.COMMITTED)])
        assert list(snapshot.rows(count, {})) == before


def test_the_connection_cannot_write_even_if_a_statement_would(hub_url: str) -> None:
    database = HubDatabase(hub_url, 5)
    with pytest.raises(RuleBroken, match="cannot run this report"), database.snapshot() as snapshot:
        list(snapshot._line.batches("DELETE FROM transfer", {}))


def test_a_query_that_takes_too_long_is_stopped_and_the_next_one_works(hub_url: str, app: Flask) -> None:
    database = HubDatabase(hub_url, 0.2)
    overdue = pytest.raises(RuleBroken, match="Narrow its parameters")
    with app.test_request_context(), overdue, database.snapshot() as snapshot:
        list(snapshot.rows(statement(ENDLESS, "total"), {}))
    assert database.check() == ""


def test_a_database_that_is_away_is_told_without_its_name_or_sql(tmp_path: Path) -> None:
    with pytest.raises(HubUnavailable) as told:
        HubDatabase(f"sqlite:///{tmp_path}/no/such/hub.sqlite", 5).check()
    assert str(tmp_path) not in str(told.value)


def test_a_database_that_does_not_exist_is_not_made_by_looking_for_it(tmp_path: Path) -> None:
    with pytest.raises(HubUnavailable):
        HubDatabase(f"sqlite:///{tmp_path}/hub.sqlite", 5).check()
    assert list(tmp_path.iterdir()) == []


def test_a_half_read_result_gives_its_connection_back(own: Own) -> None:
    database = HubDatabase(own.url, 5)
    for _ in range(30):  # more than the pool holds
        with database.snapshot() as snapshot:
            next(snapshot.rows(statement("SELECT currencyId FROM currency", "currencyId"), {}))
    with create_engine(own.url).begin() as connection:
        connection.execute(text("DELETE FROM currency WHERE currencyId = 'USD'"))


def test_a_reader_who_leaves_half_way_gives_the_connection_back(hub_url: str) -> None:
    database = HubDatabase(hub_url, 5, at_once=1)
    who = Identity("u-1", "Olivia", "olivia", frozenset(), True, frozenset(), (), "token", "sid")
    run = Run(load()["settlement-window"], who, database)
    for _ in range(3):  # more than may run at a time
        with run.document(run.asked({"settlementWindowId": "1"}), Wait(5, long=True), 10) as document:
            (part,) = document.parts
            assert next(part.batches())[0][0] == "payeefsp"


def test_more_runs_than_may_be_are_told_to_come_again(hub_url: str) -> None:
    database = HubDatabase(hub_url, 5, at_once=1)
    with database.snapshot(), pytest.raises(Busy), database.snapshot():
        pass
    assert database.check() == ""


def test_a_statement_whose_reader_has_gone_is_stopped(hub_url: str) -> None:
    database = HubDatabase(hub_url, 5)
    with pytest.raises(Left), database.snapshot(Wait(5, lambda: True)) as snapshot:
        list(snapshot.rows(statement(ENDLESS, "total"), {}))
    assert database.check() == ""
