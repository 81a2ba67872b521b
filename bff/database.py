"""How an app reaches its database, and how a database gets its tables: numbered migrations, applied by name.

Alembic is loaded to apply them, and by nothing else: a server that only wants to know where it stands reads them.
"""

import ast
import sqlite3
from contextlib import closing
from enum import Enum
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, column, create_engine, event, inspect, make_url, select, table
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# What is raised while a database is away: it does not answer, has dropped a connection, or all wait for one.
AWAY: Final = (OperationalError, InterfaceError, PoolTimeout)


class NotEmbedded(Exception):
    """What is to be copied is no file of this machine; the message says so."""


@cache
def engine_for(url: str) -> Engine:
    """The process's one engine for a URL. SQLite gets write-ahead logging and a patient lock."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": 10})
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def own_migrations(app_name: str) -> list[str]:
    """Whose tables an app's own database holds: the library's, and those that the app brings."""
    own = [point.value for point in entry_points(group="bizops.databases", name=app_name)]
    return ["bff.change:migrations", *own]


def _version_table(migrations: str) -> str:
    return "alembic_" + migrations.partition(":")[0].rpartition(".")[2]


def upgrade(url: str, migrations: str) -> None:
    """Bring the database at `url` to the newest revision of `migrations` ("package:folder")."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", migrations)
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    config.attributes["version_table"] = _version_table(migrations)
    command.upgrade(config, "head")


class Tables(Enum):
    """How the tables of a database stand to this installation."""

    BEHIND = "behind"
    NEWEST = "newest"
    AHEAD = "ahead"  # a newer installation has been there; what it added disturbs nobody


def is_current(url: str, migrations: str) -> bool:
    """Whether the database at `url` has all tables of `migrations`; those of a newer installation have more.

    While a new version is rolled out its tables are there first, and the old version goes on serving.
    """
    return tables_of(url, migrations) is not Tables.BEHIND


def tables_of(url: str, migrations: str) -> Tables:
    """How the tables of `migrations` in the database at `url` stand to this installation."""
    name = _version_table(migrations)
    with engine_for(url).connect() as connection:
        there = inspect(connection).has_table(name)
        revision = connection.scalar(select(column("version_num")).select_from(table(name))) if there else None
    before = _revisions(migrations)
    if revision is None:
        return Tables.BEHIND
    if revision not in before:
        return Tables.AHEAD
    return Tables.BEHIND if revision in before.values() else Tables.NEWEST


@cache
def _revisions(migrations: str) -> dict[str, str | None]:
    """Each revision that this installation has, with the one before it; read once: probes ask every few seconds."""
    package, _, folder = migrations.partition(":")
    scripts = sorted(Path(str(files(package))).joinpath(folder, "versions").glob("*.py"))
    said = [_literals(ast.parse(script.read_text("utf-8"))) for script in scripts]
    return {each["revision"]: each["down_revision"] for each in said}


def _literals(script: ast.Module) -> dict[str, Any]:
    """What a module names at its top that is written out there."""
    named: dict[str, Any] = {}
    for line in script.body:
        targets = (
            line.targets if isinstance(line, ast.Assign) else [line.target] if isinstance(line, ast.AnnAssign) else []
        )
        value = getattr(line, "value", None)
        if isinstance(value, ast.Constant):
            named.update({target.id: value.value for target in targets if isinstance(target, ast.Name)})
    return named


def run_migrations() -> None:
    """What every package's `migrations/env.py` calls: runs the revisions on the URL that `upgrade` was given."""
    from alembic import context

    attributes = context.config.attributes
    with engine_for(attributes["url"]).begin() as connection:
        context.configure(connection=connection, version_table=attributes["version_table"], render_as_batch=True)
        context.run_migrations()


def copy_embedded(url: str, into: Path) -> None:
    """Write one state of an embedded database to a file that is for its owner alone, while others go on writing to it.

    Raises NotEmbedded, and FileExistsError rather than replace a backup.
    """
    try:
        parts = make_url(url)
    except ArgumentError:
        parts = None
    if parts is None or parts.get_backend_name() != "sqlite" or not Path(parts.database or "").is_file():
        raise NotEmbedded("it names no SQLite file; back other databases up with their own tools")
    into.touch(mode=0o600, exist_ok=False)
    source = sqlite3.connect(f"file:{Path(str(parts.database)).absolute()}?mode=ro", uri=True)
    with closing(source), closing(sqlite3.connect(into)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, without a second one beside it
