"""Who writes a report in the background: one process at a time, for as long as it says that it lives."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bff.change.tasks import naive
from bff.change.words import kept as as_kept
from microfrontends.reports.runs.records import KeptRun, State, Way
from microfrontends.reports.runs.store import OPEN, Runs
from microfrontends.reports.runs.table import report_run

LEASE = timedelta(seconds=20)  # prolonged every two
_run = report_run.c


class LostLease(Exception):
    """Somebody else works at the run, or it is over: whoever finds this out stops without another word."""


class Leases:
    """Runs in the background, as their workers see them."""

    def __init__(self, runs: Runs, lease: timedelta = LEASE) -> None:
        self.runs, self.lease = runs, lease

    def claim(self, run_id: str, holder: str) -> KeptRun | None:
        """Take a run that nobody works at; None when somebody does, or when it is over."""
        now = naive(self.runs.clock())
        free = (_run.id == run_id, _run.way == Way.JOB, _run.state.in_(OPEN), self._free(now))
        values = {
            "state": State.RUNNING,
            "holder": holder,
            "lease_until": now + self.lease,
            "begun_at": sa.func.coalesce(_run.begun_at, now),
            "turn": _run.turn + 1,
            "row_count": 0,
        }
        with self.runs.engine.begin() as connection:
            if connection.execute(sa.update(report_run).where(*free).values(values)).rowcount != 1:
                return None
        return self.runs.find(run_id)

    def prolong(self, run_id: str, holder: str, rows: int) -> bool:
        """Say that the holder lives and how many rows it has; whether its owner wants it stopped. Raises LostLease."""
        with self.runs.engine.begin() as connection:
            self.hold(connection, run_id, holder, {"row_count": rows})
            wanted = sa.select(_run.cancelled_at).where(_run.id == run_id)
            return connection.execute(wanted).scalar_one() is not None

    def hold(self, connection: Connection, run_id: str, holder: str, values: dict[str, Any]) -> None:
        """Write in this transaction as its holder. Raises LostLease."""
        mine = (_run.id == run_id, _run.holder == holder, _run.state == State.RUNNING)
        kept = {"lease_until": naive(self.runs.clock()) + self.lease, **values}
        if connection.execute(sa.update(report_run).where(*mine).values(kept)).rowcount != 1:
            raise LostLease(run_id)

    def end_in(self, connection: Connection, run: KeptRun, holder: str, state: State, **facts: Any) -> None:
        """End a run in this transaction. Raises LostLease."""
        now = self.runs.clock()
        spent = round((now - run.begun_at).total_seconds() * 1000) if run.begun_at else None
        over = {"state": state, "ended_at": naive(now), "milliseconds": spent, "holder": None, **facts}
        self.hold(connection, run.id, holder, over)

    def let_go(self, run_id: str, holder: str) -> None:
        """Leave a run to another worker, at once."""
        mine = (_run.id == run_id, _run.holder == holder, _run.state == State.RUNNING)
        # A worker that is stopped in order is no failure of the run.
        left = {"state": State.WAITING, "holder": None, "lease_until": None, "turn": _run.turn - 1}
        with self.runs.engine.begin() as connection:
            connection.execute(sa.update(report_run).where(*mine).values(left))

    def abandoned(self) -> list[str]:
        """Runs in the background that wait, or whose worker has said nothing for too long; the oldest first."""
        free = (_run.way == Way.JOB, _run.state.in_(OPEN), self._free(naive(self.runs.clock())))
        query = sa.select(_run.id).where(*free).order_by(_run.id)
        with self.runs.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def cancel(self, run_id: str, sentence: Any = "") -> bool:
        """Stop a run: at once where nobody works at it, else when its worker hears of it. False when it is over."""
        now = naive(self.runs.clock())
        with self.runs.engine.begin() as connection:
            wanted = (_run.id == run_id, _run.state.in_(OPEN))
            found = connection.execute(sa.update(report_run).where(*wanted).values(cancelled_at=now)).rowcount
            idle = (_run.id == run_id, _run.state == State.WAITING)
            over = {"state": State.CANCELLED, "ended_at": now, "problem": as_kept(sentence)}
            connection.execute(sa.update(report_run).where(*idle).values(over))
        return bool(found)

    def _free(self, now: Any) -> Any:
        return sa.or_(_run.lease_until.is_(None), _run.lease_until < now)
