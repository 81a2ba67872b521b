"""Decides who is here: each registered app with its last good manifest, and since when it does not answer."""

import contextlib
import json
import os
import random
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog

from bff.identity.principal import Identity
from bff.texts import in_language
from shell.client import Client
from shell.connections import Origin
from shell.manifests import BadManifestError, ReadManifest, read
from shell.messages import Reply, Request, UpstreamError

ACCEPT_JSON: Final = (("Accept", "application/json"),)
PROBE_SECONDS: Final = 2.0
FIRST_PAUSE: Final = 0.5  # doubled at each failure, so that what starts together is found soon
LONGEST_PAUSE: Final = 10.0
BETWEEN_READS: Final = 2.0  # while two versions answer in turn, the manifest is not read at each of them

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MicroFrontend:
    """One registered app as it is known now."""

    name: str
    origin: Origin
    manifest: ReadManifest | None = None
    unavailable_since: datetime | None = None

    @property
    def mount(self) -> str:
        return f"/{self.name}"

    @property
    def upstream(self) -> str:
        """What is measured and broken by itself: one app at one address, `alpha@http://alpha:8001`."""
        return f"{self.name}@{self.origin.scheme}://{self.origin.authority}"

    def title_in(self, language: str) -> str:
        return in_language(self.manifest.title, language) if self.manifest else self.name.capitalize()

    def fallback_in(self, language: str) -> str:
        """What it wants said in its place; empty when it said nothing."""
        return in_language(self.manifest.fallback, language) if self.manifest and self.manifest.fallback else ""


class Registry:
    """Reads manifests in one thread of its own, so each is read once however many requests notice that it changed."""

    def __init__(self, origins: Mapping[str, Origin], client: Client, folder: Path) -> None:
        self._client, self._folder = client, folder
        self._known = {name: MicroFrontend(name, origin, self._kept(name)) for name, origin in origins.items()}
        self._lock = threading.Lock()
        self._due = dict.fromkeys(origins, 0.0)
        self._failures = dict.fromkeys(origins, 0)
        self._read_at = dict.fromkeys(origins, 0.0)
        self._wake = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def get(self, name: str) -> MicroFrontend | None:
        return self._known.get(name)

    def route(self, name: str, identity: Identity) -> MicroFrontend | None:
        """The one of this name that this person is to see."""
        return self.get(name)

    def seen_by(self, identity: Identity) -> tuple[MicroFrontend, ...]:
        """Those that this person is to see, in the order of the menu."""
        return self.all()

    def all(self) -> tuple[MicroFrontend, ...]:
        """In the order of registration, which is the order of the menu."""
        return tuple(self._known.values())

    def start(self) -> None:
        """Begin to watch, if there is anything to watch."""
        if self._known:
            self._thread = threading.Thread(target=self._watch, name="registry", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def answered(self, app: MicroFrontend, version: str | None) -> None:
        """A response came, and said which version made it."""
        name = app.name
        known = self._known[name]
        if known.unavailable_since is not None:
            self._change(name, unavailable_since=None)
        if version and (known.manifest is None or version != known.manifest.version):
            self._ask_soon(name)

    def failed(self, app: MicroFrontend, *, refused: bool) -> None:
        """A request failed. A refused connection proves that nobody is there; anything else is asked again first."""
        name = app.name
        if refused:
            self._mark_unavailable(name)
        self._ask_soon(name)

    def read_manifests(self, names: Iterable[str]) -> None:
        """Ask these for their manifests, all at once, and keep what is good."""
        asked = list(names)
        requests = [Request(self._known[name].origin, "/manifest.json", ACCEPT_JSON) for name in asked]
        for name, outcome in zip(asked, self._client.fetch_many(requests, PROBE_SECONDS), strict=True):
            self._take(name, outcome)

    def _take(self, name: str, outcome: Reply | UpstreamError) -> None:
        now = time.monotonic()
        self._read_at[name] = now
        try:
            document = _document(outcome)
            manifest = read(document, name)
        except (UpstreamError, BadManifestError) as problem:
            log.info("manifest_not_read", microfrontend=name, problem=str(problem))
            if isinstance(outcome, UpstreamError) or outcome.status >= 500:
                self._mark_unavailable(name)
            pause = min(FIRST_PAUSE * 2 ** self._failures[name], LONGEST_PAUSE)
            with self._lock:
                self._failures[name] += 1
                # Jitter keeps many shells from knocking in step at an app that is coming back.
                self._due[name] = now + pause * random.uniform(0.8, 1.2)  # noqa: S311
            return
        with self._lock:
            self._failures[name] = 0
            self._due.pop(name, None)
        if self._known[name].manifest != manifest:
            self._keep(name, document)
            log.info("manifest_read", microfrontend=name, version=manifest.version)
        self._change(name, manifest=manifest, unavailable_since=None)

    def _mark_unavailable(self, name: str) -> None:
        if self._known[name].unavailable_since is None:
            self._change(name, unavailable_since=datetime.now(UTC))

    def _change(self, name: str, **facts: Any) -> None:
        with self._lock:
            self._known[name] = replace(self._known[name], **facts)

    def _ask_soon(self, name: str) -> None:
        with self._lock:
            if name in self._due:
                return
            self._due[name] = self._read_at[name] + BETWEEN_READS
        self._wake.set()

    def _watch(self) -> None:
        while not self._stopped:
            now = time.monotonic()
            with self._lock:
                due = [name for name, at in self._due.items() if at <= now]
                pause = min((at - now for at in self._due.values()), default=None)
            if due:
                self._read_or_say(due)
            else:
                self._wake.wait(pause)
                self._wake.clear()

    def _read_or_say(self, names: list[str]) -> None:
        try:
            self.read_manifests(names)
        except Exception:  # whatever it is: with this thread the portal would stop to notice anything
            log.exception("manifests_not_read", microfrontends=names)
            self._wake.wait(FIRST_PAUSE)

    def _kept(self, name: str) -> ReadManifest | None:
        with contextlib.suppress(OSError, ValueError, BadManifestError):
            return read(json.loads(self._path(name).read_text("utf-8")), name)
        return None

    def _keep(self, name: str, document: Any) -> None:
        """Replace the copy on disk whole: a shell that starts while the app is down has its menu from it."""
        path = self._path(name)
        new = path.with_suffix(f".{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            new.write_text(json.dumps(document), "utf-8")
            new.replace(path)
        except OSError as problem:
            log.warning("manifest_not_kept", microfrontend=name, problem=str(problem))

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def _document(outcome: Reply | UpstreamError) -> Any:
    """Raises UpstreamError when nobody answered, BadManifestError when the answer is no JSON."""
    if isinstance(outcome, UpstreamError):
        raise outcome
    if outcome.status != 200:
        raise BadManifestError(f"it was answered with {outcome.status}")
    try:
        return json.loads(outcome.body)
    except (ValueError, RecursionError):
        raise BadManifestError("it is not JSON") from None
