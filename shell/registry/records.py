"""Decides what is registered: a name, its address, and perhaps a second address for some people; as it is kept."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from bff.identity.principal import Identity
from shell.connections import Origin

PARTS: Final = 10_000  # people are told apart as finely as hundredths of a per cent


class Source(StrEnum):
    """Who says that it is here."""

    CONFIGURATION = "configuration"
    KUBERNETES = "kubernetes"
    HAND = "hand"


class State(StrEnum):
    """Whether anybody is led to it."""

    ENABLED = "enabled"
    DISABLED = "disabled"


@dataclass(frozen=True)
class Share:
    """A second address, and who is sent there: a part of all people, and all who hold one of the roles.

    With a `version`, only while that address runs it."""

    url: str
    percent: int
    roles: tuple[str, ...] = ()
    version: str = ""

    def takes(self, name: str, identity: Identity) -> bool:
        """Whether this person belongs there: always the same answer, and a larger share keeps whom a smaller had."""
        return not set(self.roles).isdisjoint(identity.roles) or self._draws(name, identity.subject)

    def _draws(self, name: str, subject: str) -> bool:
        # With the address in it, the first to try one version are not the first to try every other.
        drawn = hashlib.sha256(f"{name} {self.url} {subject}".encode()).digest()
        return int.from_bytes(drawn[:8]) % PARTS < self.percent * PARTS // 100


@dataclass(frozen=True)
class Record:
    """One registered micro-frontend. A pinned `version` is the one whose manifest makes its menu and slots.

    `gone_at` is when the cluster ceased to have it. Times are ISO 8601 in UTC."""

    name: str
    url: str
    source: Source = Source.HAND
    version: str = ""
    state: State = State.ENABLED
    share: Share | None = None
    registered_by: str = ""
    registered_at: str = ""
    gone_at: str = ""
    revision: int = field(default=0, compare=False)  # of the registry, when this last changed

    @property
    def origin(self) -> Origin:
        return Origin.of(self.url)

    @property
    def enabled(self) -> bool:
        return self.state is State.ENABLED

    def as_json(self) -> dict[str, Any]:
        """What is kept of it."""
        document = asdict(self)
        del document["revision"]
        return document

    @classmethod
    def of(cls, document: Mapping[str, Any], revision: int = 0) -> "Record":
        """The record of what was kept."""
        known = {key: document[key] for key in cls.__dataclass_fields__ if key in document}
        share = document.get("share")
        if share:
            share = Share(**{**share, "roles": tuple(share["roles"])})
        told = {"source": Source(document["source"]), "state": State(document["state"]), "share": share or None}
        return cls(**{**known, **told, "revision": revision})

    def as_text(self) -> str:
        """The same as text."""
        return json.dumps(self.as_json(), sort_keys=True)


def in_force(configured: Mapping[str, Origin], kept: Mapping[str, Record]) -> dict[str, Record]:
    """What is registered: what the configuration names, at the address that it names; then the rest, by age."""
    found = {}
    for name, origin in configured.items():
        here = {"url": url_of(origin), "source": Source.CONFIGURATION, "gone_at": ""}
        found[name] = replace(kept[name], **here) if name in kept else Record(name, **here)  # type: ignore[arg-type]
    others = (record for record in kept.values() if record.source is not Source.CONFIGURATION)
    for record in sorted(others, key=lambda record: (record.registered_at, record.name)):
        found.setdefault(record.name, record)
    return found


def url_of(origin: Origin) -> str:
    """An address as it is written."""
    return f"{origin.scheme}://{origin.authority}"


def normal(url: str) -> str:
    """A URL that somebody typed, as addresses are written, so that two of one place are alike."""
    try:
        return url_of(Origin.of(url))
    except ValueError:
        return url
