"""The `bizops` command: serve an app, run everything on a laptop, upgrade databases, write the reference pages."""

import os
import sys
from http.client import HTTPConnection
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import click

from bff.access.assignments import MIGRATIONS as ACCESS
from bff.access.cli import roles
from bff.change.cli import audit
from bff.conformance.cli import check
from bff.database import NotEmbedded, copy_embedded, own_migrations, upgrade
from bff.doctor.cli import doctor
from bff.identity.cli import assertions
from bff.journeys.cli import journeys
from bff.operator.cli import operator
from bff.scaffold.cli import new
from bff.serve import GROUP, UnknownApp
from bff.serve import serve as run_server
from bff.serve import work as run_worker

COMMANDS = "bizops.commands"  # entry points: an app's own click group, under its name
APPS = {point.name for point in entry_points(group=GROUP)}


class Commands(click.Group):
    """Our own commands, and those that an app brings: loaded when they are asked for, so that the rest starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all."""
        return sorted({*super().list_commands(ctx), *entry_points(group=COMMANDS).names})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, if any."""
        own = super().get_command(ctx, cmd_name)
        brought = [point.load() for point in entry_points(group=COMMANDS, name=cmd_name)] if own is None else []
        return own or next(iter(brought), None)


@click.group(cls=Commands)
@click.version_option(package_name="bizops-portal")
def main() -> None:
    """The operations portal of a Mojaloop payment hub."""


main.add_command(roles)


main.add_command(audit)


main.add_command(check)


main.add_command(operator)


main.add_command(journeys)


main.add_command(doctor)


main.add_command(assertions)


main.add_command(new)


PORT = click.option("--port", envvar="PORT", default=8000, show_default=True, help="Port to listen on.")


@main.command()
@click.argument("name", envvar="BIZOPS_APP")
@PORT
@click.option("--host", envvar="HOST", default="127.0.0.1", show_default=True, help="Address; 0.0.0.0 in a container.")
@click.option("--workers", default=1, show_default=True, help="Processes.")
@click.option("--threads", default=24, show_default=True, help="Requests that one process serves at once.")
def serve(name: str, port: int, host: str, workers: int, threads: int) -> None:
    """Serve one app: shell, a micro-frontend, ours or one that another distribution brings."""
    try:
        run_server(name, f"{host}:{port}", workers=workers, threads=threads)
    except UnknownApp as problem:
        sys.exit(str(problem))


@main.command()
@PORT
def healthy(port: int) -> None:
    """Whether the app that listens on this port of this machine is alive: for a container's health check."""
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health/live")
        alive = connection.getresponse().status == 200
    except OSError as problem:
        sys.exit(f"Nothing answers on port {port}: {problem}.")
    finally:
        connection.close()
    sys.exit(0 if alive else f"What listens on port {port} says that it is not alive.")


@main.command()
@click.argument("name", envvar="BIZOPS_APP")
def work(name: str) -> None:
    """Run one app's worker: what outlives a request, and what happens by the clock. Any number may run."""
    try:
        run_worker(name)
    except UnknownApp as problem:
        sys.exit(str(problem))


@main.command()
@click.option("--port", envvar="PORT", default=8000, show_default=True, help="Port of the shell; the others follow it.")
@click.option("--fresh", is_flag=True, help="Forget earlier state and begin with a new sandbox.")
def up(port: int, fresh: bool) -> None:
    """Run everything on this machine, with a sandbox hub and a development OpenID provider."""
    import_module("sandbox.up").up(port, fresh)


@main.group()
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


@main.command()
@click.option("--into", type=click.Path(path_type=Path), default=Path("docs/reference"), show_default=True)
@click.option("--charts", type=click.Path(path_type=Path), default=Path("helm"), show_default=True)
def docs(into: Path, charts: Path) -> None:
    """Write the generated reference pages, and the schemas of the charts' values and of custom resources."""
    written = {into / name: text for name, text in import_module("bff.contract.reference").pages().items()}
    if charts.is_dir():
        told = import_module("bff.contract.charts")
        written |= {charts / path: text for path, text in told.schemas(charts).items()}
        written[into / "helm-values.md"] = told.page(charts)
    for path, text in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        click.echo(path)
