"""Decides how a page is put together: the frame with each app's bytes in their place, never decoded; slow ones last."""

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import unquote

from flask import Response, request, stream_with_context
from markupsafe import Markup, escape

from bff.web.layout import render, render_part
from shell import squeezing

# Random for each process: nothing that a person or an app writes can be taken for a place in the page.
_MARK: Final = secrets.token_hex(16)
_PLACES: Final = re.compile(f"<!--{_MARK}:([0-9]+)-->".encode())

Piece = bytes | Callable[[], bytes]  # what is known already, or what may have to be waited for
Content = bytes | Sequence[Piece]


def place(index: int) -> Markup:
    """Where the content of this index will stand in a template's output."""
    return Markup(f"<!--{_MARK}:{index}-->")  # noqa: S704  # made of our own hexadecimal digits and a number


def page(template: str, contents: Sequence[Content], *, title: str, status: int = 200, **facts: Any) -> Response:
    """A rendered template with `contents` put where it calls `place(index)`.

    Where a piece has to be waited for, what stands before it is on its way to the browser already."""
    return joined(render(template, title=title, status=status, place=place, **facts), contents)


def part(template: str, contents: Sequence[Content], **facts: Any) -> Response:
    """The same for a part of a page, which htmx puts into its place."""
    return joined(render_part(template, place=place, **facts), contents)


def fragment(content: Content, title: str, status: int) -> Response:
    """A micro-frontend's answer to htmx, with the page's title in front where it has one."""
    head = f"<title>{escape(title)}</title>".encode() if title else b""
    return Response(head + whole(content), status, mimetype="text/html")


def whole(content: Content) -> bytes:
    """All of it, waited for."""
    return b"".join(_now(piece) for piece in _pieces(content))


def joined(response: Response, contents: Sequence[Content]) -> Response:
    """A rendered response with the contents in their places."""
    parts = cut(response)
    pieces: list[Piece] = []
    for number, each in enumerate(parts):
        pieces += _pieces(contents[int(each)]) if number % 2 else [each]
    if all(isinstance(piece, bytes) for piece in pieces):
        response.set_data(b"".join(_now(piece) for piece in pieces))
    else:
        coding, body = squeezing.squeezed(flushes(pieces), request.headers.get("Accept-Encoding", ""))
        response.response = stream_with_context(body)
        response.headers.pop("Content-Length", None)
        response.headers["X-Accel-Buffering"] = "no"  # a proxy that collects it would undo the point of it
        response.vary.add("Accept-Encoding")
        if coding:
            response.headers["Content-Encoding"] = coding
    return response


def cut(response: Response) -> list[bytes]:
    """A rendered response cut at its places: literal bytes and, between them, the indexes of contents."""
    return _PLACES.split(response.get_data())


def flushes(pieces: Sequence[Piece]) -> Iterator[bytes]:
    """The pieces in order, in as few parts as can be without holding back what is known."""
    known: list[bytes] = []
    for piece in pieces:
        if known and not isinstance(piece, bytes):
            yield b"".join(known)
            known.clear()
        known.append(_now(piece))
    yield b"".join(known)


def title_of(headers: dict[str, str]) -> str:
    """The title that a micro-frontend gave its page; empty when it gave none."""
    return unquote(headers.get("portal-title", ""), errors="replace")


def _pieces(content: Content) -> Sequence[Piece]:
    return [content] if isinstance(content, bytes) else content


def _now(piece: Piece) -> bytes:
    return piece if isinstance(piece, bytes) else piece()
