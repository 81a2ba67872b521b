"""Runs one app under gunicorn, with settings that fit a server that mostly waits for others.

One worker is the whole server, and whoever started it starts it again. Several have gunicorn's arbiter over them, which
loads the app's code once, for all of them to share.
"""

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from bff import alone
from bff.refusals import ServerLog
from bff.settings import SettingsError
from bff.worker import Worker

if TYPE_CHECKING:
    from flask import Flask

SHARED_MEMORY = "/dev/shm"  # noqa: S108
GROUP, WORKERS = "bizops.apps", "bizops.workers"


class UnknownApp(Exception):
    """No installed distribution offers an app, or a worker, of this name; the message lists those that exist."""


def work(name: str) -> None:
    """Run an app's worker until stopped: what of the app outlives a request."""
    worker = _installed(WORKERS, "worker", name)
    try:
        worker.load()()
    except SettingsError as problem:
        sys.exit(str(problem))


def _installed(group: str, what: str, name: str) -> EntryPoint:
    found = {point.name: point for point in entry_points(group=group)}
    if name not in found:
        raise UnknownApp(f"There is no {what} {name!r}. Installed: {', '.join(sorted(found))}.")
    return found[name]


class Server(BaseApplication):
    """gunicorn with its options given as a dictionary."""

    def __init__(self, create: Callable[[], "Flask"], options: dict[str, Any]) -> None:
        self._create, self._options = create, options
        super().__init__()

    def load_config(self) -> None:
        """Take the options over."""
        for key, value in self._options.items():
            self.cfg.set(key, value)

    def run(self) -> None:
        """Serve until stopped."""
        if self.cfg.workers == 1:
            alone.serve(self)
        else:
            super().run()

    def load(self) -> Any:
        """Make the app in the worker, so that no connection is shared between processes."""
        try:
            app = self._create()
            from bff.change import audit_wiring, caretaker  # loaded by the app already, and never where there is none
            from bff.web import door

            caretaker.start(app)
            audit_wiring.keep_watch(app)
            door.install(app, self.cfg.threads)
            Worker.drain_seconds = app.extensions["portal_settings"].drain_seconds
            return app
        except SettingsError as problem:
            sys.stderr.write(f"{problem}\n")
            sys.exit(Arbiter.APP_LOAD_ERROR)  # the one code at which gunicorn stops instead of starting another worker


def serve(name: str, bind: str, *, workers: int, threads: int) -> None:
    """Serve until stopped: what an installed distribution registers under the name, ours or a stranger's."""
    app = _installed(GROUP, "app", name)
    if workers > 1:
        app.load()
    Server(lambda: app.load()(), options(bind, workers=workers, threads=threads)).run()


def options(bind: str, *, workers: int, threads: int) -> dict[str, Any]:
    """gunicorn's. Keep-alive outlasts the shell's idle connections, so that none is cut while in use."""
    return {
        "bind": bind,
        "workers": workers,
        "threads": threads,
        "worker_class": Worker,
        "keepalive": 75,
        "graceful_timeout": 20,
        "timeout": 60,
        # Of several, one begins anew now and then, so that nothing that leaks adds up; not all of them at one moment.
        "max_requests": 50_000 if workers > 1 else 0,
        "max_requests_jitter": 5_000,
        # Its heartbeat is a file: in memory, where a disk is read-only or slow.
        "worker_tmp_dir": SHARED_MEMORY if Path(SHARED_MEMORY).is_dir() else None,
        # What was loaded before a worker began stays as it is, and in memory once for all of them.
        "pre_fork": lambda _server, _worker: alone.settle(),
        "post_worker_init": lambda _worker: alone.settle(),
        "loglevel": "warning",
        "logger_class": ServerLog,
        "control_socket_disable": True,
    }
