"""Which packs an event asks for: one for each report distributed on it, participant and, where asked, currency."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import sqlalchemy as sa

from bff.change.tasks import naive
from microfrontends.reports.domain.definition import Report
from microfrontends.reports.domain.delivery import PackState
from microfrontends.reports.domain.distribution import OBJECTS, Distribution, Event, Known, Per
from microfrontends.reports.packs.hub_events import concerned
from microfrontends.reports.packs.records import Happened, Pack, aware
from microfrontends.reports.packs.store import Packs, row_of
from microfrontends.reports.packs.table import pack_event
from microfrontends.reports.shelf import Shelf

_event = pack_event.c


class Planning:
    """Plans the packs of events that were noticed. Any number of processes may; each event is planned once."""

    def __init__(self, packs: Packs, shelf: Shelf) -> None:
        self._packs, self._shelf = packs, shelf

    def plan(self) -> None:
        """Plan what is not planned yet. Raises HubUnavailable, Busy."""
        for happened in self._unplanned():
            reports = [entry.report for entry in self._shelf.catalogue.values() if _is_on(entry.report, happened.kind)]
            whom: Sequence[tuple[str, str]] = ()
            if reports:
                with self._shelf.database.snapshot() as snapshot:
                    whom = concerned(snapshot, happened)
            self._keep(happened, reports, whom)

    def _unplanned(self) -> list[Happened]:
        query = sa.select(pack_event).where(_event.planned_at.is_(None)).order_by(_event.id)
        with self._packs.engine.connect() as connection:
            rows = connection.execute(query)
            return [Happened(Event(row.kind), row.object, aware(row.happened_at), row.id) for row in rows]

    def _keep(self, happened: Happened, reports: Sequence[Report], whom: Sequence[tuple[str, str]]) -> None:
        now = self._packs.clock()
        mine = sa.update(pack_event).where(_event.id == happened.id, _event.planned_at.is_(None))
        with self._packs.engine.begin() as connection:
            if connection.execute(mine.values(planned_at=naive(now))).rowcount == 1:
                made = (new for report in reports for new in planned(report, happened, whom, now))
                self._packs.add(connection, [row_of(new, now) for new in made])


def planned(report: Report, happened: Happened, whom: Sequence[tuple[str, str]], now: datetime) -> Iterator[Pack]:
    """The packs of one report."""
    for participant, currency in _recipients(report.distribute, whom) if report.distribute else ():
        facts = {OBJECTS[happened.kind]: str(happened.object), Known.PARTICIPANT: participant}
        if currency:
            facts[Known.CURRENCY] = currency
        yield Pack(
            id=str(uuid4()),
            event=happened,
            report=report.name,
            participant=participant,
            currency=currency,
            version=1,
            title=report.title,
            permission=report.permission,
            parameters=report.distribute.values(facts) if report.distribute else {},
            state=PackState.WAITING,
            rows=None,
            as_of=None,
            preview=None,
            produced_at=None,
            produced_seq=None,
            trouble="",
            attempts=0,
            try_at=now,
            turn=0,
        )


def once_more(of: Pack, now: datetime) -> Pack:
    """The next version of a pack, to be produced."""
    blank = {"rows": None, "as_of": None, "preview": None, "produced_at": None, "produced_seq": None, "trouble": ""}
    fresh = {"state": PackState.WAITING, "version": of.version + 1, "attempts": 0, "turn": 0, "try_at": now}
    return replace(of, id=str(uuid4()), **blank, **fresh)  # type: ignore[arg-type]


def _is_on(report: Report, kind: Event) -> bool:
    return report.distribute is not None and report.distribute.after is kind


def _recipients(distribution: Distribution, whom: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    if distribution.per is Per.PARTICIPANT_CURRENCY:
        return list(whom)
    return [(name, "") for name in dict.fromkeys(participant for participant, _currency in whom)]
