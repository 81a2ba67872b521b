"""One shape for everything that goes wrong: the same facts as a page, a fragment or problem+json (RFC 9457)."""

from dataclasses import dataclass
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, json, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from bff.change.audit import Happening, Outcome, audit_log
from bff.change.execution import Lost
from bff.change.stepping import login_url
from bff.database import AWAY
from bff.errors import (
    ForgedRequest,
    HubRefused,
    HubUnavailable,
    InvalidIdentity,
    Missing,
    NotPermitted,
    NotSignedIn,
    RuleBroken,
    StepUpNeeded,
    StoreUnavailable,
    Underway,
)
from bff.identity.login import to_login
from bff.web import htmx
from bff.web.layout import render
from bff.web.locale import spoken

log = structlog.get_logger()


@dataclass(frozen=True)
class Failure:
    """What happened (title), why and what to do (sentence), and the small print that support asks for."""

    status: int
    title: str
    sentence: str
    code: str = ""
    words: str = ""
    permission: str = ""
    roles: tuple[str, ...] = ()


def for_api() -> bool:
    """Whether the answer is for a program."""
    return "/api/" in request.path or request.accept_mimetypes.best == "application/json"


def answer(failure: Failure) -> Response:
    """The failure in the form that was asked for."""
    reference = str(g.get("request_id", ""))
    if for_api():
        problem = {"type": "about:blank", "title": failure.title, "status": failure.status, "detail": failure.sentence}
        extra = {"code": failure.code, "permission": failure.permission, "reference": reference}
        body = json.dumps(problem | {key: value for key, value in extra.items() if value})
        return Response(body, failure.status, mimetype="application/problem+json")
    return render("error.html", title=failure.title, status=failure.status, failure=failure, reference=reference)


def refused(error: NotPermitted) -> Response:
    """403 that names the missing permission and the roles that hold it."""
    book = current_app.extensions["portal_access"].book
    holders = tuple(spoken(role.title) for role in book.holders(error.permission))
    log.warning("refused", permission=error.permission, subject=g.identity.subject if g.get("identity") else "")
    _remember("route.refused", permission=error.permission)
    known = current_app.extensions["portal_permissions"]
    sentence = _("This needs the permission “%(what)s”.", what=known.get(error.permission, error.permission))
    return answer(Failure(403, _("You may not do this"), sentence, permission=error.permission, roles=holders))


def forged(error: ForgedRequest) -> Response:
    """403 for a change that another site caused. Whose browser it was is known, so it is kept."""
    if g.get("identity"):
        _remember("route.forged", why=str(error))
    sentence = _("The request did not come from this portal's own page. Nothing was changed.")
    return answer(Failure(403, _("Refused"), sentence))


def _remember(action: str, **detail: str) -> None:
    # The path without its query, which may hold names and account numbers. A refusal refuses, kept or not.
    facts = {**detail, "method": request.method, "path": request.path[:200]}
    told = Happening(action=action, outcome=Outcome.REFUSED, target=f"route:{request.endpoint}", detail=facts)
    audit_log().attempt(told)


def not_signed_in(_error: NotSignedIn) -> WerkzeugResponse:
    """A page leads to the login and back; a fragment has the browser go there; a program is told."""
    if for_api():
        told = answer(Failure(401, _("Not signed in"), _("Send a valid identity with the request.")))
        if request.path.startswith("/api/"):
            told.headers["WWW-Authenticate"] = "Bearer"
        return told
    if request.method == "GET" and (htmx.boosted() or not htmx.asked()):
        back = request.script_root + request.full_path.rstrip("?")
    else:
        # What was sent cannot be sent again for the person; the page that sent it can be shown again.
        back = htmx.current_page()
    return htmx.go_to(url_for("auth.login", next=back), 401) if htmx.asked() else to_login(back)


