"""What stands beside an app's entry in the menu: a short count, with a sentence for whoever does not see it."""

import re
from html import unescape
from typing import Final

from flask import Response
from markupsafe import escape

MOST: Final = 999
LONGEST: Final = 6  # of what is seen
# All that an app may say beside an entry: nothing that it writes there is taken for the page's own.
_TOLD: Final = re.compile(r'\s*<data value="([^"<>]{1,12})">([^<>]{1,400})</data>\s*')


def badge(count: int, sentence: str) -> Response:
    """The answer of a badge's view; nothing at all for none. The shell shows it, and decides how it looks."""
    shown = f"{MOST}+" if count > MOST else str(count)
    body = f'<data value="{shown}">{escape(sentence)}</data>' if count > 0 else ""
    return Response(body, mimetype="text/html")


def told(content: bytes) -> tuple[str, str] | None:
    """What is seen and what is heard, of an app's answer; None where it is not a badge."""
    found = _TOLD.fullmatch(content.decode(errors="replace"))
    short = unescape(found[1]) if found else ""
    return (short, unescape(found[2])) if found and len(short) <= LONGEST else None
