"""MySQL's functions mean the same on the sandbox's SQLite."""

import pytest
from sqlalchemy import make_url

from microfrontends.reports import sql
from microfrontends.reports.source.line import Wait
from microfrontends.reports.source.sqlite import SqliteLine

CASES = {
    "STR_TO_DATE('2026-11-22T10:30:00', '%Y-%m-%dT%T')": "2026-11-22 10:30:00",
    "STR_TO_DATE('22/11/2026', '%Y-%m-%d')": None,
    "SUBSTRING_INDEX('a.b.c', '.', 2)": "a.b",
    "SUBSTRING_INDEX('a.b.c', '.', -1)": "c",
    "FORMAT(1234567.125, 2)": "1,234,567.13",
    "FORMAT(0, 0)": "0",
    "JSON_UNQUOTE('\"a\"')": "a",
    "JSON_UNQUOTE(JSON_EXTRACT('{\"a\": \"b\"}', '$.a'))": "b",
    "CONVERT_TZ('2026-11-22 00:00:00', 'UTC', 'Asia/Yangon')": "2026-11-22 06:30:00",
    "CONVERT_TZ('2026-11-22 06:30:00', '+06:30', '+00:00')": "2026-11-22 00:00:00",
    "CONVERT_TZ('2026-11-22 00:00:00', 'UTC', 'No/Where')": None,
    "CONCAT_WS('-', 'a', NULL, 'b')": "a-b",
    "TIMESTAMPDIFF(HOUR, '2026-11-22 00:00:00', '2026-11-23 01:59:00')": 25,
    "DATE_FORMAT('2026-11-22 10:30:00', '%Y-%m')": "2026-11",
    "CAST('2026-11-22 10:30:00' AS CHAR) + INTERVAL 2 HOUR": "2026-11-22 12:30:00",
    "DATE_SUB('2026-03-31', INTERVAL 1 MONTH)": "2026-02-28",
    "DATE_ADD('2026-11-22', INTERVAL 1 DAY)": "2026-11-23",
    "TRUNCATE(-1.999, 2)": -1.99,
    "LEFT('abc', 2)": "ab",
    "RIGHT('abc', 2)": "bc",
    "LPAD(7, 3, '0')": "007",
    "YEAR('2026-11-22 10:30:00')": 2026,
    "UNIX_TIMESTAMP('1970-01-02 00:00:00')": 86400,
    "IF(1 = 1, 'a', 'b')": "a",
    "IFNULL(NULL, 'a')": "a",
    "GREATEST(1, 3, 2)": 3,
    "(SELECT JSON_ARRAYAGG(n) FROM (SELECT 1 AS n UNION ALL SELECT 2 AS n) AS q)": "[1, 2]",
    "(SELECT SUM(n) FROM (SELECT 0.1 AS n UNION ALL SELECT 0.2 AS n) AS q)": 0.3,
}


@pytest.mark.parametrize(("expression", "value"), CASES.items())
def test_a_function_of_mysql_has_its_value(expression: str, value: object) -> None:
    statement = sql.read(f"SELECT {expression} AS v", frozenset({"v"}), frozenset())
    line = SqliteLine(make_url("sqlite://"), Wait(5))
    assert [row[0] for batch in line.batches(statement.written_for("sqlite"), {}) for row in batch] == [value]
    line.close()
