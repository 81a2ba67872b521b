"""What changes the hub: closing a window, one at a time, asked once, and honest about what became of it."""

from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from flask import current_app
from flask_babel import gettext as _

from bff import HubRefused, HubUnavailable, Identity, Missing, RuleBroken
from bff.web.formats import when
from microfrontends.settlement.domain.reason import reason_for
from microfrontends.settlement.domain.windows import Window, closable
from microfrontends.settlement.hub import Hub
from microfrontends.settlement.lock import Claim, CloseLock

log = structlog.get_logger()


@dataclass(frozen=True)
class Order:
    """Which window to close, why, and the form that asks. A second order of the same `attempt` changes nothing."""

    window_id: int
    typed: str
    attempt: str


class CloseInProgress(RuleBroken):
    """Somebody else is closing a window just now."""


class NotOpen(RuleBroken):
    """The window is not open, or not any more."""


class AnswerLost(HubUnavailable):
    """The hub was asked and did not answer; `window` is what it said when read back, None when it did not say."""

    def __init__(self, message: str, window: Window | None) -> None:
        super().__init__(message, sent=True)
        self.window = window


@dataclass(frozen=True)
class Desk:
    """What the views work with: the hub, and the lock that lets one close through at a time."""

    hub: Hub
    lock: CloseLock

    def close(self, order: Order, who: Identity) -> None:
        """Close the window. Raises Missing, RuleBroken, HubRefused or HubUnavailable (AnswerLost when sent)."""
        claim = Claim(order.attempt, order.window_id, who.subject, who.name, datetime.now(UTC))
        before = self.lock.take(claim)
        if before and before.attempt == order.attempt:
            return  # the same form, sent twice: the first one does the work, and the list shows what becomes of it
        if before:
            _log_refused(order, who, "another close in progress")
            raise CloseInProgress(_in_progress(before))
        try:
            self._close_alone(order, who)
        finally:
            self.lock.release(order.attempt)

    def _close_alone(self, order: Order, who: Identity) -> None:
        window = self.window(order.window_id)
        if not closable(window):
            _log_refused(order, who, window.state)
            raise NotOpen(_("Window %(id)s is not open any more. Nothing was changed.", id=window.id))
        try:
            following = self.hub.close(window.id, reason_for(order.typed, who.username), who.username)
        except (HubRefused, HubUnavailable) as problem:
            self._read_back(order, who, problem)
        else:
            log.info(
                "window_closed", subject=who.subject, window=window.id, outcome="accepted", next_window=following.id
            )

    def _read_back(self, order: Order, who: Identity, problem: HubRefused | HubUnavailable) -> None:
        """Return if the window is closed all the same, else raise what is true."""
        certain = problem.status < 500 if isinstance(problem, HubRefused) else not problem.sent
        if certain:
            _log_refused(order, who, str(problem))
            raise problem
        try:
            window = self.hub.window(order.window_id)
        except (HubRefused, HubUnavailable):
            window = None
        if window and not closable(window):
            log.info("window_closed", subject=who.subject, window=window.id, outcome="answer lost, read back")
            return
        _log_refused(order, who, f"{problem}; read back: {window.state if window else 'nothing'}")
        if window and isinstance(problem, HubRefused):
            raise problem
        raise AnswerLost(str(problem), window) from problem

    def window(self, window_id: int) -> Window:
        """The window. Raises Missing."""
        window = self.hub.window(window_id)
        if window is None:
            raise Missing(_("The hub has no settlement window %(id)s.", id=window_id))
        return window


def desk() -> Desk:
    """The present app's desk."""
    found: Desk = current_app.extensions["settlement"]
    return found


def _in_progress(claim: Claim) -> str:
    since = when(claim.since, current_app.config["TIME_ZONE"], seconds=True)
    sentence = _(
        "%(name)s is closing window %(id)s since %(since)s.", name=claim.holder, id=claim.window_id, since=since
    )
    return f"{sentence} " + _("Nothing was changed. Look again in a moment.")


def _log_refused(order: Order, who: Identity, outcome: str) -> None:
    log.warning("window_close_refused", subject=who.subject, window=order.window_id, outcome=outcome)
