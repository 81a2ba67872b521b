"""Decides whether a page shows who made which part of it and how long that took: to developers, in the sandbox."""

from typing import Final
from urllib.parse import urlencode

from flask import Flask, current_app, g, redirect, request
from flask_babel import gettext as _
from markupsafe import escape
from werkzeug.wrappers import Response

from shell.fragments import Filled, State
from shell.registry import MicroFrontend

COOKIE: Final = "portal-overlay"
PARAMETER: Final = "overlay"
ENVIRONMENTS: Final = frozenset({"sandbox"})
_OPENING: Final = b'<div class="area"'


def install(app: Flask) -> None:
    """Offer it where it may be; everywhere else the parameter and the cookie mean nothing."""
    offered = app.config["ENVIRONMENT"] in ENVIRONMENTS
    app.jinja_env.globals.update(overlay_offered=offered, overlay=shown)
    if offered:
        app.before_request(_decide)


def shown() -> bool:
    """Whether the present page is to show it."""
    return bool(g.get("overlay"))


def marked(html: bytes, filled: Filled) -> bytes:
    """An area that says whose it is."""
    return html.replace(_OPENING, _OPENING + _label(filled.area.app, filled.state, filled.seconds), 1)


def main(app: MicroFrontend, seconds: float) -> bytes:
    """What stands in front of a page of a micro-frontend."""
    return b'<div class="overlay-main"' + _label(app, State.FRESH, seconds) + b"></div>"


def _label(app: MicroFrontend, state: State, seconds: float) -> bytes:
    words = {
        State.FRESH: _("asked for now"),
        State.CACHED: _("shown again"),
        State.STALE: _("older copy"),
        State.LATE: _("late"),
        State.FALLBACK: _("fallback"),
    }
    version = app.manifest.version if app.manifest else "?"
    took = "" if state is State.CACHED else f" · {seconds * 1000:.0f} ms"
    return f' data-overlay="{escape(f"{app.name} {version} · {words[state]}{took}")}" data-is="{state}"'.encode()


def _decide() -> Response | None:
    wish = request.args.get(PARAMETER)
    if wish not in ("0", "1") or request.method != "GET":
        g.overlay = request.cookies.get(COOKIE) == "1"
        return None
    # The parameter goes no further: no app knows it.
    rest = urlencode([(name, value) for name, value in request.args.items(multi=True) if name != PARAMETER])
    base = current_app.config["BASE_URL"]
    response, secure = redirect(f"{base}{request.path}{'?' if rest else ''}{rest}", 303), base.startswith("https://")
    if wish == "1":
        response.set_cookie(COOKIE, "1", samesite="Lax", httponly=True, secure=secure)
    else:
        response.delete_cookie(COOKIE, samesite="Lax", httponly=True, secure=secure)
    return response
