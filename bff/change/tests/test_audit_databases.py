"""Every database keeps the audit alike: whole under concurrency, closed to change, its words unharmed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bff.access.tests import real_postgresql
from bff.change.audit import AuditLog, AuditQuery, Happening, Outcome
from bff.change.tests import real_mariadb
from bff.change.tests.auditing import ADA, audit_at, fill, quiet, shut, whole

DATABASES = ["sqlite"]
DATABASES += ["postgresql"] if real_postgresql.program("postgres") else []
DATABASES += ["mariadb"] if real_mariadb.present() else []
SERVERS = {"postgresql": real_postgresql.running, "mariadb": real_mariadb.running}


@pytest.fixture(scope="module", params=DATABASES)
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditLog]:
    quiet()
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "sqlite":
        made = audit_at(folder)
        yield made
        made.engine.dispose()
        return
    with SERVERS[request.param]() as url:
        made = audit_at(folder, url=url)
        yield made
        made.engine.dispose()


def test_many_at_once_make_one_chain(log: AuditLog) -> None:
    before = whole(log)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: log.record(shut(number), ADA).seq, range(80)))
    assert sorted(made) == list(range(before + 1, before + 81))
    assert whole(log) == before + 80


def test_a_transaction_that_looked_early_still_adds_after_the_last(log: AuditLog) -> None:
    if log.engine.dialect.name == "sqlite":
        return  # there, whoever wrote meanwhile has ended the other's transaction, which is another test
    before = whole(log)
    with log.engine.begin() as connection:
        connection.execute(text("SELECT size FROM audit_head")).scalar_one()
        log.record(shut(1), ADA)
        assert log.append(connection, shut(2), ADA).seq == before + 2
    assert whole(log) == before + 2


def test_an_entry_goes_in_with_its_transaction_or_not_at_all(log: AuditLog) -> None:
    before = whole(log)
    with log.engine.connect() as connection:
        log.append(connection, shut(1), ADA)
        connection.rollback()
    assert log.record(shut(2), ADA).seq == before + 1
    assert whole(log) == before + 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'x' WHERE seq = 1",
        "DELETE FROM audit_entry WHERE seq = 1",
        "UPDATE audit_head SET size = 0",
        "UPDATE audit_head SET size = size + 2",
        "DELETE FROM audit_head",
    ],
)
def test_the_database_refuses_to_change_what_is_written(log: AuditLog, statement: str) -> None:
    fill(log, 2)
    before = whole(log)
    with pytest.raises(DBAPIError, match="audit"), log.engine.begin() as connection:
        connection.execute(text(statement))
    assert whole(log) == before


def test_postgresql_refuses_to_empty_the_tables(log: AuditLog) -> None:
    if log.engine.dialect.name != "postgresql":
        return  # SQLite knows no TRUNCATE; in MySQL it takes the right to drop the table
    for table in ("audit_entry", "audit_head"):
        with pytest.raises(DBAPIError, match="audit"), log.engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {table}"))


def test_every_word_comes_back_as_it_went_in(log: AuditLog) -> None:
    words = "é \U0001f511 \x00 \\ ' \" %s :x \u2028"
    told = Happening(action="x", outcome=Outcome.DONE, target="t" * 900, reason=words, after={words: words})
    entry = log.record(told, ADA)
    assert log.entry(entry.seq) == entry
    assert (entry.reason, dict(entry.after)) == (words, {words: words})
    whole(log)


def test_entries_are_found(log: AuditLog) -> None:
    fill(log, 4)
    log.record(Happening(action="Login", outcome=Outcome.INTENT, task="t-9"), ADA)
    page = log.entries(AuditQuery(action="garden.*", actor="ada", limit=2))
    assert len(page.entries) == 2
    assert page.total >= 2
    # Words mean what they say, whatever a database thinks of capitals.
    assert log.entries(AuditQuery(action="login")).total == 0
    assert [entry.task for entry in log.open_intents()][-1:] == ["t-9"]
    assert len(list(log.export())) == whole(log) + 2


def test_a_proof_is_made_from_what_is_stored(log: AuditLog) -> None:
    fill(log, 3)
    head = log.head()
    assert head is not None
    assert log.consistency(2, head.size)
    entry = log.entry(2)
    assert entry is not None
    assert log.evidence(entry)["proof"]
