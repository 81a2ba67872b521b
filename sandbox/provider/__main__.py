"""Serves the provider on loopback: `python -m sandbox.provider --port 8001 --users FILE --clients FILE --state DIR`."""

from pathlib import Path
from typing import Any

import click
from gunicorn.app.base import BaseApplication

from sandbox.provider import create_app


class Server(BaseApplication):
    """gunicorn with one process, because refresh tokens are spent under a lock of this process."""

    def __init__(self, port: int, arguments: dict[str, Any]) -> None:
        self._port, self._arguments = port, arguments
        super().__init__()

    def load_config(self) -> None:
        """Loopback only: the passwords of the users file are known to everybody."""
        for name, value in {
            "bind": f"127.0.0.1:{self._port}",
            "worker_class": "gthread",
            "threads": 16,
            "graceful_timeout": 2,
            "keepalive": 75,
            "loglevel": "warning",
            "control_socket_disable": True,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Make the app in the worker, which owns the store."""
        return create_app(**self._arguments)


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--users", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--clients", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--state", type=click.Path(path_type=Path), required=True, help="Folder for keys and sessions.")
@click.option("--issuer", default="", help="Own URL; http://localhost:PORT when left out.")
def main(port: int, users: Path, clients: Path, state: Path, issuer: str) -> None:
    """Serve the sandbox's OpenID provider until stopped."""
    arguments = {"users": users, "clients": clients, "state": state}
    Server(port, {**arguments, "issuer": issuer or f"http://localhost:{port}"}).run()


if __name__ == "__main__":
    main()
