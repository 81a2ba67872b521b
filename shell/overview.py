"""Decides what is told of each registered micro-frontend: its record, and how each of its addresses does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bff.errors import Missing
from shell.breaker import Breaker
from shell.measures import Measure
from shell.platform import Platform
from shell.registry.records import Record
from shell.registry.upstream import Facts


class Health(StrEnum):
    """How an address does."""

    AVAILABLE = "available"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"  # nothing has come from it yet
    GONE = "gone"  # the cluster has it no more
    DISABLED = "disabled"


@dataclass(frozen=True)
class Place:
    """One address. Figures are those of this process of the shell since it started."""

    url: str
    facts: Facts | None
    measure: Measure
    breaker: Breaker
    health: Health

    @property
    def versions(self) -> tuple[str, ...]:
        return self.facts.versions if self.facts else ()

    @property
    def contract(self) -> str:
        """The version of the contract that it keeps; empty while it is not known."""
        manifest = self.facts.app.manifest if self.facts else None
        return manifest.contract if manifest else ""

    @property
    def since(self) -> datetime | None:
        """Since when it is unavailable."""
        return self.facts.app.unavailable_since if self.facts else None

    @property
    def read_at(self) -> datetime | None:
        return self.facts.read_at if self.facts else None

    @property
    def problem(self) -> str:
        return self.facts.problem if self.facts else ""


@dataclass(frozen=True)
class Overview:
    """One registered micro-frontend, with its first address and perhaps the other."""

    record: Record
    places: Sequence[Place]

    @property
    def first(self) -> Place:
        return self.places[0]

    def title_in(self, language: str) -> str:
        """What people call it."""
        return self.first.facts.app.title_in(language) if self.first.facts else self.record.name


def overview(platform: Platform) -> list[Overview]:
    """All that are registered, in the order of the menu."""
    return [_overview(platform, record) for record in platform.registry.records()]


def overview_of(platform: Platform, name: str, problem: str) -> Overview:
    """One of them. Raises Missing with `problem`."""
    record = platform.registry.record(name)
    if record is None:
        raise Missing(problem)
    return _overview(platform, record)


def _overview(platform: Platform, record: Record) -> Overview:
    known = {facts.app.upstream: facts for facts in platform.registry.facts(record.name)}
    urls = [record.url, *([record.share.url] if record.share else [])]
    return Overview(record, [_place(platform, record, url, known.get(f"{record.name}@{url}")) for url in urls])


def _place(platform: Platform, record: Record, url: str, facts: Facts | None) -> Place:
    key = f"{record.name}@{url}"
    return Place(url, facts, platform.measures.of(key), platform.breakers.of(key), _health(record, url, facts))


def _health(record: Record, url: str, facts: Facts | None) -> Health:
    if not record.enabled:
        return Health.DISABLED
    if record.gone_at and url == record.url:
        return Health.GONE
    if facts is None or (facts.app.manifest is None and facts.app.unavailable_since is None):
        return Health.UNKNOWN
    return Health.UNAVAILABLE if facts.app.unavailable_since else Health.AVAILABLE
