"""Which packs a person may find: those of their participants, of reports that they may run; counted and paged."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bff.change.tasks import naive
from bff.identity.principal import Identity
from microfrontends.reports.catalogue import Catalogue
from microfrontends.reports.domain.delivery import PENDING, UNPRODUCED, PackState
from microfrontends.reports.domain.distribution import Event
from microfrontends.reports.packs.records import Happened, Pack, aware
from microfrontends.reports.packs.store import WHOLE, Packs, as_pack
from microfrontends.reports.packs.table import pack, pack_event

PAGE = 50
_pack, _event = pack.c, pack_event.c


@dataclass(frozen=True)
class Wanted:
    """Which packs: in these states, of this kind of event, window or settlement, participant, report, or overdue."""

    states: Collection[PackState] = ()
    kind: Event | None = None
    object: int | None = None
    participant: str = ""
    report: str = ""
    produced_before: datetime | None = None

    def conditions(self) -> Iterator[Any]:
        """The same for the database."""
        if self.states:
            yield _pack.state.in_([str(state) for state in self.states])
        if self.kind:
            yield _event.kind == self.kind
        if self.object is not None:
            yield _event.object == self.object
        if self.participant:
            yield _pack.participant == self.participant
        if self.report:
            yield _pack.report == self.report
        if self.produced_before:
            yield _pack.produced_at < naive(self.produced_before)


@dataclass(frozen=True)
class Standing:
    """An event, and how many of its packs stand where; `overdue` of those wait for their participants too long."""

    event: Happened
    counts: Mapping[PackState, int]
    overdue: int

    @property
    def total(self) -> int:
        """All of its packs, each once whatever its versions."""
        return sum(count for state, count in self.counts.items() if state is not PackState.SUPERSEDED)

    def among(self, *states: PackState) -> int:
        """How many stand in one of these states."""
        return sum(self.counts.get(state, 0) for state in states)


class Deliveries:
    """Finds packs for people."""

    def __init__(self, packs: Packs, overdue_after: timedelta) -> None:
        self._packs, self._overdue_after = packs, overdue_after

    @property
    def overdue_before(self) -> datetime:
        """What was produced before this moment and is not answered for is overdue."""
        return self._packs.clock() - self._overdue_after

    def is_overdue(self, found: Pack) -> bool:
        """Whether a participant has left it too long."""
        return found.state in PENDING and found.produced_at is not None and found.produced_at < self.overdue_before

    def newest(self, who: Any, wanted: Wanted, before: int | None, most: int = PAGE) -> list[Pack]:
        """Produced packs, the newest first, from before a number on. `who`: what `readable` or `in_view` answered."""
        older = () if before is None else (_pack.produced_seq < before,)
        return self._read(who, wanted, *older, order=_pack.produced_seq.desc(), most=most)

    def after(self, who: Any, wanted: Wanted, after: int, most: int = PAGE) -> list[Pack]:
        """Produced packs in the order in which they appeared, from after a number on."""
        return self._read(who, wanted, _pack.produced_seq > after, order=_pack.produced_seq, most=most)

    def count(self, who: Any, wanted: Wanted) -> int:
        """How many produced packs there are."""
        query = sa.select(sa.func.count()).select_from(pack).join(pack_event, _event.id == _pack.event)
        with self._packs.engine.connect() as connection:
            found = connection.execute(query.where(*who, *wanted.conditions(), _pack.produced_seq.is_not(None)))
            return int(found.scalar_one())

    def unproduced(self, who: Any, most: int = PAGE) -> list[Pack]:
        """Packs that nobody can see yet and that have been tried in vain, those that wait for somebody first."""
        troubled = sa.or_(_pack.state == PackState.FAILED, _pack.attempts > 0, _pack.problem != "")
        mine = WHOLE.where(*who, _pack.state.in_([str(state) for state in UNPRODUCED]), troubled)
        with self._packs.engine.connect() as connection:
            rows = connection.execute(mine.order_by(_pack.state, _pack.try_at).limit(most)).mappings()
            return [as_pack(row) for row in rows]

    def failed(self, who: Any) -> int:
        """How many packs were given up."""
        query = sa.select(sa.func.count()).select_from(pack).where(*who, _pack.state == PackState.FAILED)
        with self._packs.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def standings(self, who: Any, wanted: Wanted, before: int | None, most: int = PAGE) -> list[Standing]:
        """Events, the newest first, with where their packs stand."""
        events = sa.select(_event.id).join(pack, _pack.event == _event.id).where(*who, *wanted.conditions())
        if before is not None:
            events = events.where(_event.id < before)
        chosen = events.group_by(_event.id).order_by(_event.id.desc()).limit(most)
        with self._packs.engine.connect() as connection:
            ids = list(connection.execute(chosen).scalars())
            late = sa.and_(
                _pack.produced_at < naive(self.overdue_before), _pack.state.in_([str(state) for state in PENDING])
            )
            columns = (_event.id, _event.kind, _event.object, _event.happened_at, _pack.state)
            sums = (sa.func.count().label("n"), sa.func.sum(sa.case((late, 1), else_=0)).label("late"))
            query = sa.select(*columns, *sums).join(pack, _pack.event == _event.id).where(_event.id.in_(ids), *who)
            rows = connection.execute(query.group_by(*columns)).all()
        return [_standing([row for row in rows if row.id == each]) for each in ids]

    def of_event(self, who: Any, event: int) -> list[Pack]:
        """The newest version of every pack of an event, by participant."""
        query = WHOLE.where(*who, _pack.event == event).order_by(_pack.participant, _pack.report, _pack.currency)
        with self._packs.engine.connect() as connection:
            rows = connection.execute(query.order_by(_pack.version)).mappings()
            found = [as_pack(row) for row in rows]
        return list({(each.participant, each.report, each.currency): each for each in found}.values())

    def _read(self, who: Any, wanted: Wanted, *more: Any, order: Any, most: int) -> list[Pack]:
        query = WHOLE.where(*who, *wanted.conditions(), *more, _pack.produced_seq.is_not(None))
        with self._packs.engine.connect() as connection:
            rows = connection.execute(query.order_by(order).limit(most)).mappings()
            return [as_pack(row) for row in rows]


def in_view(who: Identity) -> tuple[Any, ...]:
    """Conditions: packs of the participants that somebody sees, whatever report they are of."""
    return () if who.sees_all else (_pack.participant.in_(sorted(who.participants)),)


def readable(who: Identity, catalogue: Catalogue) -> tuple[Any, ...]:
    """Conditions: the same, of reports that they may run now; one that has left the catalogue keeps its permission."""
    open_now = [name for name, entry in catalogue.items() if who.may(entry.report.permission)]
    gone = sa.and_(_pack.report.not_in(list(catalogue)), _pack.permission.in_(sorted(who.permissions)))
    return (*in_view(who), sa.or_(_pack.report.in_(open_now), gone))


def may_read(who: Identity, found: Pack, catalogue: Catalogue) -> bool:
    """The same of one pack: what is asked again whenever it is read."""
    entry = catalogue.get(found.report)
    permission = entry.report.permission if entry else found.permission
    return found.produced and who.sees(found.participant) and who.may(permission)


def _standing(rows: list[Any]) -> Standing:
    first = rows[0]
    event = Happened(Event(first.kind), first.object, aware(first.happened_at), first.id)
    counts = {PackState(row.state): row.n for row in rows}
    return Standing(event, counts, sum(int(row.late or 0) for row in rows))
