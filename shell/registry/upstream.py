"""Decides what is known of one app at one address: the manifests of the versions that answer there, and since when."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from shell.connections import Origin
from shell.messages import Reply, UpstreamError
from shell.registry.keeping import KEPT
from shell.registry.known import MicroFrontend
from shell.registry.manifests import BadManifestError, ReadManifest

SETTLED: Final = 30.0  # seconds of silence after which a version is no longer taken for the one that is coming


@dataclass(slots=True)
class Version:
    """One version: what it says of itself, and when it answered last (by the monotonic clock)."""

    manifest: ReadManifest
    answered: float


class Upstream:
    """One app at one address. Whoever changes it holds the reader's lock; `app` is what others may see at any time."""

    def __init__(self, name: str, origin: Origin, shown: Callable[[], None]) -> None:
        self._shown = shown  # told after each change in `app`
        self.app = MicroFrontend(name, origin)
        self.versions: dict[str, Version] = {}
        self.running = ""  # the version that its menu and slots are taken from, unless one is pinned
        self.pinned = ""
        self.gone_since: datetime | None = None
        self.wanted = ""  # a version that has answered, and whose manifest nobody knows yet
        self.claimed = ""  # a version whose manifest this process has said that it reads
        self.missed = 0  # how often another version's manifest came instead
        self.due: float | None = 0.0
        self.failures = 0
        self.asked_at = 0.0
        self.read_at: datetime | None = None
        self.problem = ""

    @property
    def key(self) -> str:
        return self.app.upstream

    def learn(self, manifest: ReadManifest, answered: float) -> bool:
        """Take a manifest over; whether it was news. A version that was not known is the one that is coming."""
        known = self.versions.get(manifest.version)
        news = known is None or known.manifest != manifest
        self.versions[manifest.version] = Version(manifest, max(answered, known.answered if known else 0.0))
        if known is None or self._is_silent(answered):
            self.running = manifest.version
        while len(self.versions) > KEPT:
            rest = (version for version in self.versions if version not in (self.running, self.pinned))
            del self.versions[min(rest, key=lambda version: self.versions[version].answered)]
        self.show()
        return news

    def hear(self, version: str, now: float) -> bool:
        """A version has answered; whether its manifest is known."""
        known = self.versions.get(version)
        if known is None:
            return False
        known.answered = now
        if version != self.running and self._is_silent(now):
            self.running = version
            self.show()
        return True

    def show(self, **facts: Any) -> None:
        """Show others what is known now, with these facts."""
        shown = self.versions.get(self.pinned) or self.versions.get(self.running)
        told = {"manifest": shown.manifest if shown else None, **facts}
        if self.gone_since:
            told["unavailable_since"] = self.gone_since
        self.app = replace(self.app, **told)
        self._shown()

    def _is_silent(self, now: float) -> bool:
        """Whether the version that runs has given way: it no longer answers, and others do."""
        running = self.versions.get(self.running)
        return running is None or now - running.answered > SETTLED


@dataclass(frozen=True)
class Facts:
    """What is known of one address, for people."""

    app: MicroFrontend
    versions: tuple[str, ...]  # those that have answered of late, the running one first
    pinned: str
    read_at: datetime | None
    problem: str


def facts_of(upstream: Upstream) -> Facts:
    """What people are told."""
    now = time.monotonic()
    alive = [name for name, version in list(upstream.versions.items()) if now - version.answered <= SETTLED]
    versions = dict.fromkeys([upstream.running, *sorted(alive)]) if upstream.running else {}
    return Facts(upstream.app, tuple(versions), upstream.pinned, upstream.read_at, upstream.problem)


def document_of(outcome: Reply | UpstreamError) -> Any:
    """Raises UpstreamError when nobody answered, BadManifestError when the answer is no JSON."""
    if isinstance(outcome, UpstreamError):
        raise outcome
    if outcome.status != 200:
        raise BadManifestError(f"it was answered with {outcome.status}")
    try:
        return json.loads(outcome.body)
    except (ValueError, RecursionError):
        raise BadManifestError("it is not JSON") from None


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)
