"""Decides which micro-frontends there are and who sees which: as the database says, and while it is away as it said."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bff.identity.principal import Identity
from shell.client import Client
from shell.connections import Origin
from shell.registry.keeping import Keeping
from shell.registry.known import MicroFrontend
from shell.registry.reading import Address, Reader
from shell.registry.records import Record, in_force
from shell.registry.store import Edit, Store, Told
from shell.registry.upstream import Facts, facts_of

POLL_SECONDS: Final = 1.0
LARGEST: Final = 1_000  # people whose view is remembered

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Route:
    """A record with the upstreams to which it leads."""

    record: Record
    here: str
    there: str = ""


class Registry:
    """The records in force, and what is known of each upstream. Every process of the shell has one."""

    def __init__(self, configured: Mapping[str, Origin], client: Client, store: Store, keeping: Keeping) -> None:
        self.store, self.configured = store, configured
        self._reader = Reader(client, keeping)
        self._routes: Mapping[str, Route] = {}
        self._seen: dict[Identity, tuple[object, tuple[MicroFrontend, ...]]] = {}
        self._addresses: dict[str, Address] = {}
        self._revision = -1
        self._over = threading.Event()
        self._applying = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stops: list[Callable[[], None]] = []
        self.problem = ""  # why the database cannot be asked; empty while it can

    def get(self, name: str) -> MicroFrontend | None:
        """The one of this name, unless it is disabled; at its first address."""
        route = self._routes.get(name)
        return self._at(route.here) if route and route.record.enabled else None

    def all(self) -> tuple[MicroFrontend, ...]:
        """In the order of registration, which is the order of the menu."""
        return tuple(app for name in self._routes if (app := self.get(name)))

    def route(self, name: str, identity: Identity) -> MicroFrontend | None:
        """The one of this name that this person is to see."""
        route = self._routes.get(name)
        return self._for(route, identity) if route and route.record.enabled else None

    def seen_by(self, identity: Identity) -> tuple[MicroFrontend, ...]:
        """Those that this person is to see, in the order of the menu: the same tuple until something changes."""
        turn = self._reader.turn  # taken first: what changes meanwhile is looked at again
        known = self._seen.get(identity)
        if known is not None and known[0] is turn:
            return known[1]
        found = (self._for(route, identity) for route in self._routes.values() if route.record.enabled)
        seen = tuple(app for app in found if app)
        if len(self._seen) >= LARGEST:
            self._seen.clear()
        self._seen[identity] = turn, seen
        return seen

    def records(self) -> tuple[Record, ...]:
        """Everything that is registered, the disabled too."""
        return tuple(route.record for route in self._routes.values())

    def record(self, name: str) -> Record | None:
        """One of them."""
        route = self._routes.get(name)
        return route.record if route else None

    def facts(self, name: str) -> tuple[Facts, ...]:
        """What is known at each of its addresses, the first one first."""
        route = self._routes.get(name)
        found = (self._reader.find(key) for key in ((route.here, route.there) if route else ()))
        return tuple(facts_of(upstream) for upstream in found if upstream)

    def versions(self, name: str) -> list[str]:
        """The versions whose manifests are known at its first address."""
        route = self._routes.get(name)
        upstream = self._reader.find(route.here) if route else None
        return sorted(upstream.versions) if upstream else []

    def change(self, name: str, edit: Edit, told: Told) -> bool:
        """Change a record as it is in force, remember it, and follow it here at once. Raises what `edit` raises."""

        def in_sight(stored: Record | None) -> Record | None:
            return edit(in_force(self.configured, {name: stored} if stored else {}).get(name))

        changed = self.store.change(name, in_sight, told, kept=self.record(name))
        self.reload()
        return changed

    def answered(self, app: MicroFrontend, version: str | None) -> None:
        """A response came, and said which version made it."""
        self._reader.answered(app, version)

    def failed(self, app: MicroFrontend, *, refused: bool) -> None:
        """A request failed. A refused connection proves that nobody is there; anything else is asked again first."""
        self._reader.failed(app, refused=refused)

    def read_manifests(self, names: Iterable[str]) -> None:
        """Read the manifests of these now, at each of their addresses."""
        routes = [self._routes[name] for name in names]
        found = (self._reader.find(key) for route in routes for key in (route.here, route.there))
        self._reader.read_manifests(upstream for upstream in found if upstream)

    def start(self) -> None:
        """Take over what is registered, and begin to watch it."""
        self.reload()
        self._reader.start()
        self._thread = threading.Thread(target=self._poll, name="registry-poll", daemon=True)
        self._thread.start()

    def until_stop(self, stop: Callable[[], None]) -> None:
        """Also stop this, before all else."""
        self._stops.append(stop)

    def stop(self) -> None:
        for stop in self._stops:
            stop()
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        self._reader.stop()

    def reload(self) -> None:
        """Take over what is registered now; while the database is away, what was known stands."""
        with self._applying:
            try:
                revision, kept = self.store.load()
            except (SQLAlchemyError, ValueError, LookupError, TypeError) as problem:
                self._note(problem)
                if self._routes:
                    return
                revision, kept = -1, {}
            else:
                self.problem = ""
            self._apply(in_force(self.configured, kept))
            self._revision = revision

    def _apply(self, records: Mapping[str, Record]) -> None:
        routes: dict[str, Route] = {}
        addresses: dict[str, Address] = {}
        for record in records.values():
            gone = datetime.fromisoformat(record.gone_at) if record.gone_at else None
            places = [Address(record.name, record.origin, record.version, gone)]
            if record.share:
                places.append(Address(record.name, Origin.of(record.share.url), record.share.version))
            routes[record.name] = Route(record, *(place.key for place in places))
            addresses |= {place.key: place for place in places if record.enabled}
        # Requests go on meanwhile: none may meet a route whose upstream is gone already, or not yet there.
        self._reader.watch((self._addresses | addresses).values())
        self._routes = routes
        self._reader.watch(addresses.values())
        self._addresses = addresses

    def _at(self, key: str) -> MicroFrontend | None:
        upstream = self._reader.find(key)
        return upstream.app if upstream else None

    def _for(self, route: Route, identity: Identity) -> MicroFrontend | None:
        share = route.record.share
        if share and share.takes(route.record.name, identity):
            other = self._reader.find(route.there)
            # Nobody loses an area to a trial: where the other does not answer, or is not what it has to be, the first.
            fit = other and other.app.manifest and not other.app.unavailable_since
            if other and fit and share.version in ("", other.running):
                return other.app
        return self._at(route.here)

    def _poll(self) -> None:
        while not self._over.wait(POLL_SECONDS):
            try:
                if self.store.revision() != self._revision:
                    self.reload()
                self.problem = ""
            except SQLAlchemyError as problem:
                self._note(problem)
            except Exception:  # whatever it is: with this thread every later change would be missed
                log.exception("registry_not_polled")

    def _note(self, problem: Exception) -> None:
        if not self.problem:
            log.warning("registry_not_read", problem=type(problem).__name__)
        self.problem = type(problem).__name__
