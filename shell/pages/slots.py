"""Decides what one area of a slot answers by itself: for a late one, and for whoever tries again."""

from dataclasses import dataclass

from flask import Blueprint, Response, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as WerkzeugResponse

from bff.access.permissions import signed_in
from bff.errors import Missing
from bff.web import htmx
from shell import timing
from shell.forwarding import Behalf
from shell.fragments import Filling
from shell.platform import Platform
from shell.showing import Cards
from shell.slots import areas, context_of


@dataclass(frozen=True)
class Slots:
    """One area again, with more time than a page has."""

    platform: Platform
    cards: Cards

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("slots", __name__)
        view = signed_in(lambda **which: self.area(**which))
        blueprint.add_url_rule("/slots/<slot>/<name>/<int:number>", "area", view)
        return blueprint

    def area(self, slot: str, name: str, number: int) -> WerkzeugResponse:
        """The area, or nothing where its app has nothing to show; without htmx, the home page."""
        if not htmx.asked():
            return redirect(url_for("home.page"))
        context = context_of(request.args)
        offered = [] if context is None else areas(self.platform.registry, g.identity, slot, context)
        wanted = [area for area in offered if (area.app.name, area.number) == (name, number)]
        if not wanted:
            raise Missing(_("This part of the page is no longer offered."))
        behalf = Behalf.here(g.identity)
        filling = Filling(self.platform, behalf, wanted, late=True)
        g.timing.append(lambda: timing.entries(filling.known))
        return Response(self.cards.html(filling.filled(), behalf), mimetype="text/html")
