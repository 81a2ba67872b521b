"""Who is turned away when a process has enough to do, and what they are told."""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from bff.web import door
from bff.web.door import Door


class Slow:
    """An app that answers when the test says so."""

    def __init__(self) -> None:
        self.arrived, self.release = threading.Event(), threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/slow":
            self.arrived.set()
            self.release.wait(10)
        start_response("200 OK", [])
        return [b"done"]


def test_one_more_is_turned_away_at_once_and_told_when_to_come_back() -> None:
    slow = Slow()
    client = Client(Door(slow, 1))
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(lambda: client.get("/slow", buffered=True))
        assert slow.arrived.wait(10)
        refused = client.get("/", headers={"Accept": "text/html", "Accept-Language": "fr"})
        api = client.get("/api/pages", headers={"Accept": "application/json"})
        watched = client.get("/health/live")
        slow.release.set()
        assert first.result(10).text == "done"
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert "Le portail est très sollicité" in refused.text
    assert refused.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert (api.status_code, api.mimetype) == (503, "application/problem+json")
    assert watched.text == "done"
    assert client.get("/").text == "done"


def test_whoever_leaves_makes_room_also_after_a_failure() -> None:
    def fails(environ: object, start_response: object) -> list[bytes]:
        raise ZeroDivisionError

    client = Client(Door(fails, 1))
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            client.get("/")


def test_how_many_were_turned_away_is_told_to_whoever_watches(app: Flask) -> None:
    door.install(app, threads=1)
    refused = app.test_client().get("/gates")
    assert refused.status_code == 503
    assert "requests_turned_away 1.0" in app.test_client().get("/metrics").text
