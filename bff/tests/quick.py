"""A small app of which some requests need no thread: `python -m bff.tests.quick PORT UPSTREAM_PORT`."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from flask import Flask

from bff.serve import Server, options
from bff.worker import EXTENSION, Headers, Steps

LARGE = b"x" * 8_000_000


class Late(Exception):
    """Its time is up."""


class Talk:
    """Answers by what is asked for; `/wait` with the byte that an upstream sends, if it comes in time."""

    late = Late

    def __init__(self, path: str, upstream: int) -> None:
        self._path, self._upstream = path, upstream
        self.conversations: Sequence[Steps] = [self._byte()] if path in ("/wait", "/late") else []
        self.patient_until = time.monotonic() + 0.02
        self.deadline = time.monotonic() + (0.2 if path == "/late" else 10)

    def begin(self) -> tuple[Headers, bytes]:
        return [("X-Way", "main")], b"first "

    def answer(self, results: Sequence[Any]) -> tuple[Headers, bytes]:
        if self._path == "/broken":
            raise LookupError(self._path)
        return [("X-Way", "main")], LARGE if self._path == "/large" else b"".join(results) or b"at once"

    def abandon(self) -> None:
        for conversation in self.conversations:
            conversation.close()

    def _byte(self) -> Steps:
        with socket.create_connection(("127.0.0.1", self._upstream)) as peer:
            try:
                yield peer, 1
            except Late:
                return b"nothing"
            return peer.recv(1)


class Quick:
    """Everything but `/thread`."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream

    def talk(self, head: bytes) -> Talk | None:
        path = head.split(b" ")[1].decode()
        return None if path == "/thread" else Talk(path, self._upstream)


def app(upstream: int) -> Flask:
    """Says which way a request came."""
    made = Flask("quick")
    view = lambda path: (f"{path} by a thread", {"X-Way": "thread"})  # noqa: E731
    made.add_url_rule("/<path:path>", "any", view, methods=["GET", "POST"])
    made.extensions[EXTENSION] = Quick(upstream)
    return made


class Bare(Server):
    """Without what our own apps bring along."""

    def load(self) -> Any:
        return self._create()


@contextmanager
def process(upstream: int, *, begin_s: float, end_s: float) -> Iterator[int]:
    """The app in a process of its own; the port where it listens by now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        where = int(free.getsockname()[1])
    running = subprocess.Popen([sys.executable, "-m", "bff.tests.quick", str(where), str(upstream)])
    try:
        until = time.monotonic() + begin_s
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", where), 1):
                break
            time.sleep(0.05)
        yield where
    finally:
        running.terminate()
        running.wait(end_s)


if __name__ == "__main__":
    port, upstream = map(int, sys.argv[1:])
    Bare(lambda: app(upstream), options(f"127.0.0.1:{port}", workers=1, threads=4)).run()
