"""The `bizops` command: serve an app, run everything on a laptop, upgrade databases, write the reference pages."""

import sys
from http.client import HTTPConnection
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import click

from bff.serve import UnknownApp
from bff.serve import serve as run_server
from bff.serve import work as run_worker

COMMANDS = "bizops.commands"  # entry points: an app's own click group, under its name
# Ours, by the module of each: a server, which is the command that lives longest, has none of the others in memory.
OWN = {
    "assertions": "bff.identity.cli",
    "audit": "bff.change.cli",
    "check": "bff.conformance.cli",
    "db": "bff.database_cli",
    "doctor": "bff.doctor.cli",
    "journeys": "bff.journeys.cli",
    "new": "bff.scaffold.cli",
    "operator": "bff.operator.cli",
    "roles": "bff.access.cli",
}


class Commands(click.Group):
    """Our own commands, and those that an app brings: loaded when they are asked for, so that the rest starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all."""
        return sorted({*super().list_commands(ctx), *OWN, *entry_points(group=COMMANDS).names})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, if any."""
        here = super().get_command(ctx, cmd_name)
        if here is None and cmd_name in OWN:
            here = getattr(import_module(OWN[cmd_name]), cmd_name)
        brought = [point.load() for point in entry_points(group=COMMANDS, name=cmd_name)] if here is None else []
        return here or next(iter(brought), None)


@click.group(cls=Commands)
@click.version_option(package_name="bizops-portal")
def main() -> None:
    """The operations portal of a Mojaloop payment hub."""


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
