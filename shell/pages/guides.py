"""Decides what the page of all guides shows: the portal's own, and what apps offer to the slot `help`."""

from dataclasses import dataclass

from flask import Blueprint, Response, g
from flask_babel import gettext as _

from bff.access.permissions import signed_in
from bff.web import guides
from shell import compose, showing
from shell.forwarding import Behalf
from shell.fragments import Filling
from shell.platform import Platform
from shell.showing import Cards
from shell.slots import areas

SLOT = "help"


@dataclass(frozen=True)
class Guides:
    """The page of all guides."""

    platform: Platform
    cards: Cards

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("guides", __name__)
        blueprint.add_url_rule("/help", "page", signed_in(lambda: self.page()))
        return blueprint

    def page(self) -> Response:
        """The portal's guides at once, each app's when it has told them."""
        behalf = Behalf.here(g.identity)
        filling = Filling(self.platform, behalf, areas(self.platform.registry, behalf.identity, SLOT, {}))
        panels = showing.piece(filling, lambda: self.cards.html(filling.filled(), behalf))
        own = guides.listed(guides.here().all)
        return compose.page("guides.html", [[panels]], title=_("Guides"), guides=own)
