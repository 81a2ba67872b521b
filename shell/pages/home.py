"""Decides what the home page shows: nothing of its own, only what apps offer to the slot `home`."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, g
from flask_babel import gettext as _

from bff.access.permissions import signed_in
from bff.web import htmx
from bff.web.layout import render, render_part
from shell import compose, showing, timing
from shell.forwarding import Behalf
from shell.fragments import Filled, Filling
from shell.platform import Platform
from shell.showing import Cards
from shell.slots import areas

SLOT = "home"


@dataclass(frozen=True)
class Home:
    """The home page."""

    platform: Platform
    cards: Cards

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("home", __name__)
        blueprint.add_url_rule("/", "page", signed_in(lambda: self.page()))
        return blueprint

    def page(self) -> Response:
        """Every area, fetched together; the frame is on its way meanwhile."""
        behalf = Behalf.here(g.identity)
        filling = self.filling(behalf)

        def panels() -> bytes:
            return self.panels(filling.filled(), behalf)

        g.timing.append(lambda: timing.entries(filling.known))
        content = [panels()] if htmx.asked() else [showing.piece(filling, panels)]
        return compose.joined(self.frame(), [content])

    def frame(self) -> Response:
        """The page without its areas."""
        return render("home.html", title=_("Home"), place=compose.place)

    def filling(self, behalf: Behalf) -> Filling:
        """The areas that this person may see."""
        return Filling(self.platform, behalf, areas(self.platform.registry, behalf.identity, SLOT, {}))

    def panels(self, filled: Sequence[Filled], behalf: Behalf) -> bytes:
        """What stands in the frame."""
        html = self.cards.html(filled, behalf)
        return b'<div class="panels">' + html + b"</div>" if html else render_part("_nothing.html").get_data()
