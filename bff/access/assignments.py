"""Assignments in a SQL database: SQLite embedded, PostgreSQL in production."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    insert,
    literal,
    select,
    union_all,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bff.access.holding import PARTICIPANT, ROLE, Assignments, Changed, Check, Edit, Grant, Holding
from bff.database import engine_for, is_current, upgrade
from bff.errors import StoreUnavailable

__all__ = [
    "MIGRATIONS",
    "Assignments",
    "Changed",
    "Check",
    "Edit",
    "Grant",
    "Holding",
    "SqlAssignments",
    "participant_membership",
    "role_assignment",
]

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
# One row for each subject that was ever edited: whoever writes it first edits first, and the others wait.
access_subject = Table(
    "access_subject",
    metadata,
    Column("subject", String(255), primary_key=True),
    Column("edits", Integer, nullable=False),
)
_KEPT = {ROLE: (role_assignment, "role"), PARTICIPANT: (participant_membership, "participant")}


class SqlAssignments(Assignments):
    """Assignments in the database of a SQLAlchemy URL."""

    def __init__(self, url: str) -> None:
        self._engine = engine_for(url)
        self._url = url

    def prepare(self) -> None:
        """Create or upgrade the tables."""
        upgrade(self._url, MIGRATIONS)

    def problem(self) -> str:
        """Whether the tables are there, and new enough."""
        ready = is_current(self._url, MIGRATIONS)
        return "" if ready else "the access store lacks its tables: bizops db upgrade access"

    def holding(self, subject: str) -> Holding:
        """Roles and participants in one query: every request that comes after two quiet seconds waits for it."""
        with self._open() as connection:
            return _holding(connection, subject)

    def holdings(self, subjects: Iterable[str] | None = None) -> dict[str, Holding]:
        """Many subjects, or everybody, in one query."""
        wanted = None if subjects is None else list(subjects)
        with self._open() as connection:
            return _holdings(connection, wanted)

    def holders(self, roles: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """By role, from its index."""
        columns = role_assignment.c
        query = select(columns.subject, columns.role).where(columns.role.in_(list(roles)))
        found: dict[str, tuple[str, ...]] = {}
        with self._open() as connection:
            for subject, role in connection.execute(query.order_by(columns.subject, columns.role)):
                found[subject] = (*found.get(subject, ()), role)
        return found

    def edit(self, edit: Edit, check: Check | None = None) -> bool:
        """In one transaction, which holds the subject's row from its first statement on."""
        with self._open() as connection:
            _lock(connection, edit.subject)
            give, take = edit.on(_holding(connection, edit.subject), check)
            for kind, name in sorted(take):
                table, column = _KEPT[kind]
                connection.execute(delete(table).where(table.c.subject == edit.subject, table.c[column] == name))
            now = datetime.now(UTC).replace(tzinfo=None)
            for kind, name in sorted(give):
                table, column = _KEPT[kind]
                row = {"subject": edit.subject, column: name, "granted_by": edit.by, "granted_at": now}
                connection.execute(insert(table).values(row))
        return bool(give or take)

    @contextmanager
    def _open(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError as problem:
            # Only somebody who writes past the portal can be there before us: the subject's row is ours.
            raise Changed from problem
        except (DBAPIError, PoolTimeout) as problem:
            raise StoreUnavailable("the access store does not answer") from problem


def _lock(connection: Connection, subject: str) -> None:
    mine = update(access_subject).where(access_subject.c.subject == subject).values(edits=access_subject.c.edits + 1)
    if connection.execute(mine).rowcount:
        return
    try:
        with connection.begin_nested():
            connection.execute(insert(access_subject).values(subject=subject, edits=1))
    except IntegrityError:
        # Somebody else edits this subject for the first time too; the update waits until they are done.
        connection.execute(mine)


def _holding(connection: Connection, subject: str) -> Holding:
    return _holdings(connection, [subject]).get(subject, Holding())


def _holdings(connection: Connection, subjects: list[str] | None) -> dict[str, Holding]:
    queries = []
    for kind, (table, column) in _KEPT.items():
        name = table.c[column]
        query = select(literal(kind), table.c.subject, name, table.c.granted_by, table.c.granted_at)
        queries.append(query if subjects is None else query.where(table.c.subject.in_(subjects)))
    found: dict[str, dict[str, list[Grant]]] = {}
    for kind, subject, value, by, at in connection.execute(union_all(*queries)):
        grants = found.setdefault(subject, {ROLE: [], PARTICIPANT: []})[kind]
        grants.append(Grant(value, by, at.replace(tzinfo=UTC)))
    return {subject: Holding(_by_name(kept[ROLE]), _by_name(kept[PARTICIPANT])) for subject, kept in found.items()}


def _by_name(grants: list[Grant]) -> tuple[Grant, ...]:
    return tuple(sorted(grants, key=lambda grant: grant.value))
