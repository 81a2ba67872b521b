"""Where the registry is kept: one row per app, one per change, and a revision that grows with each."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from bff.database import engine_for
from shell.registry.records import Record
from shell.registry.tables import registered_app, registry_change, registry_state

LISTED: Final = 50
Edit = Callable[[Record | None], Record | None]


class Moved(Exception):
    """The record is not any more what the change was decided on."""


@dataclass(frozen=True)
class Told:
    """Who changes it, as what, why, and by which request."""

    action: str
    subject: str = ""
    actor: str = ""
    reason: str = ""
    task: str | None = None


@dataclass(frozen=True)
class Change:
    """One change of one record, as it is remembered."""

    revision: int
    name: str
    at: datetime
    told: Told
    before: Record | None
    after: Record | None


class Store:
    """The registry in the shell's own database. Every method may raise SQLAlchemyError."""

    def __init__(self, url: str) -> None:
        self._engine = engine_for(url)

    def revision(self) -> int:
        """How often anything has changed."""
        with self._engine.connect() as connection:
            return int(connection.execute(sa.select(registry_state.c.revision)).scalar_one())

    def load(self) -> tuple[int, dict[str, Record]]:
        """All records, and the revision at which they are at least."""
        with self._engine.connect() as connection:
            revision = int(connection.execute(sa.select(registry_state.c.revision)).scalar_one())
            rows = connection.execute(sa.select(registered_app)).all()
        return revision, {row.name: Record.of(json.loads(row.document), row.revision) for row in rows}

    def change(self, name: str, edit: Edit, told: Told, *, kept: Record | None = None) -> bool:
        """Make what `edit` makes of the record, and remember it. The same task, or no difference, changes nothing.

        `kept` is the record where none is stored yet, because the configuration alone names it. Changes follow one
        another. Whatever `edit` raises undoes it."""
        with self._engine.begin() as connection:
            # The lock: until this transaction ends, no other change begins.
            connection.execute(sa.update(registry_state).values(revision=registry_state.c.revision + 1))
            if told.task and _is_done(connection, told.task):
                return False
            revision = int(connection.execute(sa.select(registry_state.c.revision).with_for_update()).scalar_one())
            stored = _find(connection, name)
            before = stored or kept
            after = edit(before)
            if after == before:
                return False
            _write(connection, name, after, revision, stored is not None)
            connection.execute(sa.insert(registry_change).values(_row(revision, name, told, before, after)))
        return True

    def done(self, task: str) -> bool:
        """Whether the change that a request asked for has been made."""
        with self._engine.connect() as connection:
            return _is_done(connection, task)

    def history(self, name: str, most: int = LISTED) -> list[Change]:
        """What became of one app, the newest first."""
        column = registry_change.c
        wanted = sa.select(registry_change).where(column.name == name).order_by(column.revision.desc()).limit(most)
        with self._engine.connect() as connection:
            return [_change(row) for row in connection.execute(wanted)]

    def at(self, name: str, revision: int) -> Change | None:
        """One change."""
        column = registry_change.c
        wanted = sa.select(registry_change).where(column.name == name, column.revision == revision)
        with self._engine.connect() as connection:
            row = connection.execute(wanted).one_or_none()
        return _change(row) if row else None


def _is_done(connection: Connection, task: str) -> bool:
    return (
        connection.execute(sa.select(registry_change.c.revision).where(registry_change.c.task == task)).first()
        is not None
    )


def _find(connection: Connection, name: str) -> Record | None:
    # For update again: a plain read would tell MySQL's transaction what stood there when it first looked.
    wanted = sa.select(registered_app).where(registered_app.c.name == name).with_for_update()
    row = connection.execute(wanted).one_or_none()
    return Record.of(json.loads(row.document), row.revision) if row else None


def _write(connection: Connection, name: str, after: Record | None, revision: int, known: bool) -> None:
    here = registered_app.c.name == name
    if after is None:
        connection.execute(sa.delete(registered_app).where(here))
        return
    values = {"revision": revision, "document": after.as_text()}
    if known:
        connection.execute(sa.update(registered_app).where(here).values(**values))
    else:
        connection.execute(sa.insert(registered_app).values(name=name, **values))


def _row(revision: int, name: str, told: Told, before: Record | None, after: Record | None) -> dict[str, object]:
    texts = {"before": before.as_text() if before else "", "after": after.as_text() if after else ""}
    now = datetime.now(UTC).replace(tzinfo=None)
    return {"revision": revision, "name": name, "at": now, **vars(told), **texts}


def _change(row: sa.Row[tuple[object, ...]]) -> Change:
    told = Told(row.action, row.subject, row.actor, row.reason, row.task)
    records = [Record.of(json.loads(text), row.revision) if text else None for text in (row.before, row.after)]
    return Change(row.revision, row.name, row.at.replace(tzinfo=UTC), told, *records)
