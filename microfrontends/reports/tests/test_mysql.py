"""A real MariaDB as reports read it: exact, read only, on one state, stopped when overdue or when nobody waits."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pymysql
import pytest
from sqlalchemy import make_url

from bff import HubUnavailable, RuleBroken
from bff.change.tests import real_mariadb
from microfrontends.reports import paging, sql
from microfrontends.reports.domain.definition import Column, ColumnType, Query, Scope
from microfrontends.reports.domain.look import Look
from microfrontends.reports.execute import HubDatabase, Unrunnable
from microfrontends.reports.source.line import Left, Wait

LONG = "SELECT SLEEP_FREE.n AS n FROM (SELECT COUNT(*) AS n FROM a JOIN a AS b JOIN a AS c JOIN a AS d) AS SLEEP_FREE"
COLUMNS = (
    Column("id", {"en": "Id"}, ColumnType.INTEGER),
    Column("money", {"en": "Money"}, ColumnType.MONEY, "unit", total=True),
    Column("said", {"en": "Said"}, ColumnType.TEXT),
    Column("unit", {"en": "Currency"}, ColumnType.TEXT),
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server with a table of a thousand rows."""
    with real_mariadb.running() as url:
        with connect(url) as connection, connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE a (id INT PRIMARY KEY, money DECIMAL(18,4), at DATETIME(6), said VARCHAR(64), raw BLOB)"
            )
            cursor.execute(
                "INSERT INTO a SELECT seq, seq + 0.1, '2026-11-22 10:30:00.5', CONCAT('100%', seq), x'41'"
                " FROM seq_1_to_1000"
            )
        yield url


def connect(url: str) -> "pymysql.Connection[pymysql.cursors.Cursor]":
    address = make_url(url)
    return pymysql.connect(
        host=address.host, port=address.port or 0, user="root", database=address.database, autocommit=True
    )


@pytest.fixture
def database(url: str) -> HubDatabase:
    return HubDatabase(url, 10)


def statement(query: str, *declared: str) -> sql.Statement:
    return sql.read(query, frozenset(), frozenset(declared))


def rows(database: HubDatabase, query: str, **bound: object) -> list[tuple[object, ...]]:
    with database.snapshot() as snapshot:
        return [tuple(row) for batch in snapshot.batches(statement(query, *bound), bound) for row in batch]


def working(url: str) -> int:
    """Statements of these tests that the server is at."""
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%SLEEP\\_FREE%'")
        return int((cursor.fetchone() or [0])[0])


def test_money_and_moments_come_as_the_servers_own_text(database: HubDatabase) -> None:
    assert rows(database, "SELECT id, money, at, said FROM a ORDER BY id LIMIT 1") == [
        (1, "1.1000", "2026-11-22 10:30:00.500000", "100%1")
    ]
    assert rows(database, "SELECT SUM(money) AS s FROM a") == [("500600.0000",)]


def test_values_are_bound_and_per_cents_are_left_alone(database: HubDatabase) -> None:
    query = "SELECT COUNT(*) AS n FROM a WHERE said LIKE '100%' AND said <> :x AND at >= :since AND at > :day"
    bound = {"x": "100%1' OR '1'='1", "since": datetime(2026, 11, 22, 10, 30, tzinfo=UTC), "day": date(2026, 11, 1)}
    assert rows(database, query, **bound) == [(1000,)]


@pytest.mark.parametrize(("names", "found"), [([], 0), (["100%1"], 1), (["100%1", "100%2", "x'"], 2)])
def test_a_list_of_participants_is_bound_whole(database: HubDatabase, names: list[str], found: int) -> None:
    with database.snapshot() as snapshot:
        query = statement("SELECT COUNT(*) AS n FROM a WHERE said IN (:participants)")
        assert [row["n"] for row in snapshot.rows(query, {"participants": names})] == [found]


def test_a_run_sees_one_state_and_cannot_write(database: HubDatabase, url: str) -> None:
    count = statement("SELECT COUNT(*) AS n FROM a")
    with database.snapshot() as snapshot:
        before = list(snapshot.rows(count, {}))
        with connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO a (id) VALUES (5000)")
            assert list(snapshot.rows(count, {})) == before
            cursor.execute("DELETE FROM a WHERE id = 5000")
    with pytest.raises(Unrunnable), database.snapshot() as snapshot:
        list(snapshot._line.batches("DELETE FROM a", {}))


def test_a_query_that_takes_too_long_is_stopped(url: str) -> None:
    with pytest.raises(RuleBroken, match="Narrow its parameters"):
        rows(HubDatabase(url, 0.3), LONG)
    assert working(url) == 0


def test_a_query_whose_reader_leaves_is_stopped(url: str) -> None:
    begun = time.monotonic()
    wait = Wait(60, lambda: time.monotonic() - begun > 0.5)
    with pytest.raises(Left), HubDatabase(url, 60).snapshot(wait) as snapshot:
        list(snapshot.batches(statement(LONG), {}))
    assert working(url) == 0


def test_a_half_read_result_is_let_go_at_once(database: HubDatabase, url: str) -> None:
    many = "SELECT SLEEP_FREE.id AS n FROM a AS SLEEP_FREE JOIN a AS b JOIN a AS c"
    with database.snapshot() as snapshot:
        next(snapshot.batches(statement(many), {}))
    assert working(url) == 0


def test_a_server_that_is_away_is_told_without_its_name() -> None:
    with pytest.raises(HubUnavailable) as told:
        HubDatabase("mysql+pymysql://root@127.0.0.1:9/nowhere", 5).check()
    assert "127.0.0.1" not in str(told.value)


def test_counting_ends_where_it_is_told_to(database: HubDatabase) -> None:
    with database.snapshot() as snapshot:
        assert snapshot.count(statement("SELECT id FROM a ORDER BY money"), {}, 10) == 10
        assert snapshot.count(statement("SELECT id FROM a ORDER BY money LIMIT 3"), {}, 10) == 3


def test_a_page_is_cut_sorted_searched_and_summed_as_on_the_sandbox(database: HubDatabase) -> None:
    query = Query("rows", {"en": "Rows"}, "", COLUMNS, Scope.HUB)
    read = sql.read("SELECT id, money, said, 'USD' AS unit FROM a ORDER BY id % 7", frozenset(), frozenset())
    with database.snapshot() as snapshot:
        pages = [
            paging.read(snapshot, [paging.Wanted(query, read, Look(page, size=300))], {}, 10)[0][1]
            for page in (1, 2, 3, 4)
        ]
        looks = (Look(sort="-money", size=1), Look(find="%99", size=5), Look(find="100%99", size=50))
        found = [paging.read(snapshot, [paging.Wanted(query, read, look)], {}, 10)[0][1] for look in looks]
    assert sorted(str(row["id"]) for page in pages for row in page.shown) == sorted(str(at) for at in range(1, 1001))
    assert {(page.count, page.totals["USD"]["money"]) for page in pages} == {(1000, Decimal("500600.0000"))}
    assert [[str(row["id"]) for row in table.shown[:1]] for table in found] == [["1000"], ["99"], ["99"]]
    assert [(table.count, table.totals["USD"]["money"]) for table in found] == [
        (1000, Decimal("500600.0000")),
        (11, Decimal("10045.1000")),
        (11, Decimal("10045.1000")),
    ]
