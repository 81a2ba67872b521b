"""How a hub runs: in a thread for tests, under gunicorn for people."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from werkzeug.serving import make_server

from sandbox.hub.app import create_app, worker_of
from sandbox.hub.database import Past
from sandbox.hub.service import Options, hub


@contextmanager
def running(
    database_url: str, options: Options | None = None, *, port: int = 0, past: Past | None = None
) -> Iterator[str]:
    """A hub in a thread of this process, with its worker; gives its base URL and stops it at the end."""
    app = create_app(database_url, options, past=past)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = Thread(target=server.serve_forever, name="hub-server", daemon=True)
    worker_of(app).start()
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        worker_of(app).stop()
        with app.app_context():
            hub().database.close()


class Server(BaseApplication):
    """One gunicorn process with threads: a second process would be a second worker at the same tasks."""

    def __init__(self, create: Callable[[], Flask], bind: str) -> None:
        self._create, self._bind = create, bind
        super().__init__()

    def load_config(self) -> None:
        """Options of gunicorn."""
        options: dict[str, Any] = {
            "bind": self._bind,
            "workers": 1,
            "worker_class": "gthread",
            "threads": 16,
            "keepalive": 75,
        }
        options |= {"timeout": 60, "graceful_timeout": 5, "loglevel": "warning", "control_socket_disable": True}
        for key, value in options.items():
            self.cfg.set(key, value)

    def load(self) -> Any:
        """Make the hub in the process that serves it, and start its worker there."""
        app = self._create()
        worker_of(app).start()
        return app
