"""Who holds which role and belongs to which participant: one small interface, kept in SQL."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import Column, DateTime, MetaData, String, Table, delete, insert, select
from sqlalchemy.exc import IntegrityError

from bff.database import engine_for, upgrade

MIGRATIONS = "bff.access:migrations"
metadata = MetaData()
role_assignment = Table(
    "role_assignment",
    metadata,
    Column("subject", String(255), primary_key=True),
    Column("role", String(128), primary_key=True),
    Column("granted_by", String(255), nullable=False),
    Column("granted_at", DateTime, nullable=False),
)
participant_membership = Table(
    "participant_membership",
    metadata,
    Column("subject", String(255), primary_key=True),
    Column("participant", String(128), primary_key=True),
    Column("granted_by", String(255), nullable=False),
    Column("granted_at", DateTime, nullable=False),
)


@dataclass(frozen=True)
class Grant:
    """One role or one participant given to a subject: what, by whom, when (UTC)."""

    value: str
    granted_by: str
    granted_at: datetime


class Assignments(Protocol):
    """The store of assignments, whatever keeps it."""

    def roles_of(self, subject: str) -> tuple[Grant, ...]: ...
    def participants_of(self, subject: str) -> tuple[Grant, ...]: ...
    def roles_of_all(self, subjects: Iterable[str]) -> dict[str, tuple[str, ...]]: ...
    def assign(self, subject: str, role: str, by: str) -> bool: ...
    def remove(self, subject: str, role: str) -> bool: ...
    def add_participant(self, subject: str, participant: str, by: str) -> bool: ...
    def remove_participant(self, subject: str, participant: str) -> bool: ...


class SqlAssignments:
    """Assignments in a SQL database (SQLite embedded, PostgreSQL in production)."""

    def __init__(self, url: str) -> None:
        self._engine = engine_for(url)
        self._url = url

    def prepare(self) -> None:
        """Create or upgrade the tables."""
        upgrade(self._url, MIGRATIONS)

    def roles_of(self, subject: str) -> tuple[Grant, ...]:
        """The subject's roles, by name."""
        return self._grants(role_assignment, "role", subject)

    def participants_of(self, subject: str) -> tuple[Grant, ...]:
        """The participants that the subject belongs to, by name."""
        return self._grants(participant_membership, "participant", subject)

    def roles_of_all(self, subjects: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The role names of many subjects in one query; a subject without roles is absent."""
        columns = role_assignment.c
        query = select(columns.subject, columns.role).where(columns.subject.in_(list(subjects))).order_by(columns.role)
        found: dict[str, tuple[str, ...]] = {}
        with self._engine.connect() as connection:
            for subject, role in connection.execute(query):
                found[subject] = (*found.get(subject, ()), role)
        return found

    def assign(self, subject: str, role: str, by: str) -> bool:
        """Give a role; False when the subject has it already."""
        return self._give(role_assignment, subject, {"role": role}, by)

    def remove(self, subject: str, role: str) -> bool:
        """Take a role away; False when the subject does not have it."""
        return self._take(role_assignment, subject, {"role": role})

    def add_participant(self, subject: str, participant: str, by: str) -> bool:
        """Make the subject a member; False when it is one already."""
        return self._give(participant_membership, subject, {"participant": participant}, by)

    def remove_participant(self, subject: str, participant: str) -> bool:
        """End a membership; False when there is none."""
        return self._take(participant_membership, subject, {"participant": participant})

    def _grants(self, table: Table, column: str, subject: str) -> tuple[Grant, ...]:
        query = select(table.c[column], table.c.granted_by, table.c.granted_at).where(table.c.subject == subject)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(table.c[column])).all()
        return tuple(Grant(value, by, at.replace(tzinfo=UTC)) for value, by, at in rows)

    def _give(self, table: Table, subject: str, value: dict[str, str], by: str) -> bool:
        now = datetime.now(UTC).replace(tzinfo=None)
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(table).values(subject=subject, granted_by=by, granted_at=now, **value))
        except IntegrityError:
            return False
        return True

    def _take(self, table: Table, subject: str, value: dict[str, str]) -> bool:
        (column, held), *_ = value.items()
        with self._engine.begin() as connection:
            taken = connection.execute(delete(table).where(table.c.subject == subject, table.c[column] == held))
        return bool(taken.rowcount)
