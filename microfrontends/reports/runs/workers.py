"""Which workers are alive: each says so every few seconds in a row of its own."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Engine

from bff.change.tasks import naive
from microfrontends.reports.runs.table import report_worker

ALIVE = timedelta(seconds=30)  # after its last word
FORGOTTEN = timedelta(days=1)
_column = report_worker.c


class Workers:
    """The workers of one app."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine, self._clock = engine, clock

    def beat(self, name: str) -> None:
        """Say that this one is alive."""
        now = naive(self._clock())
        with self._engine.begin() as connection:
            connection.execute(sa.delete(report_worker).where(_column.seen_at < now - FORGOTTEN))
            mine = connection.execute(sa.select(_column.started_at).where(_column.name == name)).scalar_one_or_none()
            if mine is None:
                connection.execute(sa.insert(report_worker).values(name=name, started_at=now, seen_at=now))
            connection.execute(sa.update(report_worker).where(_column.name == name).values(seen_at=now))

    def leave(self, name: str) -> None:
        """Say that this one stops in order."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(report_worker).where(_column.name == name))

    def alive(self) -> list[str]:
        """Those that spoke a moment ago."""
        recent = _column.seen_at >= naive(self._clock()) - ALIVE
        with self._engine.connect() as connection:
            return list(connection.execute(sa.select(_column.name).where(recent).order_by(_column.name)).scalars())
