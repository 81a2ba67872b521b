"""The pages of signing in and out that stand outside the frame, and what each obstacle is called on them."""

from flask import Response, make_response, render_template
from flask_babel import lazy_gettext as _l

from bff.identity.relying_party import Obstacle

# Status, title and sentence.
OBSTACLES = {
    Obstacle.NOT_STARTED: (
        400,
        _l("This sign-in cannot be completed"),
        _l("It was not started in this browser, was already used, or took longer than ten minutes. Start again."),
    ),
    Obstacle.DECLINED: (
        403,
        _l("The identity provider declined"),
        _l("The sign-in was cancelled, or this account may not use the portal. Try again or ask your administrator."),
    ),
    Obstacle.UNTRUSTED: (
        400,
        _l("The identity provider's answer was refused"),
        _l("It could not be shown to be genuine and meant for this portal. Nobody was signed in."),
    ),
    Obstacle.TOO_WEAK: (
        403,
        _l("A stronger sign-in is needed"),
        _l("This step needs a second factor or a fresh sign-in, and the identity provider gave neither."),
    ),
    Obstacle.OTHER_PERSON: (
        403,
        _l("That was somebody else"),
        _l("This step must be confirmed by the person who began it. Your own session goes on."),
    ),
    Obstacle.UNREACHABLE: (
        503,
        _l("The identity provider does not answer"),
        _l("Nobody can sign in until it does. Try again in a minute."),
    ),
}


def onward(target: str) -> Response:
    """A page that leads on by itself, where a redirect would lose the Strict cookie or break form-action."""
    response = make_response(render_template("auth/onward.html", target=target))
    response.headers["Cache-Control"] = "no-store"
    return response


def obstacle(met: Obstacle, retry: str) -> Response:
    """What happened and what now. Nothing that the provider wrote stands on it."""
    status, title, sentence = OBSTACLES[met]
    facts = {"title": title, "sentence": sentence, "retry": retry, "reference": met.value}
    return make_response(render_template("auth/obstacle.html", **facts), status)


def farewell(*, at_provider: bool) -> Response:
    """The page after signing out; `at_provider` says whether the provider knows."""
    return make_response(render_template("auth/signed_out.html", at_provider=at_provider))
