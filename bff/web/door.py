"""Decides how many requests a process works on at once: one more is turned away instead of being kept waiting."""

import json
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

from flask import Flask
from markupsafe import escape
from prometheus_client import Gauge
from werkzeug.http import parse_accept_header
from werkzeug.wsgi import ClosingIterator

from bff.web.locale import LANGUAGES, catalogue
from bff.web.security import file_headers

SHORTLY: Final = "1"  # seconds, for Retry-After
# Who watches the portal must see it working hard, and files cost it nothing.
ALWAYS_OPEN: Final = ("/health/", "/static/", "/metrics", "/.well-known/")

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Door:
    """Stands before an app. `most`: how many may be inside, fewer than there are threads, which turn others away."""

    def __init__(self, app: Wsgi, most: int, base_url: str = "") -> None:
        self._app, self._most, self._headers = app, most, file_headers(base_url)
        self._inside = self.turned_away = 0
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(ALWAYS_OPEN):
            return self._app(environ, start_response)
        with self._lock:
            inside = self._inside < self._most
            if inside:
                self._inside += 1
            else:
                self.turned_away += 1
        if not inside:
            return _busy(environ, start_response, self._headers)
        try:
            return ClosingIterator(self._app(environ, start_response), self._leave)
        except BaseException:
            self._leave()
            raise

    def _leave(self) -> None:
        with self._lock:
            self._inside -= 1


def install(app: Flask, threads: int) -> None:
    """Keep some of the threads free to turn away those who would have to wait."""
    door = Door(app.wsgi_app, threads - max(1, threads // 6), app.config["BASE_URL"])
    app.wsgi_app = door  # type: ignore[method-assign]
    turned_away = Gauge("requests_turned_away", "Requests answered 503 at the door.", registry=None)
    turned_away.set_function(lambda: door.turned_away)
    app.extensions["metrics"].register(turned_away)


def _busy(environ: dict[str, Any], start_response: Any, fixed: dict[str, str]) -> Iterable[bytes]:
    """Said without the app, which has enough to do: nothing was looked at, so nothing was changed."""
    wished = parse_accept_header(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
    language = wished.best_match(LANGUAGES) or LANGUAGES[0]
    words = catalogue(("bff",), language)
    title = words.gettext("The portal is busy")
    sentence = words.gettext("Too much is asked of it at the moment. Nothing was changed. Try again in a moment.")
    if "text/html" in environ.get("HTTP_ACCEPT", "text/html"):
        kind = "text/html; charset=utf-8"
        page = f'<!doctype html><html lang="{language}"><title>{escape(title)}</title><div data-portal-error><h1>'
        body = f"{page}{escape(title)}</h1><p>{escape(sentence)}</p></div></html>".encode()
    else:
        kind = "application/problem+json"
        problem = {"type": "about:blank", "title": title, "status": 503, "detail": sentence}
        body = json.dumps(problem).encode()
    headers = {**fixed, "Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "no-store"}
    start_response("503 Service Unavailable", [*headers.items(), ("Retry-After", SHORTLY)])
    return [body]
