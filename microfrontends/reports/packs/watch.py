"""Noticing what happens at the hub, whatever tool did it: every event once, none lost, from a beginning on."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bff.change.tasks import naive
from microfrontends.reports.domain.distribution import Event
from microfrontends.reports.execute import HubDatabase, Snapshot
from microfrontends.reports.packs.hub_events import SOURCES, Source, changes, last_before
from microfrontends.reports.packs.records import Happened, aware
from microfrontends.reports.packs.store import Packs
from microfrontends.reports.packs.table import pack_event, pack_watch

# A change with a lower number may be committed after one with a higher, so the last ones are looked at again.
AGAIN = 200
SAID = timedelta(seconds=20)  # how often it is kept that nothing has happened
_watch, _event = pack_watch.c, pack_event.c


class Watch:
    """Looks at the hub's histories. `look_back`: how far, the first time."""

    def __init__(self, packs: Packs, database: HubDatabase, look_back: timedelta) -> None:
        self._packs, self._database, self._look_back = packs, database, look_back
        self._noticed: dict[str, set[tuple[Event, int]]] = {}  # by source, at the last look
        self._said: dict[str, datetime] = {}

    def look(self) -> None:
        """Keep what has happened since the last look. Raises HubUnavailable, Busy."""
        with self._database.snapshot() as snapshot:
            for source in SOURCES:
                self._look_at(snapshot, source)

    def looked_at(self) -> datetime | None:
        """When the hub was last looked at; None before the first time."""
        with self._packs.engine.connect() as connection:
            found: datetime | None = aware(connection.execute(sa.select(sa.func.min(_watch.looked_at))).scalar())
        return found

    def _look_at(self, snapshot: Snapshot, source: Source) -> None:
        begun, seen = self._where(source) or self._begin(snapshot, source)
        after, more, looked = max(begun, seen - AGAIN), True, set()
        while more:
            found, after, more = changes(snapshot, source, after)
            self._keep(found)
            looked |= {(happened.kind, happened.object) for happened in found}
            self._move(source, seen, after)
        self._noticed[source.name] = looked

    def _where(self, source: Source) -> tuple[int, int] | None:
        query = sa.select(_watch.begun, _watch.seen).where(_watch.source == source.name)
        with self._packs.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return (row.begun, row.seen) if row else None

    def _begin(self, snapshot: Snapshot, source: Source) -> tuple[int, int]:
        now = self._packs.clock()
        # Without looking back: what is there now is over. A clock that is behind the hub's changes nothing about that.
        before = now - self._look_back if self._look_back else now + timedelta(days=3650)
        begun = last_before(snapshot, source, before)
        row = {"source": source.name, "begun": begun, "seen": begun, "looked_at": naive(now)}
        try:
            with self._packs.engine.begin() as connection:
                connection.execute(sa.insert(pack_watch).values(row))
        except IntegrityError:  # another worker has begun meanwhile, and its word counts
            return self._where(source) or (begun, begun)
        return begun, begun

    def _move(self, source: Source, seen: int, after: int) -> None:
        now, mine = self._packs.clock(), (_watch.source == source.name)
        if after <= seen and now - self._said.get(source.name, now - SAID) < SAID:
            return
        self._said[source.name] = now
        with self._packs.engine.begin() as connection:
            connection.execute(sa.update(pack_watch).where(mine).values(looked_at=naive(now)))
            connection.execute(sa.update(pack_watch).where(mine, _watch.seen < after).values(seen=after))

    def _keep(self, found: Iterable[Happened]) -> None:
        known = set().union(*self._noticed.values())
        for happened in found:
            if (happened.kind, happened.object) in known or self._is_kept(happened):
                continue
            try:
                with self._packs.engine.begin() as connection:
                    connection.execute(sa.insert(pack_event).values(self._row(happened)))
            except IntegrityError:
                continue  # another worker was quicker

    def _is_kept(self, happened: Happened) -> bool:
        same = (_event.kind == happened.kind, _event.object == happened.object)
        with self._packs.engine.connect() as connection:
            return connection.execute(sa.select(_event.id).where(*same)).first() is not None

    def _row(self, happened: Happened) -> dict[str, object]:
        return {
            "kind": happened.kind,
            "object": happened.object,
            "happened_at": naive(happened.happened_at),
            "noticed_at": naive(self._packs.clock()),
        }
