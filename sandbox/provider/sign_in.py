"""The authorization endpoint and the sign-in page: who is it, and back to the application with a code."""

from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sandbox.provider.authorization import Asked, Parameters, addressee, understand
from sandbox.provider.credentials import Credentials, Outcome, check
from sandbox.provider.errors import Refused
from sandbox.provider.language import gettext
from sandbox.provider.people import Person
from sandbox.provider.pushed import resolve, spend
from sandbox.provider.sessions import Session
from sandbox.provider.state import provider
from sandbox.provider.web import from_own_page, may_go_to

blueprint = Blueprint("sign_in", __name__)
COOKIE = "sandbox_provider"


@blueprint.route("/authorize", methods=["GET", "POST"])
def authorize() -> Response | str:
    """Answer at once for somebody who is signed in well enough, else show the sign-in page."""
    given = request.values.to_dict(flat=False)
    try:
        asked = understand(resolve(given), provider().clients)
    except Refused as refusal:
        return _refuse(given, refusal)
    session = _session()
    if session and session.suffices(asked, provider().clock()):
        return _answer(given, _code(asked, session))
    if "none" in asked.prompts:
        return _refuse(given, Refused("login_required", "nobody is signed in as the request demands"))
    return _page(given, asked, Credentials(username=asked.login_hint), Outcome(code_of=_stepping_up(asked, session)))


@blueprint.post("/sign-in")
def sign_in() -> Response | str | tuple[str, int]:
    """Check what was typed or clicked. The request that it is for stands in the address."""
    if not from_own_page():
        return render_template("problem.html", problem=gettext("This form was sent from another page.")), 403
    given = request.args.to_dict(flat=False)
    try:
        asked = understand(resolve(given), provider().clients)
    except Refused as refusal:
        return _refuse(given, refusal)
    credentials = Credentials.of(request.form)
    outcome = check(credentials, provider().people, asked.second_factor)
    if outcome.person is None:
        return _page(given, asked, credentials, outcome), 401 if outcome.problem else 200
    return _signed_in(given, asked, outcome.person)


def _session() -> Session | None:
    """This browser's session, if its person may still sign in."""
    session = provider().sessions.of_browser(request.cookies.get(COOKIE, ""))
    person = provider().people.get(session.subject) if session else None
    return session if person and person.active else None


def _stepping_up(asked: Asked, session: Session | None) -> Person | None:
    """Who only has to add the one-time code, being signed in already."""
    if not session or not asked.second_factor or asked.prompts & {"login", "select_account"}:
        return None
    person = provider().people.get(session.subject)
    return person if person and person.shown else None


def _signed_in(given: Parameters, asked: Asked, person: Person) -> Response:
    current = _session()
    if current and current.subject != person.subject:
        provider().end(current)  # its browser is about to lose it, so nobody could sign it out later
    session = provider().sessions.begin(person, asked.second_factor, current)
    provider().people.saw(person.subject, provider().clock())
    response = _answer(given, _code(asked, session))
    cookie = provider().sessions.give_cookie(session, request.cookies.get(COOKIE, ""))
    response.set_cookie(COOKIE, cookie, httponly=True, samesite="Lax")
    return response


def _code(asked: Asked, session: Session) -> dict[str, str]:
    provider().sessions.visit(session, asked.client.client_id)
    return {"code": provider().grants.code(asked, session)}


def _refuse(given: Parameters, refusal: Refused) -> Response:
    return _answer(given, {"error": refusal.error, "error_description": str(refusal)})


def _answer(given: Parameters, result: dict[str, str]) -> Response:
    """Send the browser back. Every answer, also an error, says who gives it (RFC 9207)."""
    parameters = resolve(given)
    _, redirect_uri = addressee(parameters, provider().clients)
    result["iss"] = provider().issuer
    if state := parameters.get("state"):
        result["state"] = state[0]
    spend(given)
    may_go_to(redirect_uri)
    return redirect(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(result)}", 303)


def _page(given: Parameters, asked: Asked, credentials: Credentials, outcome: Outcome) -> str:
    may_go_to(asked.redirect_uri)
    return render_template(
        "sign_in.html",
        action=f"{url_for('.sign_in')}?{urlencode(given, doseq=True)}",
        asked=asked,
        credentials=credentials,
        outcome=outcome,
        people=[person for person in provider().people if person.shown],
    )
