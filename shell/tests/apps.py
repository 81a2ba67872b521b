"""Micro-frontends for the shell's tests: scripted servers with a manifest and a table of paths."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shell.tests.scripted import Peer, Script

Route = Callable[[Peer, "Asked"], None]


@dataclass(frozen=True)
class Asked:
    """A request as it arrived at a micro-frontend; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, raw: bytes) -> "Asked":
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        pairs = (line.split(": ", 1) for line in lines)
        return cls(method, target, {name.lower(): value for name, value in pairs}, body)


def manifest(name: str, **more: Any) -> dict[str, Any]:
    """A manifest with one menu entry for everyone and one for holders of `<name>:page:read`."""
    return {
        "contract": "1",
        "name": name,
        "version": "1.0",
        "title": {"en": f"App {name}", "fr": f"Appli {name}"},
        "navigation": [
            {"label": {"en": "Pages", "fr": "Feuilles"}, "href": "/pages", "permission": f"{name}:page:read"},
            {"label": "Open to all", "href": "/open"},
        ],
        **more,
    }


def page(peer: Peer, asked: Asked) -> None:
    """A fragment that says where it was asked for."""
    body = f"<h1>Page {asked.target}</h1>".encode()
    peer.answer(body, Portal_Title="Page%20caf%C3%A9", Portal_Version="1.0")


def routes(table: dict[str, Route]) -> Script:
    """A script that answers by path; whatever the table does not hold is a page."""

    def script(peer: Peer) -> None:
        while peer.request():
            asked = Asked.of(peer.server.requests[-1])
            path = asked.target.partition("?")[0]
            table.get(path, page)(peer, asked)

    return script


def says(body: bytes, status: str = "200 OK", **headers: str) -> Route:
    """A route that always answers the same."""
    return lambda peer, asked: peer.answer(b"" if asked.method == "HEAD" else body, status, **headers)


def hangs(peer: Peer, asked: Asked) -> None:
    """A route that never answers."""
    peer.hang()


def told(document: Any, status: str = "200 OK") -> Route:
    """A route that always answers the same JSON."""
    return says(json.dumps(document).encode(), status, Content_Type="application/json", Portal_Version="1.0")
