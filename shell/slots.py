"""Decides what belongs into a slot: the fragments that apps offer to it, for this person and about this object."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlencode

from bff.identity.principal import Identity
from shell.navigation import may_see
from shell.registry import MicroFrontend, Registry
from shell.same import Same

NAME: Final = re.compile(r"[a-z][a-z-]{0,31}")
MOST: Final = 8  # slots of one page
# What a page says a slot is about goes into other apps' addresses: nothing in it can end a path's segment.
_KEY: Final = re.compile(r"[a-z][a-z_]{0,31}")
_VALUE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._:-]{0,63}")
_MARK: Final = re.compile(
    rb'(<div class="panels" data-slot="([a-z][a-z-]{0,31})" data-slot-context="([A-Za-z0-9._:;=-]{0,400})">)</div>'
)

Context = Mapping[str, str]
Pairs = tuple[tuple[str, str], ...]  # a context that can be remembered


@dataclass(frozen=True, slots=True)
class Area:
    """One fragment in a slot: the app's `number`th there. `path` is as the manifest has it, `target` is asked for."""

    app: MicroFrontend
    slot: str
    number: int
    path: str
    target: str
    max_age: int = 0
    query: str = ""

    @property
    def href(self) -> str:
        """Where the shell serves this area by itself."""
        return f"/slots/{self.slot}/{self.app.name}/{self.number}{self.query}"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a micro-frontend's page into which a slot is to come."""

    slot: str
    context: Context


def areas(registry: Registry, identity: Identity, slot: str, context: Context) -> Sequence[Area]:
    """The areas of a slot that this person may see, in the order of the menu: the same ones until something changes."""
    return _areas(Same(registry.seen_by(identity)), identity, slot, tuple(context.items()))


@lru_cache(1_000)
def _areas(apps: Same[Sequence[MicroFrontend]], identity: Identity, slot: str, context: Pairs) -> Sequence[Area]:
    return tuple(_offered(apps.thing, identity, slot, dict(context)))


def _offered(apps: Sequence[MicroFrontend], identity: Identity, slot: str, context: Context) -> Iterator[Area]:
    query = f"?{urlencode(context)}" if context else ""
    for app in apps:
        number = -1
        for offer in app.manifest.offers if app.manifest else ():
            if offer.slot != slot:
                continue
            number += 1
            target = offer.about(context)
            if target and may_see(identity, offer.permission):
                yield Area(app, slot, number, offer.href, target, offer.max_age, query)


def context_of(given: Mapping[str, str]) -> Context | None:
    """What a slot is about, as somebody says it; None where it says what no address may hold."""
    good = all(_KEY.fullmatch(key) and _VALUE.fullmatch(value) for key, value in given.items())
    return dict(given) if good else None


def cut(content: bytes) -> Sequence[bytes | Mark]:
    """A page's main content, cut where it wants slots to be filled; a mark stands between its own tags."""
    if b' data-slot="' not in content:
        return [content]
    parts: list[bytes | Mark] = []
    start = 0
    for found in list(_MARK.finditer(content))[:MOST]:
        pairs = [pair.partition("=") for pair in found[3].decode().split(";") if pair]
        context = context_of({key: value for key, _, value in pairs})
        if context is not None:
            parts += [content[start : found.end(1)], Mark(found[2].decode(), context)]
            start = found.end(1)
    return [*parts, content[start:]]
