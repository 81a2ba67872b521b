"""The home page without a view of Flask's: see `front` for when, `loop` for what even needs no thread."""

from flask import Flask

from bff.worker import EXTENSION
from shell.fast.front import Front
from shell.fast.loop import Loop
from shell.pages.home import Home

__all__ = ["install"]


def install(app: Flask, home: Home) -> None:
    """Put the front before an app, and offer the worker what needs no thread."""
    front = Front(app, home)
    app.wsgi_app = front  # type: ignore[method-assign]
    app.extensions[EXTENSION] = Loop(front)
