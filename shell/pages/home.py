"""Decides what the home page shows: nothing of its own, only what apps offer to the slot `home`."""

from dataclasses import dataclass

from flask import Blueprint, Response, g
from flask_babel import gettext as _

from bff.access.permissions import signed_in
from bff.web import htmx
from bff.web.layout import render_part
from shell import compose, showing
from shell.forwarding import Behalf
from shell.fragments import Filling
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
        filling = Filling(self.platform, behalf, areas(self.platform.registry, g.identity, SLOT, {}))

        def panels() -> bytes:
            html = self.cards.html(filling.filled(), behalf)
            return b'<div class="panels">' + html + b"</div>" if html else render_part("_nothing.html").get_data()

        content = [panels()] if htmx.asked() else [showing.piece(filling, panels)]
        return compose.page("home.html", [content], title=_("Home"))
