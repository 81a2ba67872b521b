"""`bizops db`: brings databases to the newest revision of their tables, and copies those that are files."""

import os
import sys
from importlib.metadata import entry_points
from pathlib import Path

import click

from bff.access.assignments import MIGRATIONS as ACCESS
from bff.database import NotEmbedded, copy_embedded, own_migrations, upgrade
from bff.serve import GROUP

APPS = {point.name for point in entry_points(group=GROUP)}


@click.group()
def db() -> None:
    """Databases of the portal."""


@db.command("upgrade")
@click.argument("name", type=click.Choice(["access", *sorted(APPS)]))
def db_upgrade(name: str) -> None:
    """Bring the shared access store, or an app's own database, to the newest revision of its tables."""
    variable = "BIZOPS_ACCESS_DATABASE_URL" if name == "access" else "BIZOPS_DATABASE_URL"
    if not os.environ.get(variable):
        sys.exit(f"{variable} is not set; it names the database to upgrade.")
    if os.environ[variable].startswith("keto"):
        sys.exit("Ory Keto keeps its own tables: keto migrate up.")
    for where in [ACCESS] if name == "access" else own_migrations(name):
        upgrade(os.environ[variable], where)
    click.echo(f"{name}: at the newest revision")


@db.command("copy")
@click.argument("name", type=click.Choice(["access", *sorted(APPS)]))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def db_copy(name: str, file: Path) -> None:
    """Write a copy of an embedded (SQLite) database to FILE while it is in use. Others have tools of their own."""
    own = f"sqlite:///{Path(os.environ.get('BIZOPS_STATE_DIR') or 'var') / 'app.sqlite'}"
    variable = "BIZOPS_ACCESS_DATABASE_URL" if name == "access" else "BIZOPS_DATABASE_URL"
    url = os.environ.get(variable) or ("" if name == "access" else own)
    try:
        copy_embedded(url, file)
    except NotEmbedded as problem:
        sys.exit(f"{variable}: {problem}")
    except OSError as problem:
        sys.exit(f"{file}: {problem.strerror}")
    click.echo(f"{name}: {file}")
