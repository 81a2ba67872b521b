"""Serves the provider: `python -m sandbox.provider --port 8001 --users FILE --clients FILE --state DIR`."""

from pathlib import Path

import click

from sandbox.provider import Files, create_app
from sandbox.serving import Server

USERS = Path(__file__).parents[1] / "users.yaml"


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address; 0.0.0.0 in a sandbox's container.")
@click.option("--users", type=click.Path(path_type=Path, exists=True), default=USERS, help="Who can sign in.")
@click.option("--clients", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--machines", type=click.Path(path_type=Path, exists=True), help="Clients with roles of their own.")
@click.option("--state", type=click.Path(path_type=Path), required=True, help="Folder for keys and sessions.")
@click.option("--issuer", default="", help="Own URL; http://localhost:PORT when left out.")
def main(port: int, host: str, state: Path, issuer: str, **files: Path) -> None:
    """Serve the sandbox's OpenID provider until stopped."""
    own_url = issuer or f"http://localhost:{port}"
    # On loopback unless told otherwise: the passwords of the users file are known to everybody. One process: refresh
    # tokens are spent under a lock in it.
    Server(lambda: create_app(own_url, Files(**files), state), f"{host}:{port}", graceful_s=2).run()


if __name__ == "__main__":
    main()
