"""How a hub runs: in a thread for tests, under gunicorn for people."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

from flask import Flask
from werkzeug.serving import make_server

from sandbox.hub.app import create_app, worker_of
from sandbox.hub.database import Past
from sandbox.hub.service import Options, hub
from sandbox.serving import Server


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


def serve(create: Callable[[], Flask], bind: str) -> None:
    """Serve until stopped. One process: a second would be a second worker at the same tasks."""
    Server(lambda: _working(create()), bind, graceful_s=5).run()


def _working(app: Flask) -> Flask:
    # The worker is a thread, so it is started where the requests are served, not where gunicorn watches.
    worker_of(app).start()
    return app