def stronger_login_needed(error: StepUpNeeded) -> WerkzeugResponse:
    """A program is told which sign-in it takes (RFC 9470); a person is led to it, and back to the page they are on.

    A client has no sign-in that could ever be stronger, so it is refused for good.
    """
    if not for_api():
        asked = htmx.asked() or request.method != "GET"
        back = htmx.current_page() if asked else request.script_root + request.full_path.rstrip("?")
        way = login_url(error, back)
        return htmx.go_to(way) if htmx.asked() else redirect(way, 303)
    if g.identity and g.identity.machine:
        _remember("route.refused", why="insufficient_user_authentication")
        sentence = _("This needs a person who signs in for it. A client cannot ask for it.")
        told = answer(Failure(403, _("A person's own sign-in is needed"), sentence))
    else:
        told = answer(Failure(401, _("A fresher sign-in is needed"), _("Sign in again, then repeat the request.")))
    wishes = {"acr_values": " ".join(error.acr), "max_age": "" if error.max_age is None else str(error.max_age)}
    challenge = {"error": "insufficient_user_authentication", **{key: value for key, value in wishes.items() if value}}
    told.headers["WWW-Authenticate"] = "Bearer " + ", ".join(f'{key}="{value}"' for key, value in challenge.items())
    return told


def hub_refused(error: HubRefused) -> Response:
    """The hub's no, with its own code and words in small print."""
    sentence = _("The hub refused. Nothing was changed.")
    return answer(Failure(409, _("The hub refused"), sentence, code=error.code, words=error.description))


def hub_unavailable(error: HubUnavailable) -> Response:
    """No answer: honest about a change whose fate is unknown, and about whose silence that is."""
    if isinstance(error, Lost) and isinstance(error.__cause__, AWAY):
        return store_unavailable(Underway(str(error)))
    sentence = (
        _("The hub did not answer. The change may have been made: read the state again before repeating it.")
        if error.sent
        else _("The hub did not answer. Nothing was changed. Try again in a moment.")
    )
    return answer(Failure(502, _("The hub does not answer"), sentence))


def store_unavailable(error: Exception) -> Response:
    """Our own database or session store is away: nothing can be known of the person, so nothing is shown."""
    log.error("store_unavailable", problem=type(error).__name__)
    sentence = (
        _("The portal lost its own store meanwhile. It may be done, or may still be. Look before you repeat it.")
        if isinstance(error, Underway)
        else _("The portal cannot reach its own store. Nothing was changed. Try again in a moment.")
    )
    return answer(Failure(503, _("The portal is not ready"), sentence))


def unexpected(error: Exception) -> Any:
    """Whatever nobody foresaw: logged with its trace, shown with a reference and nothing else."""
    if isinstance(error, HTTPException):
        known = {404: _("Nothing is here"), 405: _("This cannot be done here"), 429: _("Too many attempts")}
        if error.response is not None or (error.code or 500) < 400:
            return error.get_response()
        sentence = {
            404: _("The address leads nowhere. Check it, or start from the menu."),
            429: _("Wait a minute, then try again."),
        }.get(error.code or 500, _("The request cannot be served as it is."))
        return answer(Failure(error.code or 500, known.get(error.code or 500, _("That did not work")), sentence))
    log.exception("unexpected", path=request.path)
    sentence = _("Something went wrong on our side. Give the reference to support.")
    return answer(Failure(500, _("That did not work"), sentence))


def install(app: Flask) -> None:
    """Map every failure once."""
    app.register_error_handler(NotPermitted, refused)
    app.register_error_handler(NotSignedIn, not_signed_in)
    app.register_error_handler(StepUpNeeded, stronger_login_needed)
    app.register_error_handler(HubRefused, hub_refused)
    app.register_error_handler(HubUnavailable, hub_unavailable)
    if app.extensions["portal_settings"].redis_url:
        from redis.exceptions import RedisError  # here: elsewhere nobody could raise it

        app.register_error_handler(RedisError, store_unavailable)
    for away in AWAY:
        app.register_error_handler(away, store_unavailable)
    app.register_error_handler(StoreUnavailable, store_unavailable)
    app.register_error_handler(RuleBroken, lambda e: answer(Failure(409, _("This is not possible now"), str(e))))
    app.register_error_handler(Missing, lambda e: answer(Failure(404, _("Nothing is here"), str(e))))
    app.register_error_handler(
        InvalidIdentity, lambda e: answer(Failure(401, _("Not signed in"), _("The identity presented is not valid.")))
    )
    app.register_error_handler(ForgedRequest, forged)
    app.register_error_handler(Exception, unexpected)
