"""Which runs a list shows: those that were asked for, fifty at a time by their time, and how many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from microfrontends.reports.runs.records import KeptRun, State, Way, first_id_at
from microfrontends.reports.runs.store import Runs
from microfrontends.reports.runs.table import report_run

PAGE = 50
MOST = 100_000  # runs in one file
LONGEST = 100
_run = report_run.c


@dataclass(frozen=True)
class Wanted:
    """What an address asks for. Days are of the hub's zone; what makes no sense is left out."""

    report: str = ""
    person: str = ""
    state: State | None = None
    way: Way | None = None
    first: date | None = None
    last: date | None = None
    before: str = ""  # runs older than this one
    after: str = ""  # runs newer than this one

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        """By the address."""
        return cls(
            report=query.get("report", "").strip()[:LONGEST],
            person=query.get("person", "").strip()[:LONGEST],
            state=State(query["state"]) if query.get("state") in list(State) else None,
            way=Way(query["way"]) if query.get("way") in list(Way) else None,
            first=_day(query.get("from", "")),
            last=_day(query.get("to", "")),
            before=_id(query.get("before", "")),
            after=_id(query.get("after", "")),
        )

    def query(self, **changes: Any) -> dict[str, Any]:
        """The shortest query that asks for this, with some of it changed; a change of filter begins at the newest."""
        turned = {"before", "after"} & changes.keys()
        first: dict[str, Any] = {} if turned else {"before": "", "after": ""}
        wanted = replace(self, **first, **changes)
        said = {**vars(wanted), "from": wanted.first, "to": wanted.last}
        return {key: str(value) for key, value in said.items() if value and key not in ("first", "last")}


@dataclass(frozen=True)
class Found:
    """A page of runs: the number of its first among all, and whether there are newer and older ones."""

    runs: Sequence[KeptRun]
    first: int
    total: int

    @property
    def newer(self) -> str:
        """What the page before comes after; empty on the first."""
        return self.runs[0].id if self.runs and self.first > 1 else ""

    @property
    def older(self) -> str:
        """What the page after comes before; empty on the last."""
        return self.runs[-1].id if self.runs and self.first + len(self.runs) <= self.total else ""


@dataclass(frozen=True)
class History:
    """The runs that somebody may see: those of `subject`, or everybody's."""

    runs: Runs
    subject: str | None
    zone: tzinfo

    def page(self, wanted: Wanted, size: int = PAGE) -> Found:
        """A page of them."""
        filters = self._filters(wanted)
        if wanted.after:
            found = self._newer_than(wanted.after, filters, size)
        else:
            older = [_run.id < wanted.before] if wanted.before else []
            found = self.runs.read(*filters, *older, most=size)
        newer = self._count(*filters, _run.id > found[0].id) if found else 0
        return Found(found, newer + 1, self._count(*filters))

    def everything(self, wanted: Wanted) -> list[KeptRun]:
        """All of them, for a file."""
        return self.runs.read(*self._filters(wanted), most=MOST)

    def reports(self) -> list[str]:
        """The names of the reports that have been run."""
        query = sa.select(_run.report).where(*self._own()).distinct().order_by(_run.report)
        with self.runs.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def find(self, run_id: str) -> KeptRun | None:
        """One of them."""
        return next(iter(self.runs.read(_run.id == run_id, *self._own())), None)

    def _newer_than(self, after: str, filters: Sequence[Any], size: int) -> list[KeptRun]:
        query = sa.select(_run.id).where(*filters, _run.id > after).order_by(_run.id).limit(size)
        with self.runs.engine.connect() as connection:
            ids = list(connection.execute(query).scalars())
        return self.runs.read(_run.id.in_(ids))

    def _own(self) -> list[Any]:
        return [] if self.subject is None else [_run.subject == self.subject]

    def _filters(self, wanted: Wanted) -> list[Any]:
        said = wanted.person.lower()
        named = [column.contains(said, autoescape=True) for column in (sa.func.lower(_run.name), _run.username)]
        return [
            *self._own(),
            *([_run.report == wanted.report] if wanted.report else []),
            *([sa.or_(*named)] if said else []),
            *([_run.state == wanted.state] if wanted.state else []),
            *([_run.way == wanted.way] if wanted.way else []),
            *([_run.id >= first_id_at(self._begin(wanted.first))] if wanted.first else []),
            *([_run.id < first_id_at(self._begin(wanted.last + timedelta(days=1)))] if wanted.last else []),
        ]

    def _begin(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)

    def _count(self, *conditions: Any) -> int:
        query = sa.select(sa.func.count()).select_from(report_run).where(*conditions)
        with self.runs.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(1971, 1, 1) <= day <= date(9000, 1, 1) else None


def _id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""
