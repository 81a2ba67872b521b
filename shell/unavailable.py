"""Decides what a person reads when a micro-frontend does not answer: what happened, is it safe, what now."""

from typing import Final

import structlog
from flask import Response, g, request
from flask_babel import gettext as _

from bff.web import failures, htmx
from bff.web.layout import render
from bff.web.locale import language
from bff.web.security import SAFE_METHODS
from shell.messages import Reason, UpstreamError
from shell.registry import MicroFrontend, Registry

log = structlog.get_logger()

NOT_ASKED: Final = (Reason.OPEN, Reason.FULL)
SHORTLY: Final = "5"  # seconds, for Retry-After


def note(registry: Registry, app: MicroFrontend, error: UpstreamError) -> None:
    """Remember and log that a request failed; one that was never made says nothing new."""
    if error.reason in NOT_ASKED:
        return
    log.warning("upstream_failed", microfrontend=app.name, problem=str(error), sent=error.sent)
    if error.reason is not Reason.ABANDONED:
        registry.failed(app, refused=error.reason is Reason.REFUSED)


def instead_of(app: MicroFrontend, error: UpstreamError) -> Response:
    """The area of a micro-frontend that failed: 504 when it was late, else 503; the frame around it stays."""
    status = 504 if error.reason is Reason.LATE else 503
    name = app.title_in(language())
    title, sentence = _("%(name)s does not answer", name=name), _sentence(error)
    if failures.for_api():
        response = failures.answer(failures.Failure(status, title, sentence))
    else:
        response = render(
            "away.html",
            title=title,
            status=status,
            sentence=sentence,
            fallback=app.fallback_in(language()),
            way_on=_way_on(app),
            unknown=_outcome_unknown(error),
            reference=str(g.request_id),
        )
    if error.reason in NOT_ASKED:
        response.headers["Retry-After"] = SHORTLY
    return response


def _outcome_unknown(error: UpstreamError) -> bool:
    return error.sent and request.method not in SAFE_METHODS


def _sentence(error: UpstreamError) -> str:
    if request.method in SAFE_METHODS:
        return str(_("Nothing was changed. The other parts of the portal work."))
    if not error.sent:
        return str(_("What you sent did not reach it: nothing was changed. Try again in a moment."))
    return str(_("It may have received what you sent, so the change may have been made. Check before you repeat it."))


def _way_on(app: MicroFrontend) -> str:
    """Where the button leads: the same page again, or for a change the page on which it was asked for."""
    if htmx.asked() and (request.method not in SAFE_METHODS or not htmx.boosted()):
        return htmx.current_page()
    if request.method in SAFE_METHODS:
        return request.full_path.rstrip("?")
    return f"{app.mount}/"
