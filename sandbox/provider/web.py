"""What every view of the provider needs from HTTP: the calling client, the bearer's claims, safe headers, refusals."""

from typing import Any
from urllib.parse import unquote_plus, urlsplit

from flask import Flask, Response, g, jsonify, render_template, request
from werkzeug.exceptions import HTTPException, SecurityError

from sandbox.provider.clients import Client
from sandbox.provider.errors import Expired, Refused, Unaddressed
from sandbox.provider.language import gettext
from sandbox.provider.state import provider

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def calling_client() -> Client:
    """The client that sent this request and proved its secret. Raises Refused (401)."""
    authorization = request.authorization
    basic = None
    if authorization and authorization.type == "basic":
        # RFC 6749 section 2.3.1: both halves are form-encoded before they are joined.
        basic = unquote_plus(authorization.username or ""), unquote_plus(authorization.password or "")
    return provider().clients.authenticate(basic, request.form)


def bearer_claims(audiences: frozenset[str]) -> dict[str, Any] | None:
    """The claims of the request's access token: good for one of `audiences`, not revoked, its session alive."""
    authorization = request.authorization
    if not authorization or authorization.type != "bearer" or not authorization.token:
        return None
    claims = provider().tokens.read_access_token(authorization.token, audiences)
    if claims is None or not provider().grants.alive(claims["grant"]):
        return None
    return claims if "sid" not in claims or provider().sessions.get(claims["sid"]) else None


def from_own_page() -> bool:
    """Whether a form was sent from a page of ours, and not by a stranger's who wants to sign somebody in or out."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin", request.host_url.rstrip("/")) == request.host_url.rstrip("/")


def may_go_to(uri: str) -> None:
    """Let the forms of this page end at an application: browsers apply form-action to redirects as well."""
    address = urlsplit(uri)
    g.form_target = f"{address.scheme}://{address.netloc}"


def install(app: Flask) -> None:
    """Give the app its headers and its answers to what is refused."""
    app.after_request(_secure)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(Unaddressed, _unaddressed)
    app.register_error_handler(HTTPException, _problem)


def _secure(response: Response) -> Response:
    forms = " ".join(["'self'", *filter(None, [g.get("form_target")])])
    response.headers["Content-Security-Policy"] = f"{POLICY}; form-action {forms}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.endpoint not in ("static", "discovery.configuration", "discovery.jwks"):
        response.headers["Cache-Control"] = "no-store"
    return response


def _refused(refusal: Refused) -> tuple[Response, int]:
    response = jsonify(error=refusal.error, error_description=str(refusal))
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="sandbox"'
    return response, refusal.status


def _unaddressed(refusal: Unaddressed) -> tuple[str, int]:
    unknown = gettext("The application or its return address is not registered.")
    expired = gettext("This sign-in has been used or is too old. Go back to the application and begin again.")
    return render_template("problem.html", problem=expired if isinstance(refusal, Expired) else unknown), 400


def _problem(error: HTTPException) -> tuple[str, int]:
    if isinstance(error, SecurityError):
        return "This address is not one of the provider's.", 400  # without a known host no link can be made
    return render_template("problem.html", problem=error.description), error.code or 500
