"""Decides how an area looks: the fragment as it is, an older one with its time, a place kept for it, an excuse."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Final

from flask import g

from bff.web.formats import clock
from bff.web.layout import render_part
from shell import overlay, timing
from shell.compose import Content, Piece, place
from shell.forwarding import Behalf
from shell.fragments import Filled, Filling, State
from shell.platform import Platform
from shell.slots import Area, Mark, areas, cut

MOST: Final = 1000  # cards kept; each has the words of one area in one language
_CONTENT: Final = str(place(0)).encode()


class Cards:
    """What stands around or instead of a fragment, rendered once for each wording and stamped anew for each page."""

    def __init__(self, zone: str = "UTC") -> None:
        self._zone = zone
        self._kept: OrderedDict[tuple[str, ...], tuple[bytes, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def html(self, filled: Sequence[Filled], behalf: Behalf) -> bytes:
        """These areas, one after the other."""
        if behalf.overlay:
            return b"".join(overlay.marked(self._area(each, behalf), each) for each in filled)
        return b"".join(self._area(each, behalf) for each in filled)

    def _area(self, filled: Filled, behalf: Behalf) -> bytes:
        if filled.state in (State.FRESH, State.CACHED):
            return _opening(filled.area, filled.state) + filled.content + b"</div>"
        as_of = clock(filled.as_of, self._zone) if filled.as_of else ""
        card = behalf.nonce.encode().join(self._card(filled, as_of, behalf))
        return card.replace(_CONTENT, filled.content, 1)

    def _card(self, filled: Filled, as_of: str, behalf: Behalf) -> tuple[bytes, ...]:
        app = filled.area.app
        title, fallback = app.title_in(behalf.locale), app.fallback_in(behalf.locale)
        key = filled.area.href, filled.state, title, fallback, as_of, behalf.locale
        known = self._kept.get(key)
        if known is None:
            made = render_part(
                "_area.html",
                area=filled.area,
                state=filled.state,
                title=title,
                fallback=fallback,
                as_of=as_of,
                place=place,
            )
            known = tuple(made.get_data().strip().split(behalf.nonce.encode()))
            with self._lock:
                self._kept[key] = known
                while len(self._kept) > MOST:
                    self._kept.popitem(last=False)
        return known


def slotted(platform: Platform, cards: Cards, behalf: Behalf, content: bytes) -> Content:
    """A micro-frontend's page with the slots filled that it asks for, all within one deadline."""
    parts = cut(content)
    if len(parts) == 1:
        return content
    wanted = {
        number: areas(platform.registry, behalf.identity, part.slot, part.context)
        for number, part in enumerate(parts)
        if isinstance(part, Mark)
    }
    filling = Filling(platform, behalf, [area for each in wanted.values() for area in each])
    g.timing.append(lambda: timing.entries(filling.known))

    def html(here: Sequence[Area]) -> bytes:
        return cards.html([each for each in filling.filled() if each.area in here], behalf)

    return [
        part if isinstance(part, bytes) else piece(filling, partial(html, wanted[number])) if wanted[number] else b""
        for number, part in enumerate(parts)
    ]


def piece(filling: Filling, html: Callable[[], bytes]) -> Piece:
    """What a page holds for these areas: made at once where nothing is to be waited for, or everything is measured."""
    return html if filling.waits and not overlay.shown() else html()


def _opening(area: Area, state: State) -> bytes:
    version = area.app.manifest.version if area.app.manifest else ""
    return _tag(f"{area.app.name}/{area.slot}/{area.number}", version, state)


@lru_cache(1024)
def _tag(name: str, version: str, state: State) -> bytes:
    known = "".join(mark for mark in version if mark.isalnum() or mark in ".-_+")
    return f'<div class="area" data-area="{name}" data-version="{known}" data-state="{state}">'.encode()
