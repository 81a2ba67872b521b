"""Where a login may lead back to: a path of this app, and nothing that a browser could read as another site."""

from urllib.parse import urlsplit

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
    parts = urlsplit(wish)
    if parts.scheme or parts.netloc:
        return False
    segments = parts.path.split("/")[1:]
    # An empty or dotted segment is what `//host` and `/.//host` are made of.
    if "" in segments[:-1] or "." in segments or ".." in segments:
        return False
    return segments[0] != "auth"
