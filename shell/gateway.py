"""Decides what one browser request becomes at one micro-frontend, and what of its answer reaches the browser."""

import re
import time
from dataclasses import dataclass, replace
from io import BytesIO
from socket import socket
from typing import Final
from urllib.parse import quote, quote_from_bytes

import structlog
from flask import Blueprint, Response, g, request
from flask_babel import gettext as _
from werkzeug.exceptions import LengthRequired, RequestEntityTooLarge

from bff.access.permissions import signed_in
from bff.errors import Missing
from bff.identity.current import current_session
from bff.web import htmx
from bff.web.security import CSRF_HEADER, SAFE_METHODS
from shell import compose, overlay, timing, unavailable
from shell.badge import Badge
from shell.client import Answer
from shell.forwarding import Behalf, Fields, ForeignTargetError, from_browser, is_page, to_browser
from shell.http1 import Head
from shell.messages import Body, Reason, UpstreamError, Waits
from shell.platform import Platform
from shell.registry import MicroFrontend
from shell.showing import Cards, slotted

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
KEPT_FORM_BYTES: Final = 1_000_000
# Between an app and the platform alone: its manifest, its health, its figures, its own login.
PRIVATE: Final = re.compile(r"manifest\.json|metrics|\.well-known|health[a-z]*|auth", re.IGNORECASE)
# What a page brought along that no longer holds once it stands in the frame, under this response's nonce.
NOT_OF_A_PAGE: Final = frozenset(
    {"content-length", "content-type", "etag", "last-modified", "cache-control", "accept-ranges", "vary"}
)

log = structlog.get_logger()


@dataclass(frozen=True)
class Gateway:
    """Forwards /<name>/<path> to the micro-frontend of that name."""

    platform: Platform
    badge: Badge
    cards: Cards

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("gateway", __name__)
        blueprint.url_value_preprocessor(_keep_form)
        view = signed_in(lambda **parts: self.forward(**parts))
        for rule in ("/<name>/", "/<name>/<path:path>"):
            blueprint.add_url_rule(rule, "forward", view, methods=METHODS, provide_automatic_options=False)
        return blueprint

    def forward(self, name: str, path: str = "") -> Response:
        """The micro-frontend's answer in the portal's frame, or as it is when it is no page."""
        app = self.platform.registry.route(name, g.identity)
        if app is None or not _is_open(path):
            raise Missing(_("The address leads nowhere. Check it, or start from the menu."))
        began = time.monotonic()
        try:
            return self._answer(app, self._ask(app, path), began)
        except UpstreamError as error:
            _say_time(app, began, "fallback")
            unavailable.note(self.platform.registry, app, error)
            return unavailable.instead_of(app, error)
        finally:
            if request.method not in SAFE_METHODS:
                self.badge.forget(g.identity)  # it may have been a decision, or a new request
                self.platform.copies.forget(g.identity, name)

    def _ask(self, app: MicroFrontend, path: str) -> Answer:
        query = quote_from_bytes(request.query_string, safe="%/:?@!$&'()*+,;=~-._[]")
        target = "/" + quote(path, safe="/:@!$&'()*+,;=~-._") + (f"?{query}" if query else "")
        asked = self.platform.request(app, Behalf.here(g.identity), target, from_browser(request))
        settings = self.platform.settings
        whole = replace(asked, method=request.method, body=_body())
        waits = Waits(
            settings.main_seconds,
            settings.stall_seconds,
            patience=0 if app.unavailable_since else settings.patience_seconds,
            browser=_browser(),
        )
        return self.platform.upstreams.stream(app.upstream, whole, waits)

    def _answer(self, app: MicroFrontend, answer: Answer, began: float) -> Response:
        try:
            head = answer.head
            self._learn(app, answer)
            try:
                fields = to_browser(head.headers, self.platform.settings.base_url + request.full_path)
            except ForeignTargetError as target:
                raise UpstreamError(Reason.BROKEN, f"it leads to {target}", sent=True) from None
            content = answer.read() if is_page(head.headers) and not 300 <= head.status < 400 else None
            if content is not None and overlay.shown() and (htmx.boosted() or not htmx.asked()):
                content = overlay.main(app, time.monotonic() - began) + content
            _say_time(app, began, "fresh", head.headers.get("server-timing", ""))
            return self._untouched(answer, fields) if content is None else self._page(head, content, fields)
        except BaseException:
            answer.close()
            raise

    def _learn(self, app: MicroFrontend, answer: Answer) -> None:
        """Raise UpstreamError for an answer that is none: one that failed without the words of the contract."""
        head = answer.head
        if head.headers.get("content-encoding", "identity") != "identity":
            raise UpstreamError(Reason.BROKEN, "it sent a coding that was not asked for", sent=True)
        for_a_reader = is_page(head.headers) or "text/html" in request.headers.get("Accept", "")
        if head.status >= 500 and for_a_reader and "portal-title" not in head.headers:
            raise UpstreamError(Reason.BROKEN, f"it answered {head.status}", sent=True)
        self.platform.registry.answered(app, head.headers.get("portal-version"))

    def _page(self, head: Head, content: bytes, fields: Fields) -> Response:
        behalf, title = Behalf.here(g.identity), compose.title_of(head.headers)
        # The page itself decides the status; what comes into its slots never does.
        filled = slotted(self.platform, self.cards, behalf, content) if head.status == 200 else content
        if htmx.asked():
            response = compose.fragment(filled, title, head.status)
        else:
            response = compose.page("frame.html", [filled], title=title or _("BizOps Portal"), status=head.status)
        for name, value in fields:
            if name not in NOT_OF_A_PAGE:
                response.headers[name] = value
        return response

    def _untouched(self, answer: Answer, fields: Fields) -> Response:
        """Stream whatever is not a page, in constant memory; a browser that leaves ends it at the source."""
        pieces = answer.pieces(self.platform.settings.stall_seconds, _browser())
        response = Response(pieces, answer.head.status, fields)
        response.call_on_close(answer.close)
        if answer.head.status in (204, 304):
            response.headers.remove("Content-Type")
        elif "content-type" not in answer.head.headers:
            # Never let a browser guess that unnamed bytes are a page.
            response.content_type = "application/octet-stream"
        return response


