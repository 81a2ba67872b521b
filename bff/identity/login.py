"""Signing in over HTTP: where the browser is sent, and what it must bring back to get a session."""

import re

from flask import Blueprint, Flask, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bff.access.permissions import public
from bff.identity import logout, pages, remembered, staying
from bff.identity.cookies import Cookies
from bff.identity.current import EXTENSION, Auth, auth_of_app, current_session
from bff.identity.provider import Demand
from bff.identity.relying_party import LoginFailed, Obstacle, RelyingParty
from bff.identity.return_to import safe_path as safe_next
from bff.identity.ticket import Ticket
from bff.settings import Settings
from bff.web import htmx

__all__ = ["auth_blueprint", "current_session", "safe_next", "to_login"]

COUNTED = ("auth.login", "auth.callback")  # the endpoints that a guesser would knock at
_ACR = re.compile(r"[A-Za-z0-9:._/-]{1,120}")
_MAX_AGE = re.compile(r"[0-9]{1,5}")


def auth_blueprint(app: Flask, settings: Settings, app_name: str) -> Blueprint:
    """The routes under /auth, for the app to register; from then on `current_session` works in it."""
    cookies = Cookies(app_name, secure=settings.cookie_secure)
    app.extensions[EXTENSION] = Auth(RelyingParty.of(settings, app_name), cookies)
    auth = Blueprint("auth", __name__, url_prefix="/auth", template_folder="templates")
    auth.add_url_rule("/login", "login", login, methods=["GET"])
    auth.add_url_rule("/callback", "callback", callback, methods=["GET"])
    auth.add_url_rule("/logout", "logout", logout.logout, methods=["POST"])
    auth.add_url_rule("/backchannel-logout", "backchannel_logout", logout.backchannel_logout, methods=["POST"])
    auth.add_url_rule("/session", "session", staying.session, methods=["GET"])
    auth.add_url_rule("/signed-out", "signed_out", logout.signed_out, methods=["GET"])
    auth.after_request(_never_stored)
    return auth


def to_login(back_to: str) -> AnyResponse:
    """The answer to a page request without a session: the login, and then back to a path of this app."""
    if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
        # An image, a script's request: nothing that a person could sign in through.
        return Response(status=401)
    if _came_from_elsewhere():
        # A link in a mail: the browser held its Strict cookie back. Asked for from our own page, it will send it.
        return pages.onward(safe_next(request.script_root + request.full_path.rstrip("?")))
    return redirect(url_for("auth.login", next=safe_next(back_to)))


@public
def login() -> AnyResponse:
    """Begin: remember where to go back to, send the browser to the provider. `acr` and `max_age` ask for more."""
    if htmx.asked():
        # Inside htmx a redirect to another site would fail silently.
        return htmx.go_to(request.full_path)
    auth, back_to = auth_of_app(), safe_next(request.args.get("next"))
    try:
        target, ticket = auth.party.begin(back_to, _demand(), current_session())
    except LoginFailed as failed:
        return _explained(failed)
    response = redirect(target)
    auth.cookies.clear_abandoned(response, list(request.cookies))
    auth.cookies.set_login(response, ticket.id, ticket.cookie)
    return response


@public
def callback() -> Response:
    """Complete: a new session under a new id, then on to the page first asked for."""
    auth = auth_of_app()
    name = auth.cookies.login(request.args.get("state", ""))
    try:
        ticket, back_to = auth.party.complete(request.args, request.cookies.get(name, ""))
    except LoginFailed as failed:
        remembered.not_signed_in(failed)
        response = _explained(failed)
    else:
        _remember(ticket)
        # 200 and not 302: in a chain of redirects that began at the provider a Strict cookie would not be sent.
        response = pages.onward(back_to)
        auth.cookies.set_session(response, ticket.cookie)
    if name in request.cookies:
        auth.cookies.clear(response, name)
    return response


def _remember(ticket: Ticket) -> None:
    sessions = auth_of_app().party.sessions
    session = sessions.find(ticket, slide=False)
    try:
        if session:
            remembered.signed_in(session)
    except Exception:
        # Nobody is in here unseen: what cannot be kept ends before the browser has its cookie.
        sessions.end(ticket.name)
        raise


def _demand() -> Demand:
    acr, max_age = tuple(request.args.get("acr", "").split()), request.args.get("max_age")
    if not all(_ACR.fullmatch(value) for value in acr) or (max_age is not None and not _MAX_AGE.fullmatch(max_age)):
        abort(400)
    return Demand(acr, None if max_age is None else int(max_age))


def _explained(failed: LoginFailed) -> Response:
    # After a step-up that failed the session still lives, and the page it was for will ask again.
    stepping_up = failed.obstacle in (Obstacle.TOO_WEAK, Obstacle.OTHER_PERSON)
    retry = failed.back_to if stepping_up else url_for("auth.login", next=failed.back_to)
    return pages.obstacle(failed.obstacle, retry)


def _came_from_elsewhere() -> bool:
    headers = request.headers
    return (
        request.method == "GET"
        and headers.get("Sec-Fetch-Site") == "cross-site"
        and auth_of_app().cookies.session not in request.cookies
    )


def _never_stored(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
