"""Decides which process reads a manifest that has changed: one of them; the others take over what it has read."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bff.database import engine_for
from shell.registry.tables import kept_manifest

KEPT: Final = 3  # versions of one app at one address: during a roll-out two answer, and one may be on its way back
CLAIM: Final = timedelta(seconds=5)  # whoever reads and has not kept it by then has died
_COLUMNS: Final = kept_manifest.c


@dataclass(frozen=True)
class Kept:
    """A manifest as some process has read it."""

    version: str
    document: Any
    read_at: datetime


class Keeping:
    """Manifests in the shell's own database. Every method may raise SQLAlchemyError."""

    def __init__(self, url: str) -> None:
        self._engine = engine_for(url)

    def of(self, upstream: str) -> list[Kept]:
        """What is kept of one upstream, the newest last."""
        wanted = sa.select(kept_manifest).where(_COLUMNS.upstream == upstream, _COLUMNS.document != "")
        with self._engine.connect() as connection:
            rows = connection.execute(wanted.order_by(_COLUMNS.read_at)).all()
        return [Kept(row.version, json.loads(row.document), row.read_at.replace(tzinfo=UTC)) for row in rows]

    def claim(self, upstream: str, version: str) -> bool:
        """Whether the manifest of a version is ours to read: nobody has it, and nobody else is at it."""
        now = _now()
        here = sa.and_(_COLUMNS.upstream == upstream, _COLUMNS.version == version)
        try:
            with self._engine.begin() as connection:
                row = {"upstream": upstream, "version": version, "document": "", "read_at": now}
                connection.execute(sa.insert(kept_manifest).values(**row))
            return True
        except IntegrityError:
            stale = sa.and_(here, _COLUMNS.document == "", _COLUMNS.read_at < now - CLAIM)
            with self._engine.begin() as connection:
                taken = connection.execute(sa.update(kept_manifest).where(stale).values(read_at=now))
            return taken.rowcount == 1

    def give_up(self, upstream: str, version: str) -> None:
        """Leave it to others: it was not to be had. So are claims of whoever has died."""
        open_claim = sa.and_(_COLUMNS.upstream == upstream, _COLUMNS.document == "")
        over = sa.or_(_COLUMNS.version == version, _COLUMNS.read_at < _now() - CLAIM)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(kept_manifest).where(open_claim, over))

    def keep(self, upstream: str, version: str, document: Any, pinned: str = "") -> None:
        """Keep what was read, and of the rest only the newest few and the pinned version."""
        text, now = json.dumps(document), _now()
        here = sa.and_(_COLUMNS.upstream == upstream, _COLUMNS.version == version)
        with self._engine.begin() as connection:
            known = connection.execute(sa.update(kept_manifest).where(here).values(document=text, read_at=now)).rowcount
            if not known:
                row = {"upstream": upstream, "version": version, "document": text, "read_at": now}
                connection.execute(sa.insert(kept_manifest).values(**row))
            versions = sa.select(_COLUMNS.version).where(_COLUMNS.upstream == upstream, _COLUMNS.document != "")
            others = versions.where(_COLUMNS.version.not_in([version, pinned])).order_by(_COLUMNS.read_at.desc())
            old = connection.scalars(others).all()[KEPT - 1 :]
            if old:
                outdated = sa.and_(_COLUMNS.upstream == upstream, _COLUMNS.version.in_(old))
                connection.execute(sa.delete(kept_manifest).where(outdated))


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
