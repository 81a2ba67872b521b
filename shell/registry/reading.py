"""Decides when manifests are read: in one thread of its own, and of all processes of the shell by one of them."""

import random
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from shell.client import Client
from shell.connections import Origin
from shell.messages import Reply, Request, UpstreamError
from shell.registry.keeping import Keeping
from shell.registry.known import MicroFrontend
from shell.registry.manifests import BadManifestError, read
from shell.registry.upstream import Upstream, document_of, now

ACCEPT_JSON: Final = (("Accept", "application/json"),)
PROBE_SECONDS: Final = 2.0
FIRST_PAUSE: Final = 0.5  # doubled at each failure, so that what starts together is found soon
LONGEST_PAUSE: Final = 10.0
BETWEEN_READS: Final = 2.0  # while two versions answer in turn, the manifest is not read at each of them
ANOTHER_READS: Final = 0.3  # seconds after which to look whether another process has read it
MISSES: Final = 6  # a version that is not to be had so often has gone again
FRESH: Final = timedelta(seconds=10)

log = structlog.get_logger()


@dataclass(frozen=True)
class Address:
    """One app at one address, as the registry wants it watched."""

    name: str
    origin: Origin
    pinned: str = ""
    gone_since: datetime | None = None

    @property
    def key(self) -> str:
        return MicroFrontend(self.name, self.origin).upstream


