"""The headers that every response carries, and the checks that every change passes before its view is called."""

import hmac
import secrets
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Response, current_app, g, request
from markupsafe import Markup
from werkzeug.routing import RequestRedirect

from bff.errors import ForgedRequest

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
CSRF_HEADER, CSRF_FIELD = "X-CSRF-Token", "csrf_token"
FIXED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}

# What somebody opens by itself, a picture for one, can do nothing at all.
NOTHING = "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def fixed_headers(base_url: str) -> dict[str, str]:
    """What every answer carries, whoever gives it; where the portal is reached over TLS, that it stays so."""
    if not base_url.startswith("https://"):
        return FIXED_HEADERS
    return FIXED_HEADERS | {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


def file_headers(base_url: str) -> dict[str, str]:
    """Those of whatever is no page."""
    return fixed_headers(base_url) | {"Content-Security-Policy": NOTHING}


def csp_nonce() -> str:
    """This response's nonce: the shell's when it composes the page, else a new one."""
    if "csp_nonce" not in g:
        given = request.headers.get("Portal-Nonce", "") if request.headers.get("Portal-Identity") else ""
        g.csp_nonce = given or secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def content_security_policy(nonce: str) -> str:
    """Nothing runs without the nonce, nothing loads from elsewhere, and only htmx may write HTML into the page."""
    return (
        f"default-src 'none'; object-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types htmx"
    )


def add_headers(response: Response) -> Response:
    """Put the security headers on a response; what the view set itself stays."""
    for name, value in fixed_headers(current_app.config["BASE_URL"]).items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", content_security_policy(csp_nonce()))
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def stay_here(response: Response) -> Response:
    """Leave the host out of a redirect that routing made: it is the one that the visitor's request named."""
    if isinstance(request.routing_exception, RequestRedirect) and response.location:
        parts = urlsplit(response.location)
        response.location = urlunsplit(("", "", f"/{parts.path.lstrip('/')}", parts.query, ""))
    return response


def refuse_foreign_origin() -> None:
    """Raise ForgedRequest when a change does not come from the app's own pages, by what the browser itself says."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is None:
        origin = urlsplit(request.headers.get("Origin", ""))
        own = urlsplit(current_app.config["BASE_URL"])
        same = (origin.scheme, origin.netloc) == (own.scheme, own.netloc)
    else:
        same = site == "same-origin"
    if not same:
        raise ForgedRequest("the request does not come from a page of this portal")


def refuse_missing_token(expected: str) -> None:
    """Raise ForgedRequest when a change lacks the session's own token, in its header or in the form."""
    if request.method in SAFE_METHODS:
        return
    given = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise ForgedRequest("the request does not carry this session's token")


def csrf_field() -> Markup:
    """The hidden field that a form carries; htmx sends the same token as a header."""
    identity = g.get("identity")
    token = identity.csrf if identity else ""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token)


def install(app: Flask) -> None:
    """Headers on every response, and the two globals that templates need."""
    app.after_request(add_headers)
    app.after_request(stay_here)
    app.jinja_env.globals.update(csp_nonce=csp_nonce, csrf_field=csrf_field)
