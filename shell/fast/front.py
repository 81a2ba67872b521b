"""Decides which requests need no view of Flask's: a plain GET of the home page by somebody who is signed in.

What Flask makes is the only page there is: its frame is rendered and its headers are found out once a minute for each
session, and stamped with each page's nonce. Whatever is unusual about a request, or goes wrong, is left to Flask.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import structlog
from flask import Flask, g

from bff.access.permissions import ANY_LOGIN, access_of
from bff.access.rights import Access
from bff.web import observe
from bff.web.observe import Trail, Watch
from shell import compose, squeezing, timing
from shell.fast.frames import Frame, Frames, Headers
from shell.fast.visitors import Visitor, Visitors
from shell.forwarding import Behalf
from shell.fragments import Filled, Filling
from shell.overlay import COOKIE as OVERLAY
from shell.pages.home import Home
from shell.same import Same

PATH: Final = "/"
ENDPOINT: Final = "home.page"
# A request with one of these means something that only Flask's way looks into.
UNUSUAL: Final = frozenset(
    f"HTTP_{name}"
    for name in (
        *("AUTHORIZATION", "EXPECT", "RANGE", "TRANSFER_ENCODING", "UPGRADE", "HX_BOOSTED", "HX_REQUEST"),
        *("IF_MATCH", "IF_MODIFIED_SINCE", "IF_NONE_MATCH", "IF_RANGE", "IF_UNMODIFIED_SINCE"),
        *("PORTAL_IDENTITY", "PORTAL_LOCALE", "PORTAL_MOUNT", "PORTAL_NONCE", "PORTAL_POLL"),
    )
)
_SERVER: Final = {"wsgi.url_scheme": "http", "SERVER_NAME": "localhost", "SERVER_PORT": "80", "QUERY_STRING": ""}
log = structlog.get_logger()


class Front:
    """The WSGI application in front of another. The thread that is asked waits for the fragments itself."""

    def __init__(self, app: Flask, home: Home) -> None:
        if access_of(app, ENDPOINT) != ANY_LOGIN:
            raise ValueError(f"{ENDPOINT} asks for more than a login, which is all that is looked at here")
        self.home, self.visitors = home, Visitors(app)
        self.watch: Watch = app.extensions["portal_watch"]
        self._access: Access = app.extensions["portal_access"]
        self._app, self._next, self._frames = app, app.wsgi_app, Frames()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        begun = self._begun(environ) if is_usual(environ) else None
        if begun is None:
            whole: Iterable[bytes] = self._next(environ, start_response)
            return whole
        if begun.filling.waits:
            start_response("200 OK", begun.headers())
            return begun.pieces(environ)
        body = begun.rest(begun.filling.filled(), environ)
        start_response("200 OK", [*begun.headers(), ("Content-Length", str(len(body)))])
        return [body]

    def frame(self, visitor: Visitor, *, waits: bool) -> Frame | None:
        """The frame for this person, if it has been rendered this minute."""
        return self._frames.get(self._key(visitor, waits))

    def areas(self, filled: Sequence[Filled], behalf: Behalf, environ: dict[str, Any]) -> bytes:
        """What stands in the frame; words that nobody has read yet are made in the context of a request."""
        with suppress(RuntimeError):  # Flask's, where there is none and something has to be rendered
            return self.home.panels(filled, behalf)
        with self._app.request_context(_SERVER | environ):
            g.csp_nonce, g.identity, g.composed = behalf.nonce, behalf.identity, False
            return self.home.panels(filled, behalf)

    def _begun(self, environ: dict[str, Any]) -> "Page | None":
        """The page under way; None for whatever is to go Flask's way after all."""
        try:
            with self._app.request_context(environ):
                visitor = self.visitors.of_request(environ)
                if visitor is None:
                    return None
                trail = Trail.begun(environ.get("HTTP_TRACEPARENT", ""))
                self.watch.begin(trail, visitor.identity)
                g.trail, g.request_id, g.trace_id = trail, trail.request_id, trail.trace_id
                g.timing = []
                g.composed, g.identity, g.session_of_request = False, visitor.identity, visitor.session
                behalf = Behalf.here(visitor.identity)
                filling = self.home.filling(behalf)
                frame = self.frame(visitor, waits=filling.waits)
                if frame is None:
                    frame = self._made(visitor, behalf, waits=filling.waits)
                else:
                    self.watch.finish(trail, ENDPOINT, "GET", 200, PATH)
        except Exception as problem:  # Flask meets it again, and has the words for it
            log.warning("left_to_flask", problem=type(problem).__name__)
            return None
        return Page(self, frame, trail, filling)

    def _made(self, visitor: Visitor, behalf: Behalf, *, waits: bool) -> Frame:
        """The frame as Flask makes it, and the headers of its answer."""
        key = self._key(visitor, waits)
        response = self.home.frame()
        parts = compose.cut(response)
        content: list[compose.Piece] = [(lambda: b"") if waits else b""]
        response = self._app.process_response(compose.joined(response, [content]))
        frame = Frame.of(parts, behalf.nonce, list(response.headers))
        response.get_data()  # nobody sends it, but what is begun has to end in this context
        self._frames.keep(key, frame)
        return frame

    def _key(self, visitor: Visitor, waits: bool) -> Hashable:
        told = visitor.identity, visitor.language, visitor.coding, Same(self._access.book)
        return self._frames.minute(), waits, *told, Same(self.home.platform.registry.seen_by(visitor.identity))


class Page:
    """One page under way: what is known at once, and what has to be waited for."""

    def __init__(self, front: Front, frame: Frame, trail: Trail, filling: Filling) -> None:
        self._front, self._frame, self._trail, self.filling = front, frame, trail, filling
        self._behalf = filling.behalf
        self._first, self._last = frame.halves(self._behalf.nonce)
        self._squeezer = squeezing.squeezer(frame.coding) if frame.coding else None
        self._begun = False

    def headers(self) -> Headers:
        """Those of the answer, but for its framing."""
        took = observe.timing(self._trail, *timing.entries(self.filling.known))
        return self._frame.headers_with(self._behalf.nonce, self._trail.request_id, took)

    def first(self) -> bytes:
        """What a browser can begin with while the fragments are waited for."""
        self._begun = True
        return self._squeezer.some(self._first) if self._squeezer else self._first

    def rest(self, filled: Sequence[Filled], environ: dict[str, Any]) -> bytes:
        """All that has not been sent."""
        areas = self._front.areas(filled, self._behalf, environ)
        whole = b"".join([b"" if self._begun else self._first, areas, self._last])
        self._front.watch.over(self._trail, ENDPOINT, "GET", 200)
        return self._squeezer.some(whole) + self._squeezer.last() if self._squeezer else whole

    def pieces(self, environ: dict[str, Any]) -> Iterator[bytes]:
        """The page as it comes."""
        yield self.first()
        yield self.rest(self.filling.filled(), environ)


def is_usual(environ: Mapping[str, Any]) -> bool:
    """Whether nothing about a request asks for more than the page itself."""
    return (
        environ["PATH_INFO"] == PATH
        and environ["REQUEST_METHOD"] == "GET"
        and not environ.get("QUERY_STRING")
        and not environ.get("SCRIPT_NAME")
        and not environ.get("CONTENT_LENGTH")
        and OVERLAY not in environ.get("HTTP_COOKIE", OVERLAY)
        and UNUSUAL.isdisjoint(environ)
    )
