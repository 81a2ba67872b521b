"""`python -m sandbox.up`: the same as `bizops up`, without loading the library that only the apps need."""

import click

from sandbox.up.console import up


@click.command()
@click.option("--port", envvar="PORT", default=8000, show_default=True, help="Port of the shell; the others follow it.")
@click.option("--fresh", is_flag=True, help="Forget earlier state and begin with a new sandbox.")
def main(port: int, fresh: bool) -> None:
    """Run everything on this machine, with a sandbox hub and a development OpenID provider."""
    up(port, fresh)


if __name__ == "__main__":
    main()
