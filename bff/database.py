"""How an app reaches its database, and how a database gets its tables: numbered migrations, applied by name."""

import sqlite3
from contextlib import closing
from enum import Enum
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError


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


def _configuration(url: str, migrations: str) -> Config:
    config = Config()
    config.set_main_option("script_location", migrations)
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    config.attributes["version_table"] = "alembic_" + migrations.partition(":")[0].rpartition(".")[2]
    return config


def upgrade(url: str, migrations: str) -> None:
    """Bring the database at `url` to the newest revision of `migrations` ("package:folder")."""
    command.upgrade(_configuration(url, migrations), "head")


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
    config = _configuration(url, migrations)
    with engine_for(url).connect() as connection:
        options = {"version_table": config.attributes["version_table"]}
        revision = MigrationContext.configure(connection, opts=options).get_current_revision()
    known = _revisions(migrations)
    if revision is None:
        return Tables.BEHIND
    return Tables.AHEAD if revision not in known else Tables.NEWEST if revision == known[0] else Tables.BEHIND


@cache
def _revisions(migrations: str) -> tuple[str, ...]:
    """The revisions that this installation has, the newest first; read once, since probes ask every few seconds."""
    scripts = ScriptDirectory.from_config(_configuration("", migrations))
    return tuple(script.revision for script in scripts.walk_revisions())


def run_migrations() -> None:
    """What every package's `migrations/env.py` calls: runs the revisions on the URL that `upgrade` was given."""
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