class Reader:
    """The upstreams that are watched, and the thread that watches them."""

    def __init__(self, client: Client, keeping: Keeping) -> None:
        self._client, self._keeping = client, keeping
        self._upstreams: Mapping[str, Upstream] = {}
        self.turn = object()  # another one after every change in what `find` finds
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def find(self, key: str) -> Upstream | None:
        """The upstream of this key."""
        return self._upstreams.get(key)

    def watch(self, addresses: Iterable[Address]) -> None:
        """Watch these and no others; of each new one, what was kept is known at once."""
        wanted = {address.key: address for address in addresses}
        new = {
            key: Upstream(each.name, each.origin, self._next_turn)
            for key, each in wanted.items()
            if key not in self._upstreams
        }
        for upstream in new.values():
            self._adopt(upstream)
        with self._lock:
            self._upstreams = {key: self._upstreams.get(key) or new[key] for key in wanted}
            for key, address in wanted.items():
                upstream = self._upstreams[key]
                came_back = upstream.gone_since and not address.gone_since
                upstream.pinned, upstream.gone_since = address.pinned, address.gone_since
                upstream.show(**({"unavailable_since": None} if came_back else {}))
        self._next_turn()
        self._wake.set()

    def start(self) -> None:
        """Begin to watch."""
        self._thread = threading.Thread(target=self._watch, name="registry", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def answered(self, app: MicroFrontend, version: str | None) -> None:
        """A response came, and said which version made it."""
        upstream = self._upstreams.get(app.upstream)
        if upstream is None:
            return
        if upstream.app.unavailable_since is not None and not upstream.gone_since:
            with self._lock:
                upstream.show(unavailable_since=None)
        if version and not upstream.hear(version, time.monotonic()):
            self._ask_soon(upstream, version)

    def failed(self, app: MicroFrontend, *, refused: bool) -> None:
        """A request failed. A refused connection proves that nobody is there; anything else is asked again first."""
        upstream = self._upstreams.get(app.upstream)
        if upstream is None:
            return
        if refused:
            self._mark_unavailable(upstream)
        self._ask_soon(upstream)

    def read_manifests(self, upstreams: Iterable[Upstream]) -> None:
        """Ask these for their manifests, all at once, and keep what is good."""
        asked = list(upstreams)
        requests = [Request(upstream.app.origin, "/manifest.json", ACCEPT_JSON) for upstream in asked]
        for upstream, outcome in zip(asked, self._client.fetch_many(requests, PROBE_SECONDS), strict=True):
            self._take(upstream, outcome)

    def _next_turn(self) -> None:
        self.turn = object()

    def _take(self, upstream: Upstream, outcome: Reply | UpstreamError) -> None:
        upstream.asked_at = time.monotonic()
        try:
            document = document_of(outcome)
            manifest = read(document, upstream.app.name)
        except (UpstreamError, BadManifestError) as problem:
            log.info("manifest_not_read", microfrontend=upstream.app.name, problem=str(problem))
            if isinstance(outcome, UpstreamError) or outcome.status >= 500:
                self._mark_unavailable(upstream)
            self._again_after_failure(upstream, str(problem))
            return
        with self._lock:
            news = upstream.learn(manifest, upstream.asked_at)
            upstream.failures, upstream.problem, upstream.read_at = 0, "", now()
            upstream.show(unavailable_since=None)
            self._plan(upstream)
        if news:
            log.info("manifest_read", microfrontend=upstream.app.name, version=manifest.version)
        self._keep(upstream, manifest.version if news else "", document)

    def _plan(self, upstream: Upstream) -> None:
        """When to read again: when the version that was wanted has not come. The lock is held."""
        missing = upstream.wanted and upstream.wanted not in upstream.versions
        if missing and upstream.missed + 1 < MISSES:
            upstream.missed += 1
            upstream.due = upstream.asked_at + min(FIRST_PAUSE * 2**upstream.missed, LONGEST_PAUSE)
        else:
            upstream.due, upstream.wanted, upstream.missed = None, "", 0

    def _keep(self, upstream: Upstream, version: str, document: Any) -> None:
        claimed, upstream.claimed = upstream.claimed, ""
        try:
            if version:
                self._keeping.keep(upstream.key, version, document, upstream.pinned)
            if claimed and claimed not in upstream.versions:
                self._keeping.give_up(upstream.key, claimed)
        except SQLAlchemyError as problem:
            log.warning("manifest_not_kept", microfrontend=upstream.app.name, problem=type(problem).__name__)

    def _again_after_failure(self, upstream: Upstream, problem: str) -> None:
        pause = min(FIRST_PAUSE * 2**upstream.failures, LONGEST_PAUSE)
        with self._lock:
            upstream.failures, upstream.problem = upstream.failures + 1, problem
            # Jitter keeps many shells from knocking in step at an app that is coming back.
            upstream.due = upstream.asked_at + pause * random.uniform(0.8, 1.2)  # noqa: S311

    def _mark_unavailable(self, upstream: Upstream) -> None:
        with self._lock:
            if upstream.app.unavailable_since is None:
                upstream.show(unavailable_since=now())

    def _ask_soon(self, upstream: Upstream, version: str = "") -> None:
        with self._lock:
            upstream.wanted = version or upstream.wanted
            if upstream.due is not None:
                return
            upstream.due = upstream.asked_at + BETWEEN_READS
        self._wake.set()

    def _watch(self) -> None:
        while not self._stopped:
            at = time.monotonic()
            with self._lock:
                planned = [(each.due, each) for each in self._upstreams.values() if each.due is not None]
            due = [upstream for moment, upstream in planned if moment <= at]
            if due:
                self._read_or_say(due)
            else:
                self._wake.wait(min((moment - at for moment, _ in planned), default=None))
                self._wake.clear()

    def _read_or_say(self, upstreams: list[Upstream]) -> None:
        try:
            self.read_manifests([upstream for upstream in upstreams if self._is_ours(upstream)])
        except Exception:  # whatever it is: with this thread the portal would stop to notice anything
            log.exception("manifests_not_read", microfrontends=[upstream.app.name for upstream in upstreams])
            self._wake.wait(FIRST_PAUSE)

    def _is_ours(self, upstream: Upstream) -> bool:
        """Whether to read it here: not what another process has read meanwhile, nor what another is reading."""
        wanted = upstream.wanted
        fresh = self._adopt(upstream)
        try:
            have = wanted in upstream.versions if wanted else fresh and upstream.read_at is None
            if not have and (not wanted or self._keeping.claim(upstream.key, wanted)):
                upstream.claimed = wanted
                return True
        except SQLAlchemyError:
            return True  # then each reads for itself
        with self._lock:
            if have and upstream.wanted == wanted:
                upstream.due, upstream.wanted, upstream.missed, upstream.read_at = None, "", 0, now()
            else:
                # Another process is at it, or another version has answered meanwhile.
                upstream.due = time.monotonic() + ANOTHER_READS
        return False

    def _adopt(self, upstream: Upstream) -> bool:
        """Take over what any process has kept; whether some of it was read just now."""
        try:
            kept = self._keeping.of(upstream.key)
        except SQLAlchemyError as problem:
            log.warning("manifests_not_looked_up", microfrontend=upstream.app.name, problem=type(problem).__name__)
            return False
        fresh = False
        for each in kept:
            just_now = now() - each.read_at < FRESH
            fresh = fresh or just_now
            try:
                manifest = read(each.document, upstream.app.name)
            except BadManifestError:
                continue  # kept by a portal of another contract
            with self._lock:
                if each.version not in upstream.versions:
                    upstream.learn(manifest, time.monotonic() if just_now else 0.0)
        return fresh
