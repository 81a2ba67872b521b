"""Serves the provider on loopback: `python -m sandbox.provider --port 8001 --users FILE --clients FILE --state DIR`."""

from pathlib import Path

import click

from sandbox.provider import Files, create_app
from sandbox.serving import Server


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--users", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--clients", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--machines", type=click.Path(path_type=Path, exists=True), help="Clients with roles of their own.")
@click.option("--state", type=click.Path(path_type=Path), required=True, help="Folder for keys and sessions.")
@click.option("--issuer", default="", help="Own URL; http://localhost:PORT when left out.")
def main(port: int, state: Path, issuer: str, **files: Path) -> None:
    """Serve the sandbox's OpenID provider until stopped."""
    own_url = issuer or f"http://localhost:{port}"
    # Loopback only: the passwords of the users file are known to everybody. One process: refresh tokens are spent under
    # a lock in it.
    Server(lambda: create_app(own_url, Files(**files), state), f"127.0.0.1:{port}", graceful_s=2).run()


if __name__ == "__main__":
    main()
