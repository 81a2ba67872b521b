"""What a person keeps at hand: the reports that they starred, and those that they ran last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from flask import current_app
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from bff.change.tasks import naive
from bff.database import engine_for
from microfrontends.reports.runs.table import report_run

metadata = sa.MetaData()
favourite_report = sa.Table(
    "favourite_report",
    metadata,
    sa.Column("subject", sa.String(255), primary_key=True),
    sa.Column("report", sa.String(64), primary_key=True),
    sa.Column("since", sa.DateTime, nullable=False),
)
_star, _run = favourite_report.c, report_run.c


@dataclass(frozen=True)
class AtHand:
    """One person's reports, in the app's own database."""

    engine: Engine
    subject: str

    def starred(self) -> set[str]:
        """The names of those that are starred."""
        with self.engine.connect() as connection:
            return set(connection.execute(sa.select(_star.report).where(_star.subject == self.subject)).scalars())

    def lately(self, most: int) -> Sequence[str]:
        """The names of those that were run last, the latest first."""
        query = sa.select(_run.report).where(_run.subject == self.subject).group_by(_run.report)
        with self.engine.connect() as connection:
            return connection.execute(query.order_by(sa.func.max(_run.id).desc()).limit(most)).scalars().all()

    def star(self, report: str) -> None:
        """Keep a report at hand; once is enough."""
        row = {"subject": self.subject, "report": report, "since": naive(datetime.now(UTC))}
        try:
            with self.engine.begin() as connection:
                connection.execute(sa.insert(favourite_report).values(row))
        except IntegrityError:
            return  # it is starred already

    def unstar(self, report: str) -> None:
        """Keep it no longer."""
        mine = (_star.subject == self.subject, _star.report == report)
        with self.engine.begin() as connection:
            connection.execute(sa.delete(favourite_report).where(*mine))


def at_hand_of(subject: str) -> AtHand:
    """A person's, in the present app."""
    return AtHand(engine_for(current_app.extensions["portal_settings"].own_database), subject)
