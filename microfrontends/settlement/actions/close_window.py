"""Closing the open settlement window."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import fields

from bff import Action, Command, CommandSchema, Effect, Fact, Found, RuleBroken, Run, Told
from microfrontends.settlement.domain.positions import holdings, nets_by_participant, transfers_in
from microfrontends.settlement.domain.reason import reason_for
from microfrontends.settlement.domain.windows import WindowState, closable
from microfrontends.settlement.hub import Hub, window_of
from microfrontends.settlement.hub_figures import FiguresUnavailable
from microfrontends.settlement.permissions import P


class CloseSchema(CommandSchema):
    """Which window is closed, and why; the hub keeps the reason together with the username."""

    window_id = fields.Integer(required=True)


class CloseWindow(Action):
    """Close the open window. The hub closes it in its own time: PROCESSING passes by itself."""

    name = "close_window"
    title = _l("Close a settlement window")
    permission = P.CLOSE_WINDOW
    rule = "/windows/<int:window_id>/close"
    schema = CloseSchema
    labels = {"state": _l("State")}
    details = "windows/_close.html"
    consequence = _l(
        "The window takes no more transfers and the hub opens the next one at once. Adding up takes it a moment; "
        "then the window is Closed and can be settled. A closed window cannot be opened again."
    )

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def target(self, command: Command) -> str:
        """The window."""
        return f"window:{command['window_id']}"

    def sentence(self, command: Command, told: Told) -> str:
        """Which window."""
        return _("Close settlement window %(id)s.", id=command["window_id"])

    def verb(self, command: Command, told: Told) -> str:
        """Which window."""
        return _("Close window %(id)s", id=command["window_id"])

    def effect(self, command: Command) -> Effect:
        """What the window holds, where the hub's database says. The amounts are what its transfers moved."""
        window = window_of(self.hub, command["window_id"])
        try:
            held = holdings(self.hub.positions([window.id]).get(window.id, ()))
        except FiguresUnavailable:
            held = None
        empty = held is not None and not transfers_in(held)
        return Effect(
            changes=(Fact("state", window.state, WindowState.CLOSED, kind="state"),),
            basis={"state": window.state},
            amounts={each.currency: each.amount for each in held or ()},
            warnings=(_("The window holds no transfers. The hub refuses to close an empty window."),) if empty else (),
            shown={"window": window, "holdings": held, "nets": nets_by_participant(held or ())},
        )

    def check(self, command: Command, effect: Effect, maker: str) -> None:
        """Only an open window can be closed."""
        if not closable(effect.shown["window"]):
            raise RuleBroken(_("Window %(id)s is not open any more. Nothing was changed.", id=command["window_id"]))

    def execute(self, command: Command, run: Run) -> Mapping[str, Any]:
        """Ask the hub, once."""
        checked = [person.username for person in run.approvers]
        following = self.hub.close(command["window_id"], reason_for(run.reason, [run.maker.username, *checked]))
        return {"next_window": following.id}

    def read_back(self, command: Command, run: Run) -> Found:
        """A window that is not open any more was closed."""
        return Found.ABSENT if closable(window_of(self.hub, command["window_id"])) else Found.DONE

    def back(self, command: Command) -> str:
        """The list, which shows what becomes of the window."""
        return url_for("windows.index", closed=command["window_id"])
