"""Decides what a micro-frontend's manifest says, read tolerantly: the unknown is passed over, the broken refused."""

import re
from dataclasses import dataclass
from typing import Any, Final

from bff.contract.manifest import problems
from bff.texts import Text

# Requests are made of these: a space or a control character in one would spoil the page of whoever asks.
_PATH: Final = re.compile(r"/[!-~]*")


class BadManifestError(Exception):
    """A document that is not a manifest, or another app's; the message names each broken clause."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A menu entry. `href` is relative to the mount; an empty permission means anyone who is signed in."""

    label: Text
    href: str
    icon: str
    permission: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A fragment offered to pages of others."""

    slot: str
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


def read(document: Any, name: str) -> ReadManifest:
    """The manifest of the micro-frontend registered as `name`. Raises BadManifestError."""
    broken = problems(document)
    if not broken and document["name"] != name:
        broken = [f"name: it calls itself {document['name']!r} but is registered as {name!r}"]
    if not broken:
        hrefs = [item["href"] for key in ("navigation", "slots") for item in document.get(key, ())]
        broken = [f"href: {href!r} holds more than a URL's characters" for href in hrefs if not _PATH.fullmatch(href)]
    if broken:
        raise BadManifestError("; ".join(broken))
    entries = [
        Entry(item["label"], item["href"], item.get("icon", ""), item.get("permission", ""))
        for item in document["navigation"]
    ]
    offers = [Offer(item["name"], item["href"], item.get("permission", "")) for item in document.get("slots", ())]
    words = document["title"], document.get("fallback", "")
    return ReadManifest(document["version"], *words, tuple(entries), tuple(offers))
