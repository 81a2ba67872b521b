"""What stands beside an app's entry in the menu: a short count, with a sentence for whoever does not see it."""

from typing import Final

from flask import Response
from markupsafe import escape

MOST: Final = 999


def badge(count: int, sentence: str) -> Response:
    """The answer of a badge's view; nothing at all for none. The shell shows it, and decides how it looks."""
    shown = f"{MOST}+" if count > MOST else str(count)
    body = f'<data value="{shown}">{escape(sentence)}</data>' if count > 0 else ""
    return Response(body, mimetype="text/html")
