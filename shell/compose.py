"""Decides how a page is put together: the frame with each micro-frontend's bytes in their place, never decoded."""

import re
import secrets
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote

from flask import Response
from markupsafe import Markup, escape

from bff.web.layout import render, render_part

# Random for each process: nothing that a person or an app writes can be taken for a place in the page.
_MARK: Final = secrets.token_hex(16)
_PLACES: Final = re.compile(f"<!--{_MARK}:([0-9]+)-->".encode())


def place(index: int) -> Markup:
    """Where the content of this index will stand in a template's output."""
    return Markup(f"<!--{_MARK}:{index}-->")  # noqa: S704  # made of our own hexadecimal digits and a number


def page(template: str, contents: Sequence[bytes], *, title: str, status: int = 200, **facts: Any) -> Response:
    """A rendered template with `contents` put where it calls `place(index)`."""
    return _joined(render(template, title=title, status=status, place=place, **facts), contents)


def part(template: str, contents: Sequence[bytes], **facts: Any) -> Response:
    """The same for a part of a page, which htmx puts into its place."""
    return _joined(render_part(template, place=place, **facts), contents)


def fragment(content: bytes, title: str, status: int) -> Response:
    """A micro-frontend's answer to htmx, with the page's title in front where it has one."""
    head = f"<title>{escape(title)}</title>".encode() if title else b""
    return Response(head + content, status, mimetype="text/html")


def _joined(response: Response, contents: Sequence[bytes]) -> Response:
    pieces = _PLACES.split(response.get_data())
    pieces[1::2] = [contents[int(index)] for index in pieces[1::2]]
    response.set_data(b"".join(pieces))
    return response


def title_of(headers: dict[str, str]) -> str:
    """The title that a micro-frontend gave its page; empty when it gave none."""
    return unquote(headers.get("portal-title", ""), errors="replace")
