"""What other apps call their permissions: asked over HTTP, remembered, and nobody else's trouble when one is away."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from microfrontends.users.manifests import Manifests

SETTLEMENT: dict[str, Any] = {
    "contract": "1",
    "name": "settlement",
    "version": "1",
    "title": {"en": "Settlement", "fr": "Règlement"},
    "navigation": [
        {"label": "Settlement windows", "href": "/windows", "icon": "x", "permission": "settlement:window:view"},
        {"label": "Finalisation", "href": "/finalise", "icon": "x", "permission": "settlement:settlement:finalise"},
    ],
    "permissions": [{"id": "settlement:window:close", "sentence": "Close a settlement window"}],
    "surprise": ["of a newer contract"],
}


@contextmanager
def serving(document: object) -> Iterator[str]:
    """An app that has this manifest; a number is a status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(document if isinstance(document, int) else 200)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode() if self.path == "/manifest.json" else b"")

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_apps_words_are_its_manifests() -> None:
    with serving(SETTLEMENT) as url:
        known = Manifests({"settlement": url + "/"})
        assert known.sentence("settlement:window:close") == "Close a settlement window"
        assert known.sentence("settlement:window:open") == ""
        assert known.sentence("nobody:knows:this") == ""
        assert [entry.permission for entry in known.apps()["settlement"].menu] == [
            "settlement:window:view",
            "settlement:settlement:finalise",
        ]


def test_ones_own_words_need_no_asking_and_the_order_is_the_menus() -> None:
    own = {"name": "users", "title": "Users", "permissions": [{"id": "users:a:b", "sentence": "Do it"}]}
    with serving(SETTLEMENT) as url:
        known = Manifests({"users": "http://localhost:9", "settlement": url}, own)
        assert list(known.apps()) == ["users", "settlement"]
    assert Manifests({}, own).sentence("users:a:b") == "Do it"


def test_the_last_words_stand_while_an_app_is_away() -> None:
    with serving(SETTLEMENT) as url:
        known = Manifests({"settlement": url})
        assert known.apps()
    known._until = 1.0  # long ago: it is asked again, and does not answer
    assert known.sentence("settlement:window:close") == "Close a settlement window"


@pytest.mark.parametrize(
    "document",
    [404, 500, [], "text", {"name": "x"}, {**SETTLEMENT, "title": 7}, {**SETTLEMENT, "title": {"fr": "sans anglais"}}],
)
def test_what_is_no_manifest_leaves_ids_in_place_of_words(document: object) -> None:
    with serving(document) as url:
        assert Manifests({"settlement": url}).apps() == {}
    assert Manifests({"settlement": "http://localhost:9"}).apps() == {}
