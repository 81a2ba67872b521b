"""Where runs are kept: begun, ended, found again by their id; swept away when they are old."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from bff.change.happening import Actor
from bff.change.tasks import naive
from bff.change.words import kept as as_kept
from bff.change.words import writable
from microfrontends.reports.kept import KeptFiles
from microfrontends.reports.runs.records import By, KeptRun, NewRun, State, Way, first_id_at, id_at
from microfrontends.reports.runs.table import report_run

OPEN = (State.WAITING, State.RUNNING)
MOMENTS = ("asked_at", "begun_at", "ended_at", "expires_at", "fetched_at", "cancelled_at")
AT_ONCE = 500  # rows swept away in one transaction
Clock = Callable[[], datetime]
_run = report_run.c


def utc_now() -> datetime:
    """The moment."""
    return datetime.now(UTC)


class Runs:
    """The runs of one app, and the files of those in the background."""

    def __init__(self, engine: Engine, clock: Clock = utc_now) -> None:
        self.engine, self.clock = engine, clock
        self.files = KeptFiles(engine, clock)

    def add(self, connection: Connection, new: NewRun, state: State, **facts: Any) -> str:
        """Keep a run in the caller's transaction; its id. `facts`: of the table's columns."""
        now = self.clock()
        run_id = id_at(now)
        moments = {"asked_at": naive(now), "begun_at": None if state is State.WAITING else naive(now)}
        row = _new_row(new) | moments | {"id": run_id, "state": state, "ended_at": naive(now) if state.over else None}
        connection.execute(sa.insert(report_run).values(row | facts))
        return run_id

    def end(self, run_id: str, state: State, sentence: Any = "", **facts: Any) -> None:
        """End a run that nobody else works at."""
        over = {"state": state, "ended_at": naive(self.clock()), "problem": as_kept(sentence), **facts}
        with self.engine.begin() as connection:
            running = (_run.id == run_id, _run.state.in_(OPEN))
            connection.execute(sa.update(report_run).where(*running).values(over))

    def find(self, run_id: str) -> KeptRun | None:
        """The run of that id."""
        return next(iter(self.read(_run.id == run_id)), None)

    def read(self, *conditions: Any, most: int | None = None) -> list[KeptRun]:
        """Those that meet the conditions, the newest first."""
        query = sa.select(report_run).where(*conditions).order_by(_run.id.desc()).limit(most)
        with self.engine.connect() as connection:
            return [_as_run(row) for row in connection.execute(query).mappings()]

    def fetched(self, run_id: str) -> None:
        """Its owner has taken the file."""
        with self.engine.begin() as connection:
            connection.execute(sa.update(report_run).where(_run.id == run_id).values(fetched_at=naive(self.clock())))

    def expire(self) -> int:
        """Forget files whose time is over; how many."""
        over = (_run.expires_at < naive(self.clock()), _run.file.is_not(None))
        return self._forget(over, lambda ids: sa.update(report_run).where(_run.id.in_(ids)).values(file=None))

    def sweep(self, days: int) -> int:
        """Forget runs that are older than so many days, and their files; how many. What is under way stays."""
        old = (_run.id < first_id_at(self.clock() - timedelta(days=days)), _run.state.not_in(OPEN))
        return self._forget(old, lambda ids: sa.delete(report_run).where(_run.id.in_(ids)))

    def cut_off(self, longest: timedelta) -> int:
        """End runs of which nobody said how they ended: their process has died; how many."""
        gone = (_run.state == State.RUNNING, _run.way != Way.JOB, _run.begun_at < naive(self.clock() - longest))
        over = {"state": State.CUT_OFF, "ended_at": naive(self.clock())}
        with self.engine.begin() as connection:
            return int(connection.execute(sa.update(report_run).where(*gone).values(over)).rowcount)

    def _forget(self, which: Sequence[Any], change: Callable[[list[str]], Any]) -> int:
        with self.engine.begin() as connection:
            found = connection.execute(sa.select(_run.id, _run.file).where(*which).limit(AT_ONCE)).all()
            if found:
                connection.execute(change([row.id for row in found]))
            for row in found:
                if row.file:
                    self.files.drop_in(connection, row.file)
        return len(found)


def _new_row(new: NewRun) -> dict[str, Any]:
    by = new.by
    return {
        "way": new.way,
        "report": new.report,
        "form": new.form,
        "parameters": json.dumps(writable(dict(new.parameters)), ensure_ascii=False),
        "language": new.language,
        "keyed": new.keyed,
        "subject": by.actor.subject,
        "name": by.actor.name,
        "username": by.actor.username,
        "all_participants": by.sees_all,
        "participants": json.dumps(sorted(by.participants)),
        "problem": "",
        "sha256": "",
        "turn": 0,
    }


def _as_run(row: Any) -> KeptRun:
    actor = Actor(row["subject"], row["name"], row["username"])
    told: dict[str, Any] = {
        name: row[name] for name in ("id", "problem", "counted", "milliseconds", "file", "turn", "entry")
    }
    moments: dict[str, Any] = {name: row[name].replace(tzinfo=UTC) if row[name] else None for name in MOMENTS}
    return KeptRun(
        way=Way(row["way"]),
        report=row["report"],
        form=row["form"],
        parameters=json.loads(row["parameters"]),
        language=row["language"],
        keyed=row["keyed"],
        by=By(actor, row["all_participants"], frozenset(json.loads(row["participants"]))),
        state=State(row["state"]),
        rows=row["row_count"],
        sha256=tuple(row["sha256"].split()),
        **told,
        **moments,
    )
