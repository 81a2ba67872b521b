"""Closing a settlement window: what it holds, what will happen, and the question whether to do it."""

import secrets
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bff import HubRefused, HubUnavailable, RuleBroken, asker, render, requires
from microfrontends.settlement.actions import AnswerLost, Order, desk
from microfrontends.settlement.domain.positions import holdings, nets_by_participant, transfers_in
from microfrontends.settlement.domain.reason import LONGEST_TYPED, UNSAID, tidy
from microfrontends.settlement.domain.windows import Window, closable
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.permissions import P
from microfrontends.settlement.views.asked import here_and_now
from microfrontends.settlement.views.scope import whole_hub_only

blueprint = Blueprint("close_window", __name__)
blueprint.before_request(whole_hub_only)
ATTEMPT_LENGTH = 64


@blueprint.get("/windows/<int:window_id>/close")
@requires(P.CLOSE_WINDOW)
def confirm(window_id: int) -> Response:
    """The question. It stands alone as a page, or opens as a dialog over the list."""
    window = desk().window(window_id)
    if not closable(window):
        raise RuleBroken(_("Window %(id)s is not open. Only an open window can be closed.", id=window_id))
    return _question(window)


@blueprint.post("/windows/<int:window_id>/close")
@requires(P.CLOSE_WINDOW)
def close(window_id: int) -> AnyResponse:
    """The deed. On success the list shows what becomes of the window."""
    typed = tidy(request.form.get("reason", ""))
    if len(typed) > LONGEST_TYPED:
        error = _("The reason has %(count)s characters; shorten it to %(most)s.", count=len(typed), most=LONGEST_TYPED)
        return _question(desk().window(window_id), 422, typed=typed, error=error)
    attempt = request.form.get("attempt", "")[:ATTEMPT_LENGTH] or secrets.token_urlsafe(16)
    try:
        desk().close(Order(window_id, typed, attempt), asker())
    except (RuleBroken, HubRefused, HubUnavailable) as problem:
        return _again(window_id, typed, problem)
    return redirect(url_for("windows.index", closed=window_id), 303)


def _again(window_id: int, typed: str, problem: RuleBroken | HubRefused | HubUnavailable) -> Response:
    """The question once more, with what went wrong above it; the plain page of the problem where the hub is away."""
    if isinstance(problem, AnswerLost):
        window = problem.window
    else:
        try:
            window = desk().hub.window(window_id)
        except (HubRefused, HubUnavailable):
            window = None
    if window is None:
        raise problem
    status = 502 if isinstance(problem, HubUnavailable) else 409
    return _question(window, status, typed=typed, notice=_told(window, problem))


def _told(window: Window, problem: RuleBroken | HubRefused | HubUnavailable) -> dict[str, Any]:
    if isinstance(problem, HubRefused):
        title = _("The hub refused to close window %(id)s", id=window.id)
        return {
            "tone": "danger",
            "title": title,
            "text": _("Nothing was changed."),
            "hub": (problem.code, problem.description),
        }
    if isinstance(problem, AnswerLost):
        return {
            "tone": "attention",
            "title": _("The hub did not answer; window %(id)s is still open", id=window.id),
            "text": _("The hub may still carry the request out. It was not sent a second time."),
            "remedy": _("Wait a minute and look at the window again before closing it."),
        }
    if isinstance(problem, HubUnavailable):
        text = _("Nothing was changed. Try again in a moment.")
        return {"tone": "danger", "title": _("The hub does not answer"), "text": text}
    return {"tone": "attention", "title": _("Window %(id)s was not closed", id=window.id), "text": str(problem)}


def _question(
    window: Window,
    status: int = 200,
    *,
    typed: str = "",
    error: str | None = None,
    notice: dict[str, Any] | None = None,
) -> Response:
    try:
        held = holdings(desk().hub.positions([window.id]).get(window.id, ()))
    except FiguresUnavailable:
        held = None
    return render(
        "windows/close.html",
        title=_("Close window %(id)s", id=window.id),
        status=status,
        window=window,
        closable=closable(window),
        holdings=held,
        nets=nets_by_participant(held or ()),
        empty=held is not None and not transfers_in(held),
        typed=typed,
        error=error,
        notice=notice,
        failed=status >= 500,
        attempt=secrets.token_urlsafe(16),
        longest=LONGEST_TYPED,
        unsaid=UNSAID,
        as_of=here_and_now(),
    )
