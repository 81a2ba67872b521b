"""`bizops reports`: begin a report, check one, run one, without a portal and without a cluster."""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import click

from bff import HubUnavailable, Missing, RuleBroken
from microfrontends.reports import sql_names
from microfrontends.reports.beginning import beginning
from microfrontends.reports.catalogue import STANDARD
from microfrontends.reports.domain.definition import Column, Format, Source
from microfrontends.reports.execute import HubDatabase, Unrunnable
from microfrontends.reports.export import WRITERS
from microfrontends.reports.own.database import OwnDatabase
from microfrontends.reports.own.tables import TABLES
from microfrontends.reports.report_file import BadReport, Entry, read_file
from microfrontends.reports.run import UNLIMITED, Asked, Run
from microfrontends.reports.source.line import Wait

SANDBOX = "sqlite:///var/hub.db"  # where `make run` keeps it
_database = click.option(
    "--database",
    envvar="BIZOPS_HUB_DATABASE_URL",
    default=SANDBOX,
    show_default=True,
    help="SQLAlchemy URL of a hub's.",
)
_values = click.option("--param", "-p", multiple=True, metavar="NAME=VALUE", help="A parameter; may be repeated.")
_reader = click.option("--as", "participant", help="See what this participant's people see; without it, hub staff.")


@dataclass(frozen=True)
class Reader:
    """Whoever sits at the terminal: hub staff, or the people of one participant."""

    participants: frozenset[str]

    @property
    def sees_all(self) -> bool:
        """Hub staff do."""
        return not self.participants


@click.group()
def reports() -> None:
    """Begin a report, check it, run it."""


@reports.command()
@click.argument("name")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Folder for the file.")
@click.option(
    "--source",
    type=click.Choice([each.value for each in Source]),
    default=Source.HUB.value,
    show_default=True,
    help="What it reads.",
)
@click.option("--permission", default="", help="That of a report which its readers may read already; else its own.")
def new(name: str, into: Path, source: str, permission: str) -> None:
    """Write a report file that passes `check`, to be changed into the one that is wanted."""
    path = into / f"{name}.yaml"
    if path.exists():
        sys.exit(f"{path} exists; choose another name")
    into.mkdir(parents=True, exist_ok=True)
    path.write_text(beginning(name, Source(source), permission), "utf-8")
    try:
        _entry(path)
    except SystemExit:
        path.unlink()
        raise
    click.echo(path)


@reports.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@_database
@_values
@_reader
@click.option("--rows", default=100_000, show_default=True, help="The most that a query may give.")
@click.option("--seconds", default=10.0, show_default=True, help="The longest that a query may take.")
def check(files: tuple[Path, ...], rows: int, seconds: float, **options: str | tuple[str, ...]) -> None:
    """Check files: shape, SQL, scope, tables; then EXPLAIN and a run of each query within a budget of rows and time."""
    for path in files:
        entry = _entry(path)
        run = _run(entry, options, {each: OwnDatabase(TABLES[each], dict, seconds) for each in TABLES})
        if entry.report.source is not Source.HUB:
            click.echo(f"{path}: the source {entry.report.source} has no rows outside of the portal")
        try:
            asked = run.sample(_given(options))
            for query, plan, count, spent in run.tried(asked, Wait(seconds), rows + 1):
                click.echo(f"{path}: {query}: {count} rows in {spent * 1000:.0f} ms; {plan}")
                if count > rows:
                    sys.exit(f"{path}: {query} gives more than {rows} rows; narrow it, or allow more with --rows")
        except (RuleBroken, Missing, HubUnavailable) as problem:
            sys.exit(f"{path}: {_words(problem)}")
        click.echo(f"{path}: ok")


@reports.command()
@click.argument("file", type=click.Path(path_type=Path))
@_database
@_values
@_reader
@click.option("--format", "form", type=click.Choice([form.value for form in Format]), default="csv", show_default=True)
@click.option("--out", type=click.File("wb"), default="-", help="Where to; the terminal unless given.")
def run(file: Path, form: str, out: BinaryIO, **options: str | tuple[str, ...]) -> None:
    """Run a report, a file or the name of a standard one, and write it in one of its formats."""
    entry = _entry(file if file.exists() else STANDARD / f"{file}.yaml")
    running = _run(entry, options)
    asked = running.asked(_given(options))
    if not asked.fit:
        sys.exit("\n".join(_problems(asked)))
    writer, begun = WRITERS[Format(form)], time.perf_counter()
    try:
        with running.document(asked, Wait(running.seconds(600)), min(writer.most, UNLIMITED)) as document:
            for piece in writer.stream(document, _label):
                out.write(piece)
            click.echo(f"{document.count} rows in {time.perf_counter() - begun:.2f} s", err=True)
    except (RuleBroken, Missing, HubUnavailable) as problem:
        sys.exit(_words(problem))


def _entry(path: Path) -> Entry:
    try:
        return read_file(path, sql_names.beside(path.parent / "tables.json"))
    except BadReport as problem:
        sys.exit("\n".join(str(each) for each in problem.every))
    except OSError as problem:
        sys.exit(f"{path}: {problem.strerror}")


def _run(
    entry: Entry, options: Mapping[str, str | tuple[str, ...]], others: Mapping[Source, HubDatabase] | None = None
) -> Run:
    participant = str(options["participant"] or "")
    reader = Reader(frozenset({participant} - {""}))
    database = HubDatabase(str(options["database"]), 20)
    database.others.update(others or {})
    try:
        return Run(entry, reader, database)
    except RuleBroken as problem:
        sys.exit(str(problem))


def _given(options: Mapping[str, str | tuple[str, ...]]) -> dict[str, str]:
    return {name: value for name, _, value in (str(each).partition("=") for each in options["param"])}


def _problems(asked: Asked) -> list[str]:
    return [f"{each.param.name} ({each.param.type}): {each.value!r} is {each.fault}" for each in asked.problems]


def _words(problem: Exception) -> str:
    return problem.words if isinstance(problem, Unrunnable) else str(problem)


def _label(column: Column) -> str:
    return column.label["en"]
