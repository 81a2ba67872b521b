"""`bizops audit`: verify an audit offline or in its database, take it out, and give it a new signing key."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bff.change.audit_files import NotAnExport, Verdict, heads_in, keys_in, verify_export
from bff.change.audit_live import verify_live
from bff.change.audit_reading import Reading
from bff.change.audit_table import audit_entry
from bff.change.heads import AuditKeys, Head, PublicKeys, add_key
from bff.change.verify import Witnesses, strict_json
from bff.database import engine_for
from bff.key_file import KeyFileError

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def audit() -> None:
    """The audit of one app."""


@audit.command()
@click.argument("export", type=FILE, required=False)
@click.option("--keys", type=FILE, help="Keys to believe, a JWK set got from elsewhere than the export.")
@click.option("--heads", type=FILE, multiple=True, help="What was signed earlier: an export, heads, or the app's log.")
def verify(export: Path | None, keys: Path | None, heads: tuple[Path, ...]) -> None:
    """Verify EXPORT, or without it the audit in the app's own database (BIZOPS_DATABASE_URL).

    Ends with 1 and names the first bad entry when the audit is not what it was.
    """
    try:
        believed = keys_in(keys.read_text("utf-8")) if keys else None
        verdict = _verified_file(export, believed, heads) if export else _verified_database(believed, heads)
    except (NotAnExport, KeyFileError, UnicodeDecodeError) as problem:
        sys.exit(f"{export or 'the audit'}: {problem}")
    except SQLAlchemyError as problem:
        sys.exit(f"the database cannot be read: {problem}")
    _say(verdict, pinned=bool(keys) or export is None, witnessed=bool(heads))


@audit.command()
@click.option("--from", "first", default=1, show_default=True, help="The first entry.")
@click.option("--into", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of standard output.")
def export(first: int, into: Path | None) -> None:
    """Write the audit in the app's own database (BIZOPS_DATABASE_URL) as JSON Lines."""
    try:
        reading, _ = _database()
        with into.open("w", encoding="utf-8") if into else click.open_file("-", "w", encoding="utf-8") as out:
            out.writelines(reading.export(first))
    except (KeyFileError, SQLAlchemyError, ValueError) as problem:
        sys.exit(f"the audit cannot be read: {problem}")


@audit.command("new-key")
@click.argument("keys", type=click.Path(dir_okay=False, path_type=Path))
def new_key(keys: Path) -> None:
    """Put a new signing key into the file KEYS. The next entry introduces it, signed with the old one."""
    click.echo(add_key(keys))


def _verified_file(export: Path, keys: PublicKeys | None, heads: Iterable[Path]) -> Verdict:
    with export.open(encoding="utf-8") as lines:
        app = _app_of(lines.readline())
        lines.seek(0)
        return verify_export(lines, keys, _witnesses(heads, app))


def _verified_database(keys: PublicKeys | None, heads: Iterable[Path]) -> Verdict:
    reading, own = _database()
    return verify_live(reading, keys or own.now().public, _witnesses(heads, reading.app))


def _database() -> tuple[Reading, AuditKeys]:
    """The audit that the environment names, as the app itself finds it."""
    folder = Path(os.environ.get("BIZOPS_STATE_DIR") or "var")
    url = os.environ.get("BIZOPS_DATABASE_URL") or f"sqlite:///{folder / 'app.sqlite'}"
    path = Path(os.environ.get("BIZOPS_AUDIT_KEYS") or folder / "audit-keys.json")
    if not path.exists():
        raise KeyFileError(f"{path} is not there; name the file of its keys with BIZOPS_AUDIT_KEYS.")
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        raise KeyFileError(f"there is no database at {url}; name it with BIZOPS_DATABASE_URL.")
    engine, keys = engine_for(url), AuditKeys(path)
    with engine.connect() as connection:
        first = connection.scalar(select(audit_entry.c.body).order_by(audit_entry.c.seq).limit(1))
    return Reading(engine, keys, _app_of(first or "{}")), keys


def _app_of(text: str) -> str:
    try:
        document = strict_json(text)
        return str(document.get("app") or document.get("entry", {}).get("app", ""))
    except (ValueError, AttributeError, RecursionError):
        return ""


def _witnesses(files: Iterable[Path], app: str) -> Witnesses:
    found: dict[int, set[Head]] = {}
    for path in files:
        with path.open(encoding="utf-8", errors="replace") as lines:
            for size, heads in heads_in(lines, app).items():
                found.setdefault(size, set()).update(heads)
    return found


def _say(verdict: Verdict, *, pinned: bool, witnessed: bool) -> None:
    if verdict.finding:
        good = max(verdict.last - verdict.first + 1, 0)
        click.echo(f"{verdict.app}: entry {verdict.finding.seq} is the first bad one ({verdict.finding.fault}).")
        click.echo(f"{verdict.finding.sentence} Good entries before it: {good}.")
        sys.exit(1)
    click.echo(f"{verdict.app}: entries {verdict.first} to {verdict.last} are what they were.")
    click.echo(f"root {verdict.root}\nkey  {verdict.key}")
    if not pinned:
        click.echo("Checked with the export's own keys. Name keys that you got elsewhere with --keys.", err=True)
    if not witnessed:
        click.echo("Nothing shows whether later entries were cut off. Name earlier heads with --heads.", err=True)