def _say_time(app: MicroFrontend, began: float, state: str, own: str = "") -> None:
    said = timing.entry(app.name, time.monotonic() - began, state, own)
    g.timing.insert(0, lambda: [said])


def _browser() -> socket | None:
    """The browser's connection, as gunicorn gives it; under another server it is not known."""
    found: socket | None = request.environ.get("gunicorn.socket")
    return found


def _keep_form(_endpoint: str | None, _values: object) -> None:
    """Read a small form before anybody parses it: its token is checked here, and its bytes go on unchanged.

    Of nobody's form a byte is read: whoever is not signed in could have a thread wait for it.
    """
    length = request.content_length
    small = request.method not in SAFE_METHODS and length is not None and length <= KEPT_FORM_BYTES
    if small and current_session() is not None:
        request.get_data(cache=True)


def _body() -> Body | None:
    """What goes up: a form that was kept, or the browser's stream, which only a token in the header leaves unread."""
    length = request.content_length or 0
    if request.method in SAFE_METHODS:
        return None
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        raise LengthRequired
    if length <= KEPT_FORM_BYTES:
        return Body(BytesIO(request.get_data()), length) if length else None
    if CSRF_HEADER not in request.headers:
        raise RequestEntityTooLarge
    return Body(request.stream, length)


def _is_open(path: str) -> bool:
    """Whether a decoded path may be asked for: it means one thing only, and nothing between app and platform."""
    segments = [segment.partition(";")[0] for segment in path.split("/")]
    if any(segment in ("", ".", "..") for segment in segments[:-1]) or segments[-1] in (".", ".."):
        return False
    if any(mark < " " or mark in "\\\x7f\ufffd" for mark in path):
        return False
    return not PRIVATE.fullmatch(segments[0])
