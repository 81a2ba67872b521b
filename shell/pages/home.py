"""Decides what the home page shows: nothing of its own, only what apps offer to the slot `home`."""

from dataclasses import dataclass

from flask import Blueprint, Response, g, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as WerkzeugResponse

from bff.access.permissions import signed_in
from bff.errors import Missing
from bff.web import htmx
from shell import compose, fragments
from shell.platform import Platform

SLOT = "home"


@dataclass(frozen=True)
class Home:
    """The home page, and one area of it by itself for a retry."""

    platform: Platform

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("home", __name__)
        blueprint.add_url_rule("/", "page", signed_in(lambda: self.page()))
        blueprint.add_url_rule("/slots/home/<name>/<int:number>", "area", signed_in(lambda **which: self.area(**which)))
        return blueprint

    def page(self) -> Response:
        """Every area, fetched together."""
        found = fragments.fill(self.platform, g.identity, fragments.areas(self.platform, g.identity, SLOT))
        contents = [area.content or b"" for area in found]
        return compose.page("home.html", contents, title=_("Home"), areas=found)

    def area(self, name: str, number: int) -> WerkzeugResponse:
        """One area again; without htmx, the whole page again."""
        if not htmx.asked():
            return redirect(url_for("home.page"))
        offered = fragments.areas(self.platform, g.identity, SLOT)
        wanted = [area for area in offered if (area.app.name, area.number) == (name, number)]
        if not wanted:
            raise Missing(_("This part of the page is no longer offered."))
        found = fragments.fill(self.platform, g.identity, wanted)
        contents = [area.content or b"" for area in found]
        return compose.part("_areas.html", contents, areas=found)
