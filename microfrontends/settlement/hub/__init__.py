"""The only package that speaks to the hub: its answers become what the domain knows, its quirks end here."""

from flask import current_app
from flask_babel import gettext as _

from bff import Missing
from microfrontends.settlement.domain.windows import Window
from microfrontends.settlement.hub.mojaloop import MojaloopHub
from microfrontends.settlement.hub.protocol import AccountAnswer, AccountRef, FundsOrder, Hub, ParticipantRef
from microfrontends.settlement.hub.told import Patience, moment

__all__ = [
    "AccountAnswer",
    "AccountRef",
    "FundsOrder",
    "Hub",
    "MojaloopHub",
    "ParticipantRef",
    "Patience",
    "moment",
    "present_hub",
    "window_of",
]


def present_hub() -> Hub:
    """The hub of the present app, for its views."""
    found: Hub = current_app.extensions["settlement_hub"]
    return found


def window_of(hub: Hub, window_id: int) -> Window:
    """The window. Raises Missing."""
    window = hub.window(window_id)
    if window is None:
        raise Missing(_("The hub has no settlement window %(id)s.", id=window_id))
    return window
