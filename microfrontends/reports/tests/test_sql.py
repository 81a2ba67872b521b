"""What SQL is refused, and what confines a report to its reader."""

import pytest

from microfrontends.reports import sql, sql_page
from microfrontends.reports.domain.look import Look
from microfrontends.reports.sql_scope import is_confined

SCOPE = "(:all_participants = 1 OR p.name IN (:participants))"


def read(text: str, *declared: str) -> sql.Statement:
    return sql.read(text, frozenset({"name"}), frozenset(declared))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SELECT 1 AS name; SELECT 2 AS name", "2 statements"),
        ("DELETE FROM participant", "no SELECT but DELETE"),
        ("INSERT INTO participant (name) SELECT name FROM participant", "no SELECT but INSERT"),
        ("CALL settle()", "no SELECT but COMMAND"),
        ("SELECT name INTO @x FROM participant", "INTO writes"),
        ("SELECT name INTO OUTFILE '/tmp/x' FROM participant", "not SQL of MySQL's dialect"),
        ("SELECT name FROM participant FOR UPDATE", "locks rows"),
        ("SELECT @a := name AS name FROM participant", "@variable"),
        ("SELECT @@datadir AS name", "server variable"),
        ("SELECT SLEEP(9) AS name", "SLEEP()"),
        ("SELECT LOAD_FILE('/etc/passwd') AS name", "LOAD_FILE()"),
        ("SELECT * FROM participant", "selects *"),
        ("SELECT description FROM participant", "no column name"),
        ("SELECT name FROM participant WHERE x = :other", "uses :other"),
        ("SELECT name FROM participant WHERE x = ?", "uses :?"),
        ("SELECT ' :x' AS name", "looks as if it held a parameter"),
        ("SELECT name FROM (participant", "not SQL of MySQL's dialect"),
        ("VALUES ROW(1)", "no SELECT but VALUES"),
    ],
)
def test_sql_that_is_not_one_harmless_select_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(sql.BadSql) as refused:
        read(text)
    assert reason in refused.value.reason


def test_a_refusal_names_the_line_of_an_unknown_parameter() -> None:
    with pytest.raises(sql.BadSql) as refused:
        read("SELECT name\nFROM participant\nWHERE x = :other")
    assert refused.value.line == 3


def test_count_of_all_rows_names_no_column_and_is_allowed() -> None:
    assert read("SELECT COUNT(*) AS name FROM participant").placeholders == frozenset()


def test_an_executable_comment_of_mysql_does_not_reach_the_database() -> None:
    assert "SLEEP" not in read("SELECT name /*! , SLEEP(9) */ FROM participant").written_for("mysql")


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT p.name FROM participant p WHERE {SCOPE}",
        f"SELECT p.name FROM participant p WHERE p.x = 1 AND ({SCOPE} AND p.y = 2)",
        "SELECT p.name FROM participant p WHERE (p.name IN (:participants) OR :all_participants = 1)",
        f"SELECT p.name FROM participant p WHERE {SCOPE} UNION SELECT p.name FROM participant p WHERE {SCOPE}",
        f"SELECT q.name FROM (SELECT p.name FROM participant p WHERE {SCOPE}) q",
        f"WITH q AS (SELECT p.name FROM participant p WHERE {SCOPE}) SELECT q.name FROM q",
    ],
)
def test_a_condition_that_every_row_passes_confines(text: str) -> None:
    assert is_confined(read(text))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT p.name FROM participant p",
        f"SELECT p.name FROM participant p WHERE {SCOPE} OR 1 = 1",
        "SELECT p.name FROM participant p WHERE (:all_participants = 1 OR p.name IN (:participants) OR p.x = 1)",
        "SELECT p.name FROM participant p WHERE (:all_participants = 0 OR p.name IN (:participants))",
        "SELECT p.name FROM participant p WHERE :all_participants = 1",
        "SELECT p.name FROM participant p WHERE (:all_participants = 1 OR 'a' IN (:participants))",
        "SELECT p.name FROM participant p WHERE (:all_participants = 1 OR p.name NOT IN (:participants))",
        "SELECT p.name FROM participant p WHERE (:all_participants = 1 OR p.name IN (:participants, 'x'))",
        f"SELECT p.name FROM participant p WHERE NOT {SCOPE}",
        f"SELECT p.name FROM participant p WHERE {SCOPE} UNION SELECT p.name FROM participant p",
        f"SELECT p.name, (SELECT 1 FROM x p WHERE {SCOPE}) AS y FROM participant p",
        f"WITH q AS (SELECT p.name FROM participant p WHERE {SCOPE}) SELECT p.name FROM participant p, q",
        f"SELECT p.name FROM participant p LEFT JOIN x ON {SCOPE}",
    ],
)
def test_a_condition_that_a_row_may_miss_does_not_confine(text: str) -> None:
    assert not is_confined(read(text))


def test_the_sandbox_reads_the_same_statement_in_its_own_dialect() -> None:
    statement = read("SELECT CONCAT(`name`, 'x') AS name FROM participant WHERE name IN (:participants)")
    assert "\"name\" || 'x' AS name" in statement.written_for("sqlite")
    assert statement.written_for("sqlite").endswith("WHERE name IN :participants")
    assert statement.written_for("mysql").endswith("WHERE name IN %(participants)s")
    assert "CONCAT(`name`, 'x')" in statement.written_for("mysql")


def test_a_page_is_cut_by_the_reports_own_order_and_by_all_columns_unless_that_leaves_no_rows_equal() -> None:
    statement = read("SELECT name, (SELECT 1) AS b, isActive AS c FROM participant ORDER BY createdDate LIMIT 50")
    usual = sql_page.page_of(statement, Look(page=2, size=30), ())
    assert usual.statement.written_for("mysql").endswith(
        "ORDER BY createdDate, 1 ASC, 3 ASC LIMIT %(_size)s OFFSET %(_skip)s"
    )
    assert (usual.size, usual.skip) == (20, 30)  # of the fifty that the report itself allows
    unique = sql_page.page_of(statement, Look(), (), unique=True)
    assert "ORDER BY createdDate LIMIT" in unique.statement.written_for("mysql")
    bare = sql_page.page_of(read("SELECT name FROM participant"), Look(), (), unique=True)
    assert "ORDER BY 1 ASC LIMIT" in bare.statement.written_for("sqlite")
