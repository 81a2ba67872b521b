"""Which workers are alive: each says so every few seconds in a row of its own."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Engine

from bff.change.tasks import naive
from microfrontends.settlement.run.store import Clock, utc_now
from microfrontends.settlement.run.table import settlement_worker

ALIVE = timedelta(seconds=30)  # after its last word
FORGOTTEN = timedelta(days=1)
_column = settlement_worker.c


@dataclass(frozen=True)
class Seen:
    """A worker, since when it runs, and when it spoke last."""

    name: str
    started_at: datetime
    seen_at: datetime


class Workers:
    """The workers of one app."""

    def __init__(self, engine: Engine, clock: Clock = utc_now) -> None:
        self._engine, self._clock = engine, clock

    def beat(self, name: str) -> None:
        """Say that this one is alive."""
        now = naive(self._clock())
        mine = sa.update(settlement_worker).where(_column.name == name).values(seen_at=now)
        old = sa.delete(settlement_worker).where(_column.seen_at < now - FORGOTTEN)
        with self._engine.begin() as connection:
            if connection.execute(mine).rowcount == 0:
                connection.execute(old)
                connection.execute(sa.insert(settlement_worker).values(name=name, started_at=now, seen_at=now))

    def leave(self, name: str) -> None:
        """Say that this one stops in order."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(settlement_worker).where(_column.name == name))

    def alive(self) -> list[Seen]:
        """Those that spoke a moment ago."""
        recent = _column.seen_at >= naive(self._clock()) - ALIVE
        query = sa.select(settlement_worker).where(recent).order_by(_column.name)
        with self._engine.connect() as connection:
            return [
                Seen(row.name, row.started_at.replace(tzinfo=UTC), row.seen_at.replace(tzinfo=UTC))
                for row in connection.execute(query)
            ]
