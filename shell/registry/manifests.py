"""Decides what a micro-frontend's manifest says, read tolerantly: the unknown is passed over, the broken refused."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from bff.contract.manifest import problems
from bff.texts import Text

# Requests are made of these: a space or a control character in one would spoil the page of whoever asks.
_PATH: Final = re.compile(r"/[!-~]*")
_BLANK: Final = re.compile(r"\{([a-z][a-z_]*)\}")
BADGES: Final = ".badge"  # the slot of what stands beside entries of the menu: no manifest can name it
_INTERFACE: Final = re.compile(r"(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")


class BadManifestError(Exception):
    """A document that is not a manifest, or another app's; the message names each broken clause."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A menu entry. `href` is relative to the mount; an empty permission means anyone who is signed in.

    `badge` is the number among the app's badges of the one beside it, None where it has none; `ahead`: its page may be
    asked for before it is opened."""

    label: Text
    href: str
    icon: str
    permission: str
    badge: int | None = None
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A fragment offered to pages of others. In `href`, `{name}` stands for what such a page says it is about."""

    slot: str
    href: str
    permission: str
    max_age: int = 0

    def about(self, context: Mapping[str, str]) -> str:
        """Where it is for one object; empty where the page does not say what the fragment needs to know."""
        if "{" not in self.href:
            return self.href
        names = _BLANK.findall(self.href)
        if not context.keys() >= set(names):
            return ""
        return _BLANK.sub(lambda blank: quote(context[blank[1]], safe=":"), self.href)


@dataclass(frozen=True, slots=True)
class Interface:
    """A JSON interface that the platform's own pages ask: `approvals`, `audit`. An empty permission: none is named."""

    name: str
    href: str
    permission: str


@dataclass(frozen=True, slots=True)
class ReadManifest:
    """What the shell needs of a manifest."""

    version: str
    title: Text
    fallback: Text  # empty when it gives none
    navigation: tuple[Entry, ...]
    offers: tuple[Offer, ...]
    interfaces: tuple[Interface, ...] = ()
    actions: Mapping[str, Text] = field(default_factory=dict)  # the words of what its audit names
    contract: str = ""

    def badge(self, entry: Entry) -> Offer | None:
        """What is offered to stand beside an entry."""
        beside = [offer for offer in self.offers if offer.slot == BADGES]
        return None if entry.badge is None else beside[entry.badge]

    def interface(self, name: str) -> Interface | None:
        """The interface of this name, if the app has one."""
        return next((each for each in self.interfaces if each.name == name), None)


def read(document: Any, name: str) -> ReadManifest:
    """The manifest of the micro-frontend registered as `name`. Raises BadManifestError."""
    # A broken interface is passed over below: it costs the app neither its pages nor its other interfaces.
    broken = [problem for problem in problems(document) if not problem.startswith("interfaces")]
    if not broken and document["name"] != name:
        broken = [f"name: it calls itself {document['name']!r} but is registered as {name!r}"]
    if not broken:
        hrefs = [item["href"] for key in ("navigation", "slots") for item in document.get(key, ())]
        hrefs += [item["badge"]["href"] for item in document["navigation"] if "badge" in item]
        broken = [f"href: {href!r} holds more than a URL's characters" for href in hrefs if not _PATH.fullmatch(href)]
    if broken:
        raise BadManifestError("; ".join(broken))
    entries, badges = _entries(document["navigation"])
    offers = [_offer(item["name"], item) for item in document.get("slots", ())] + badges
    words = document["title"], document.get("fallback", "")
    interfaces = tuple(_interfaces(document.get("interfaces")))
    actions = {item["id"]: item["title"] for item in document.get("actions", ())}
    contract: str = document["contract"]
    return ReadManifest(document["version"], *words, tuple(entries), tuple(offers), interfaces, actions, contract)


def _entries(listed: list[dict[str, Any]]) -> tuple[list[Entry], list[Offer]]:
    """The entries of the menu, and what is offered to stand beside them."""
    entries: list[Entry] = []
    badges: list[Offer] = []
    for item in listed:
        beside = None
        if "badge" in item:
            beside = len(badges)
            badges.append(_offer(BADGES, item["badge"]))
        facts = item["label"], item["href"], item.get("icon", ""), item.get("permission", "")
        entries.append(Entry(*facts, beside, item.get("ahead", False)))
    return entries, badges


def _offer(slot: str, item: dict[str, Any]) -> Offer:
    return Offer(slot, item["href"], item.get("permission", ""), item.get("max_age", 0))


def _interfaces(listed: Any) -> Iterator[Interface]:
    """Those that can be asked. One that cannot costs the app neither its pages nor its other interfaces."""
    for item in listed if isinstance(listed, list) else ():
        parts = [item.get(key, "") for key in ("name", "href", "permission")] if isinstance(item, dict) else []
        # Paths are put together with it, so it ends as a segment does and holds no query.
        if parts and all(isinstance(part, str) for part in parts) and _INTERFACE.fullmatch(parts[1]):
            yield Interface(*parts)
