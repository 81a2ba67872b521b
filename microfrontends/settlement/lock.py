"""One close at a time, over all processes and machines: whoever holds the one row of a table may ask the hub."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from bff.database import engine_for

MIGRATIONS = "microfrontends.settlement:migrations"
STALE_AFTER = timedelta(seconds=60)  # a close and its reading back take fifteen seconds at most
THE_ROW = 1

close_lock = sa.Table(
    "settlement_close_lock",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("held", sa.Boolean, nullable=False),
    sa.Column("attempt", sa.String(64), nullable=False),
    sa.Column("window_id", sa.BigInteger, nullable=False),
    sa.Column("subject", sa.String(255), nullable=False),
    sa.Column("holder", sa.String(255), nullable=False),
    sa.Column("since", sa.DateTime, nullable=False),
)


@dataclass(frozen=True)
class Claim:
    """Somebody's wish to close a window. `attempt` names the form that was sent, so that sending it twice shows."""

    attempt: str
    window_id: int
    subject: str
    holder: str
    since: datetime


class CloseLock:
    """The lock in the app's own database. A holder that died is overtaken after STALE_AFTER."""

    def __init__(self, url: str) -> None:
        self._engine = engine_for(url)

    def take(self, claim: Claim) -> Claim | None:
        """None when the lock is ours now, else the claim that stands in the way: another's, or our own sent before."""
        at = _naive(claim.since)
        free = sa.or_(close_lock.c.held.is_(False), close_lock.c.since < at - STALE_AFTER)
        anew = close_lock.c.attempt != claim.attempt
        # One statement, so that of two claims at one instant the database itself lets only one through.
        ours = sa.update(close_lock).where(close_lock.c.id == THE_ROW, free, anew)
        values = {"attempt": claim.attempt, "window_id": claim.window_id, "subject": claim.subject}
        with self._engine.begin() as connection:
            taken = connection.execute(ours.values(held=True, holder=claim.holder, since=at, **values))
        return None if taken.rowcount == 1 else self.last()

    def release(self, attempt: str) -> None:
        """Give the lock back; without effect where another has overtaken us."""
        ours = sa.and_(close_lock.c.id == THE_ROW, close_lock.c.attempt == attempt)
        with self._engine.begin() as connection:
            connection.execute(sa.update(close_lock).where(ours).values(held=False))

    def last(self) -> Claim:
        """Whose claim was the last to get through, whether it still holds or not."""
        columns = close_lock.c
        query = sa.select(columns.attempt, columns.window_id, columns.subject, columns.holder, columns.since)
        with self._engine.connect() as connection:
            attempt, window_id, subject, holder, since = connection.execute(query).one()
        return Claim(attempt, window_id, subject, holder, since.replace(tzinfo=UTC))


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)
