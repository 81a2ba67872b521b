"""`bizops assertions`: a new key for the shell's identity assertions, without anybody noticing."""

from pathlib import Path

import click

from bff.identity.keyring import PUBLISHED_BEFORE_USE_S, add_key


@click.group()
def assertions() -> None:
    """The keys with which the shell vouches for people towards micro-frontends."""


@assertions.command("new-key")
@click.argument("keys", type=click.Path(dir_okay=False, path_type=Path))
def new_key(keys: Path) -> None:
    """Put a new key into the file KEYS and drop those long superseded. Running shells take it up by themselves."""
    click.echo(add_key(keys))
    click.echo(f"It is published now and signs in {PUBLISHED_BEFORE_USE_S} s; the old one stays until then.", err=True)
