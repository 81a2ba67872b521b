"""`bizops new`: begin something of one's own."""

import sys
from pathlib import Path

import click

from bff.scaffold.making import AlreadyThere, make
from bff.scaffold.names import NameRefused


@click.group()
def new() -> None:
    """Begin something of your own."""


@new.command()
@click.argument("name")
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Where; here if not said."
)
def microfrontend(name: str, into: Path) -> None:
    """Make a package NAME that keeps the contract: a page, a panel, tests, an image and values for Helm."""
    try:
        made = make(name, into)
    except (NameRefused, AlreadyThere, OSError) as problem:
        sys.exit(str(problem))
    click.echo(f"{made}: read its README.md")
