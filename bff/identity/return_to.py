"""Where a login may lead back to: a path of this app, and nothing that a browser could read as another site."""

import re

LONGEST = 2048
HOME = "/"


def safe_path(wish: str | None) -> str:
    """The wish when it is a path of this app (with its query), else the home page."""
    return wish if wish and _is_ours(wish) else HOME


def _is_ours(wish: str) -> bool:
    if len(wish) > LONGEST or not wish.startswith("/"):
        return False
    # Browsers read a backslash as a slash, and drop tabs and line ends before they read at all.
    if "\\" in wish or not wish.isprintable() or " " in wish:
        return False
    # Cut by hand: a URL parser has its own idea of what `///host` means, and it is not the browsers'.
    segments = re.split(r"[?#]", wish, maxsplit=1)[0].split("/")[1:]
    # An empty or dotted segment is what `//host` and `/.//host` are made of.
    if "" in segments[:-1] or "." in segments or ".." in segments:
        return False
    return segments[0] != "auth"
