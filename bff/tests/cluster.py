"""A small API server of a cluster: lists in pages, watches from a version on, forgets old versions, checks tokens."""

import json
import ssl
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

PAGE = 2  # so small that every list of some length comes in pages


class Shelf:
    """The objects under one path; `put`, `remove` and `compact` are what the cluster does."""

    def __init__(self) -> None:
        self._objects: dict[str, dict[str, Any]] = {}
        self._events: list[tuple[int, dict[str, Any]]] = []
        self._version, self._oldest = 1, 0
        self._changed = threading.Condition()
        self._cut = 0

    def get(self, name: str) -> dict[str, Any] | None:
        """An object as it is now."""
        with self._changed:
            found: dict[str, Any] | None = json.loads(json.dumps(self._objects.get(name)))
            return found

    def put(self, name: str, document: Mapping[str, Any] | None = None, **labels: str) -> None:
        """Create an object, or replace it."""
        with self._changed:
            kind = "MODIFIED" if name in self._objects else "ADDED"
            given = dict(document or {})
            told = {"namespace": "hub", **given.pop("metadata", {}), "name": name}
            self._objects[name] = {**given, "metadata": {"labels": labels, **told}}
            self._happen(kind, name)

    def remove(self, name: str) -> None:
        """Delete an object."""
        with self._changed:
            self._happen("DELETED", name)
            del self._objects[name]

    def compact(self) -> None:
        """Forget what happened before now: whoever watches from an earlier version is told 410."""
        with self._changed:
            self._version += 1
            self._oldest = self._version

    def cut(self) -> None:
        """End every open watch, as an API server does from time to time."""
        with self._changed:
            self._cut += 1
            self._changed.notify_all()

    def _happen(self, kind: str, name: str) -> None:
        self._version += 1
        self._objects[name]["metadata"]["resourceVersion"] = str(self._version)
        self._events.append((self._version, {"type": kind, "object": json.loads(json.dumps(self._objects[name]))}))
        self._changed.notify_all()

    def listing(self, query: Mapping[str, str]) -> dict[str, Any]:
        """One page of a list."""
        with self._changed:
            selected = [item for _, item in sorted(self._objects.items()) if _fits(item, query)]
            begin = int(query.get("continue", 0))
            told = {"resourceVersion": str(self._version)}
            if begin + PAGE < len(selected):
                told["continue"] = str(begin + PAGE)
            return {"metadata": told, "items": selected[begin : begin + PAGE]}

    def watch(self, query: Mapping[str, str], say: Any) -> None:
        """Say each change after the version that is asked for, until the watch is cut."""
        seen, cut = int(query["resourceVersion"]), self._cut
        if seen < self._oldest:
            say({"type": "ERROR", "object": {"code": 410, "message": "too old resource version"}})
            return
        while True:
            with self._changed:
                while self._version <= seen and self._cut == cut:
                    self._changed.wait(30)
                if self._cut > cut:
                    return
                due = [event for version, event in self._events if version > seen]
                seen = self._version
            for event in due:
                if _fits(event["object"], query):
                    say(event)
            say({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(seen)}}})


class SmallCluster(Shelf):
    """A cluster with one shelf, at `path`. Use as a context manager."""

    def __init__(self, path: str, token: str = "", tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self.path, self.token = path, token
        self.asked: list[dict[str, str]] = []  # the query of each request that was let in
        self.refused, self.over = 0, False
        cluster = self

        class Handler(_Handler):
            owner = cluster

        self._server = _Server(("127.0.0.1", 0), Handler)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://localhost:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over = True
        self.cut()
        self._server.shutdown()
        self._server.server_close()

    def shelf(self, path: str) -> Shelf | None:
        """What a path lists."""
        return self if path == self.path else None

    def one(self, path: str) -> dict[str, Any] | None:
        """The object at a path."""
        return None

    def patched(self, path: str, told: dict[str, Any], kind: str) -> dict[str, Any] | None:
        """The object at a path, changed; None where there is none. `kind`: the patch's media type."""
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A peer that leaves, or that does not trust us, is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: SmallCluster

    def do_GET(self) -> None:
        if self.owner.over:
            self.close_connection = True
            return
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        if self.owner.token and self.headers.get("Authorization") != f"Bearer {self.owner.token}":
            self.owner.refused += 1
            self._answer(401, {"kind": "Status", "code": 401})
        elif shelf := self.owner.shelf(parts.path):
            self.owner.asked.append(query)
            self._stream(shelf, query) if query.get("watch") else self._answer(200, shelf.listing(query))
        else:
            self._say(self.owner.one(parts.path))

    def do_PATCH(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._say(self.owner.patched(urlsplit(self.path).path, told, self.headers["Content-Type"]))

    def _say(self, found: Mapping[str, Any] | None) -> None:
        self._answer(404, {"kind": "Status", "code": 404}) if found is None else self._answer(200, found)

    def _answer(self, status: int, document: Mapping[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, shelf: Shelf, query: Mapping[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

        def say(event: Mapping[str, Any]) -> None:
            line = json.dumps(event).encode() + b"\n"
            half = len(line) // 2  # a line need not come in one piece
            for piece in (line[:half], line[half:]):
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                self.wfile.flush()

        try:
            shelf.watch(query, say)
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing: the tests look at what was asked."""


def _fits(item: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    wanted = query.get("labelSelector", "")
    labels = item["metadata"].get("labels", {})
    key, equals, value = wanted.partition("=")
    return not wanted or (labels.get(key) == value if equals else key in labels)
