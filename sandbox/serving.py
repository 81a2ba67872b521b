"""Serves one of the sandbox's own apps under gunicorn: one process, since each keeps something in memory."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

OPTIONS = {
    "workers": 1,
    "worker_class": "gthread",
    "threads": 16,
    "keepalive": 75,
    "timeout": 60,
    "loglevel": "warning",
    "control_socket_disable": True,
}


class Server(BaseApplication):
    """gunicorn at an address (`host:port`); the app is made by `create` in the process that serves it."""

    def __init__(self, create: Callable[[], Flask], bind: str, *, graceful_s: int) -> None:
        self._create = create
        self._own = {"bind": bind, "graceful_timeout": graceful_s}
        super().__init__()

    def load_config(self) -> None:
        """Options of gunicorn."""
        for name, value in (OPTIONS | self._own).items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The app, in its process."""
        return self._create()
