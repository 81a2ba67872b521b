"""Decides what somebody means by a few words: pages of the menu, and what apps offer to the slot `search`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from flask import Blueprint, Response, g
from flask_babel import gettext as _

from bff.access.permissions import signed_in
from bff.web import finding
from bff.web.layout import MenuItem, menu
from shell import compose
from shell.forwarding import Behalf
from shell.fragments import Filled, Filling, State
from shell.platform import Platform
from shell.registry import MicroFrontend
from shell.slots import Area, areas

SLOT: Final = "search"
ADDRESS: Final = "/slots/search"  # where the palette asks
SHORTEST: Final = 2  # letters after which anybody is asked
NOT_THERE: Final = (State.LATE, State.FALLBACK)


@dataclass
class Group:
    """What one app found: the numbers of its fragments in the page. `away`: some of it is not there."""

    title: str
    places: list[int] = field(default_factory=list)
    away: bool = False


@dataclass(frozen=True)
class Search:
    """The page for whoever has no palette, and what the palette shows."""

    platform: Platform

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("search", __name__)
        blueprint.add_url_rule("/search", "page", signed_in(lambda: self.page()))
        blueprint.add_url_rule(ADDRESS, "found", signed_in(lambda: self.found()))
        return blueprint

    def page(self) -> Response:
        """A field, the pages of the menu that are meant, and what apps found."""
        words = finding.wanted()
        groups, contents = self._groups(words)
        pages = list(_pages(words)) if words else []
        return compose.page("search/page.html", contents, title=_("Search"), words=words, pages=pages, found=groups)

    def found(self) -> Response:
        """What apps found; the menu is in the page that asks."""
        groups, contents = self._groups(finding.wanted())
        return compose.part("search/_found.html", contents, found=groups)

    def _groups(self, words: str) -> tuple[Sequence[Group], list[bytes]]:
        """Each app that found something or did not answer, and the fragments, all within the deadline of slots."""
        behalf = Behalf.here(g.identity)
        filled = Filling(self.platform, behalf, self._areas(words)).filled()
        groups: dict[str, Group] = {}
        for number, each in enumerate(filled):
            group = groups.setdefault(each.area.app.name, Group(_title(each.area.app, behalf)))
            if each.state in NOT_THERE:
                group.away = True
            else:
                group.places.append(number)
        return list(groups.values()), [_content(each) for each in filled]

    def _areas(self, words: str) -> list[Area]:
        if len(words) < SHORTEST:
            return []
        offered = areas(self.platform.registry, g.identity, SLOT, {"q": words})
        # Words that somebody types may stand in an address's query alone: in its path they would lead elsewhere.
        return [area for area in offered if "{" not in area.path.partition("?")[0]]


def _pages(words: str) -> Iterator[tuple[MenuItem, str]]:
    for group in menu():
        for item in group.items:
            if finding.says(f"{item.label} {group.title}", words):
                yield item, group.title


def _title(app: MicroFrontend, behalf: Behalf) -> str:
    return app.title_in(behalf.locale)


def _content(filled: Filled) -> bytes:
    return b"" if filled.state in NOT_THERE else filled.content
