"""Decides which home pages need no thread: those of a known visitor whose request has arrived to the last byte."""

import re
import secrets
from collections.abc import Sequence
from typing import Any, Final

from bff.web.observe import Trail
from bff.worker import Headers
from shell.copies import MemoryCopies
from shell.deadlines import LateError
from shell.fast.front import ENDPOINT, PATH, Front, Page, is_usual
from shell.fast.visitors import Visitor
from shell.forwarding import Behalf

# Plain lines only. What two readers could take for two different requests is left to the server's own.
_HEAD: Final = re.compile(rb"GET / HTTP/1\.1\r\n((?:[A-Za-z0-9-]+: ?[ -~]*\r\n)+)\r\n")
PATIENCE: Final = 0.02  # seconds for which a page is held back, to be sent as one: nobody sees so few


class Loop:
    """What the worker's main thread asks for a page."""

    def __init__(self, front: Front) -> None:
        self._front = front
        # Copies in Redis have to be waited for, which the main thread never does.
        self._able = isinstance(front.home.platform.copies, MemoryCopies)

    def talk(self, head: bytes) -> "Talk | None":
        """How to answer a request without a thread; None when it needs one."""
        environ = environ_of(head) if self._able else None
        if environ is None or not is_usual(environ):
            return None
        visitor = self._front.visitors.known(environ)
        return Talk.of(self._front, visitor, environ) if visitor else None


class Talk:
    """One page under way."""

    late = LateError

    def __init__(self, front: Front, trail: Trail, page: Page, environ: dict[str, str]) -> None:
        self._front, self._trail, self._page, self._environ = front, trail, page, environ
        self._calls = page.filling.calls()
        self._asking = page.filling.begin(self._calls)
        self.conversations = self._asking.conversations
        self.patient_until = trail.started + PATIENCE
        self.deadline = trail.started + page.filling.seconds

    @classmethod
    def of(cls, front: Front, visitor: Visitor, environ: dict[str, str]) -> "Talk | None":
        """The page of a visitor, unless its frame is to be made first."""
        trail = Trail.begun(environ.get("HTTP_TRACEPARENT", ""))
        nonce = secrets.token_urlsafe(16)
        about = trail.trace_id, trail.request_id, trail.span_id, trail.sampled
        behalf = Behalf(visitor.identity, visitor.language, nonce, *about)
        filling = front.home.filling(behalf)
        frame = front.frame(visitor, waits=filling.waits)
        if frame is None:
            return None
        return cls(front, trail, Page(front, frame, trail, filling), environ)

    def begin(self) -> tuple[Headers, bytes]:
        """Headers, and what can be sent at once."""
        return self._page.headers(), self._page.first()

    def answer(self, results: Sequence[Any]) -> tuple[Headers, bytes]:
        """Headers, and all that has not been sent."""
        self._front.watch.begin(self._trail, self._page.filling.behalf.identity)
        rest = self._page.rest(self._page.filling.take(self._calls, self._asking.end(results)), self._environ)
        self._front.watch.finish(self._trail, ENDPOINT, "GET", 200, PATH)
        return self._page.headers(), rest

    def abandon(self) -> None:
        """A thread asks anew."""
        self._asking.abandon()


def environ_of(head: bytes) -> dict[str, str] | None:
    """A request's head as WSGI has it; None unless it is as plain as a browser's, each header once."""
    plain = _HEAD.fullmatch(head)
    if plain is None:
        return None
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": PATH}
    for line in plain[1].decode("ascii").split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        name = f"HTTP_{name.upper().replace('-', '_')}"
        if name in environ:
            return None
        environ[name] = value.strip()
    plainly = "HTTP_HOST" in environ and "HTTP_CONTENT_LENGTH" not in environ
    return environ if plainly and environ.get("HTTP_CONNECTION", "keep-alive").lower() == "keep-alive" else None
