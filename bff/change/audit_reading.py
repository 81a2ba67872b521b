"""Reading the audit: pages of it, one entry, a task's history, what is still open, the whole as an export."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, Select, exists, func, or_, select

from bff.change.audit_table import audit_entry, audit_head, hashes
from bff.change.happening import SETTLING, Entry, Outcome, canonical
from bff.change.heads import AuditKeys, Head
from bff.change.merkle import Node, peaks_at

FORMAT = "bizops-audit-1"
COUNTED = 10_000  # a count beyond this costs more than it tells
BATCH = 1_000
table = audit_entry.c


@dataclass(frozen=True, kw_only=True)
class AuditQuery:
    """What to look for; empty means any. Times as entries have them. `before` is the cursor of the page before.

    An action or a target that ends in `*` means all that begin so.
    """

    since: str = ""
    until: str = ""
    actor: str = ""
    action: str = ""
    target: str = ""
    outcome: str = ""
    participant: str = ""
    task: str = ""
    before: int | None = None
    limit: int = 50


@dataclass(frozen=True)
class AuditPage:
    """Entries, the newest first; the cursor of the next page; how many there are, counted up to COUNTED."""

    entries: Sequence[Entry]
    next: int | None
    total: int


class Reading:
    """The audit of one app as a reader sees it."""

    def __init__(self, engine: Engine, keys: AuditKeys, app_name: str) -> None:
        self.engine, self._keys, self.app = engine, keys, app_name

    def entries(self, query: AuditQuery) -> AuditPage:
        """A page of entries and the count of all that fit, wherever the page begins."""
        conditions = list(_conditions(query))
        page = select(table.body).where(*conditions).order_by(table.seq.desc()).limit(query.limit + 1)
        if query.before is not None:
            page = page.where(table.seq < query.before)
        counted = select(table.seq).where(*conditions).limit(COUNTED + 1).subquery()
        with self.engine.connect() as connection:
            found = [_entry(body) for body in connection.scalars(page)]
            total = connection.scalar(select(func.count()).select_from(counted)) or 0
        shown = found[: query.limit]
        return AuditPage(shown, shown[-1].seq if len(found) > query.limit else None, total)

    def entry(self, seq: int) -> Entry | None:
        """One entry by its number."""
        with self.engine.connect() as connection:
            body = connection.scalar(select(table.body).where(table.seq == seq))
        return None if body is None else _entry(body)

    def history(self, task: str) -> list[Entry]:
        """What happened to a task, in order."""
        return self._list(select(table.body).where(table.task == task).order_by(table.seq))

    def open_intents(self) -> list[Entry]:
        """Intents after which nothing settled their task."""
        later = audit_entry.alias()
        settled = exists().where(
            later.c.task == table.task,
            later.c.action == table.action,
            later.c.seq > table.seq,
            later.c.outcome.in_([str(outcome) for outcome in SETTLING]),
        )
        intents = select(table.body).where(table.outcome == str(Outcome.INTENT), ~settled)
        return self._list(intents.order_by(table.seq).limit(BATCH))

    def signers(self) -> tuple[str, ...]:
        """The ids of the keys that have signed, as the head row has them."""
        with self.engine.connect() as connection:
            return tuple((connection.scalar(select(audit_head.c.signers)) or "").split())

    def head(self) -> Head | None:
        """The newest signed head."""
        newest = select(audit_entry).order_by(table.seq.desc()).limit(1)
        with self.engine.connect() as connection:
            row = connection.execute(newest).one_or_none()
        return None if row is None else self._head(row)

    def row(self, seq: int) -> Row[Any] | None:
        """The row of an entry."""
        with self.engine.connect() as connection:
            return connection.execute(select(audit_entry).where(table.seq == seq)).one_or_none()

    def node(self) -> Node:
        """The complete subtrees as the rows have them. Raises ValueError where a row is gone or unreadable."""

        def found(level: int, index: int) -> bytes:
            row = self.row((index + 1) << level)
            made = () if row is None else hashes(f"{row.hash} {row.nodes}")
            if level >= len(made):
                raise ValueError(f"entry {(index + 1) << level} does not hold its part of the tree")
            return made[level]

        return found

    def rows(self, first: int, last: int) -> Iterator[Row[Any]]:
        """Rows in order, read piece by piece: what is read meanwhile cannot change, so nothing need be held."""
        reached = first - 1
        while reached < last:
            wanted = select(audit_entry).where(table.seq > reached, table.seq <= last).order_by(table.seq)
            with self.engine.connect() as connection:
                piece = connection.execute(wanted.limit(BATCH)).all()
            if not piece:
                return
            yield from piece
            reached = piece[-1].seq

    def export(self, from_seq: int = 1) -> Iterator[str]:
        """JSON Lines: what it is and from where, each entry with the head signed at it, and the last head once more."""
        newest = self.head()
        size = newest.size if newest else 0
        first = min(max(from_seq, 1), size + 1)
        start: dict[str, Any] = {"export": FORMAT, "app": self.app, "from": first, "size": size}
        if first > 1:
            before, row = peaks_at(self.node(), first - 1), self.row(first - 1)
            start |= {"peaks": [peak.hex() for peak in before.peaks], "previous": row.hash if row else ""}
        yield _line({**start, "keys": self._keys.now().document["keys"]})
        for row in self.rows(first, size):
            vouched = {"root": row.root, "key": row.signer, "signature": row.signature}
            yield _line({"entry": json.loads(row.body), "hash": row.hash, **vouched})
        yield _line({"head": newest.as_json() if newest else None})

    def _head(self, row: Row[Any]) -> Head:
        return Head(self.app, row.seq, row.root, row.at, row.signer, row.signature)

    def _list(self, wanted: Select[str]) -> list[Entry]:
        with self.engine.connect() as connection:
            return [_entry(body) for body in connection.scalars(wanted)]


def _conditions(query: AuditQuery) -> Iterator[ColumnElement[bool]]:
    if query.since:
        yield table.at >= query.since
    if query.until:
        yield table.at < query.until
    if query.actor:
        yield or_(table.actor == query.actor, table.username == query.actor)
    for name in ("action", "target"):
        wish = getattr(query, name)
        if wish.endswith("*"):
            yield table[name].startswith(wish[:-1], autoescape=True)
        elif wish:
            yield table[name] == wish
    if query.outcome:
        yield table.outcome.in_(query.outcome.split(","))
    for name in ("participant", "task"):
        if getattr(query, name):
            yield table[name] == getattr(query, name)


def _entry(body: str) -> Entry:
    return Entry.of(json.loads(body))


def _line(document: dict[str, Any]) -> str:
    return canonical(document).decode() + "\n"
