"""The htmx protocol's one typed face: no header name of it stands anywhere else."""

from urllib.parse import urlsplit

from flask import Response, request

REQUEST, REDIRECT, POLL = "HX-Request", "HX-Redirect", "Portal-Poll"
BOOSTED, RESTORE, TARGET = "HX-Boosted", "HX-History-Restore-Request", "HX-Target"


def asked() -> bool:
    """Whether htmx asks, and so wants a fragment. Going back in the history it wants the whole page again."""
    return request.headers.get(REQUEST) == "true" and request.headers.get(RESTORE) != "true"


def boosted() -> bool:
    """Whether htmx asks for a page that a plain link or form names: its own address is the page's."""
    return asked() and request.headers.get(BOOSTED) == "true"


def polled() -> bool:
    """Whether a page asked by itself, without a person: such requests do not keep a session awake."""
    return request.headers.get(POLL) == "1"


def in_dialog() -> bool:
    """Whether the answer will stand in the dialog over a page, which a link in it would leave."""
    return asked() and request.headers.get(TARGET, "").rpartition("#")[2] == "dialog"


def go_to(url: str, status: int = 200) -> Response:
    """Have htmx leave for another page as a whole."""
    return Response(status=status, headers={REDIRECT: url})


def current_page() -> str:
    """The path and query of the page on which htmx runs, by its own header; "/" when it says none."""
    parts = urlsplit(request.headers.get("HX-Current-URL", ""))
    path = parts.path if parts.path.startswith("/") and not parts.path.startswith("//") else "/"
    return f"{path}?{parts.query}" if parts.query else path
