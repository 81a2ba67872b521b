"""Decides what stands beside entries of the menu, and how many tasks wait: asked for after the page, all at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, g, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from bff.access.permissions import signed_in
from bff.web import htmx
from bff.web.badges import told
from bff.web.layout import menu, render_part
from shell.badge import Badge
from shell.forwarding import Behalf
from shell.fragments import Filling, State
from shell.platform import Platform
from shell.registry.manifests import BADGES
from shell.slots import Area, areas

ADDRESS: Final = "/slots/badges"


@dataclass(frozen=True)
class Told:
    """What stands at one place: what is seen, and what is heard; both empty for nothing."""

    place: str
    short: str = ""
    sentence: str = ""

    @classmethod
    def of(cls, place: str, content: bytes) -> "Told":
        """A fragment as its app answered it; nothing for what is none."""
        return cls(place, *(told(content) or ("", "")))


@dataclass(frozen=True)
class Badges:
    """One answer for the frame. A count that is late, or old because its app does not answer, is none."""

    platform: Platform
    badge: Badge

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("badges", __name__)
        blueprint.add_url_rule(ADDRESS, "counted", signed_in(lambda: self.counted()))
        return blueprint

    def counted(self) -> AnyResponse:
        """What stands in the badges; without htmx, the page behind the first of them."""
        if not htmx.asked():
            return redirect(url_for("all_approvals.index"))
        return render_part("badges.html", waiting=self.badge.waiting(g.identity), told=self._told())

    def _told(self) -> list[Told]:
        places = {item.badge for group in menu() for item in group.items if item.badge}
        offered = {f"{area.app.name}-{area.number}": area for area in self._offered()}
        wanted = {place: area for place, area in offered.items() if place in places}
        filled = Filling(self.platform, Behalf.here(g.identity), list(wanted.values())).filled() if wanted else []
        known = {each.area.href: each.content for each in filled if each.state in (State.FRESH, State.CACHED)}
        return [Told.of(place, known.get(area.href, b"")) for place, area in wanted.items()]

    def _offered(self) -> Sequence[Area]:
        return areas(self.platform.registry, g.identity, BADGES, {})
