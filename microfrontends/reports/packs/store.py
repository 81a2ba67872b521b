"""How packs are kept: found, worked at by one process at a time, and moved only together with the proof of why."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from bff.change.audit import SYSTEM, Actor, AuditLog, Happening, Outcome
from bff.change.tasks import naive
from microfrontends.reports.domain.delivery import Did, PackState, once_seen
from microfrontends.reports.domain.distribution import Event
from microfrontends.reports.packs.records import Happened, Pack, PackFile, Proof, aware
from microfrontends.reports.packs.table import pack, pack_event, pack_file, pack_proof

LEASE = timedelta(minutes=2)  # prolonged while a file is written; after that whoever worked at it has died
_pack, _event, _file, _proof = pack.c, pack_event.c, pack_file.c, pack_proof.c
WHOLE = sa.select(pack, _event.kind, _event.object, _event.happened_at).join(pack_event, _event.id == _pack.event)
_ID = re.compile("[0-9a-f-]{36}")
PLAIN = ("report", "participant", "currency", "version", "permission")
FREE: Mapping[str, Any] = {"holder": None, "lease_until": None}
NOTHING: Mapping[str, Any] = {}
# What each step is called in the audit.
ACTIONS = {
    Did.PRODUCED: "pack.produced",
    Did.FAILED: "pack.failed",
    Did.RETRIED: "pack.retried",
    Did.OPENED: "pack.read",
    Did.DOWNLOADED: "pack.sent",
    Did.ACKNOWLEDGED: "pack.acknowledged",
    Did.DISPUTED: "pack.disputed",
    Did.ANSWERED: "pack.answered",
    Did.SUPERSEDED: "pack.superseded",
}
OUTCOMES = {Did.FAILED: Outcome.FAILED, Did.OPENED: Outcome.READ, Did.DOWNLOADED: Outcome.READ}


class LostTurn(Exception):
    """Somebody else works at the pack, or it has been settled meanwhile."""


@dataclass(frozen=True)
class Step:
    """One thing that becomes of a pack, and what the audit keeps beside it."""

    did: Did
    form: str = ""
    reason: str = ""
    detail: Mapping[str, Any] | None = None


class Packs:
    """The packs of one app."""

    def __init__(
        self, engine: Engine, audit: AuditLog, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.engine, self.audit, self.clock = engine, audit, clock
        self.lease = LEASE

    def find(self, pack_id: str) -> Pack | None:
        """A pack, whoever may see it."""
        if not _ID.fullmatch(pack_id):  # what is no id at all is not sent to a database
            return None
        with self.engine.connect() as connection:
            return self.find_in(connection, pack_id)

    def find_in(self, connection: Connection, pack_id: str) -> Pack | None:
        """The same within a transaction."""
        row = connection.execute(WHOLE.where(_pack.id == pack_id)).mappings().one_or_none()
        return as_pack(row) if row else None

    def versions(self, of: Pack) -> list[Pack]:
        """All packs of the same, the newest first."""
        same = (
            _pack.event == of.event.id,
            _pack.report == of.report,
            _pack.participant == of.participant,
            _pack.currency == of.currency,
        )
        with self.engine.connect() as connection:
            rows = connection.execute(WHOLE.where(*same).order_by(_pack.version.desc())).mappings()
            return [as_pack(row) for row in rows]

    def files(self, pack_id: str) -> list[PackFile]:
        """The formats of a pack."""
        with self.engine.connect() as connection:
            return self.files_in(connection, pack_id)

    def files_in(self, connection: Connection, pack_id: str) -> list[PackFile]:
        """The same within a transaction."""
        rows = connection.execute(sa.select(pack_file).where(_file.pack == pack_id).order_by(_file.form))
        return [PackFile(row.form, row.file, row.size, row.sha256, row.problem) for row in rows]

    def proofs(self, pack_id: str) -> list[Proof]:
        """What became of a pack, the first thing first."""
        query = sa.select(pack_proof).where(_proof.pack == pack_id).order_by(_proof.seq)
        with self.engine.connect() as connection:
            rows = connection.execute(query)
            return [Proof(row.seq, Did(row.kind), aware(row.at), *_told(row)) for row in rows]

    def due(self, most: int = 100) -> list[str]:
        """The packs that are to be produced and that nobody works at."""
        now = naive(self.clock())
        free = sa.or_(_pack.lease_until.is_(None), _pack.lease_until < now)
        waiting = (_pack.state == PackState.WAITING, _pack.try_at <= now, free)
        query = sa.select(_pack.id).where(*waiting).order_by(_pack.event, _pack.try_at, _pack.id).limit(most)
        with self.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def claim(self, pack_id: str, holder: str) -> Pack | None:
        """Become the one who produces it; None where somebody else is, or where there is nothing to do any more."""
        now = naive(self.clock())
        free = sa.or_(_pack.lease_until.is_(None), _pack.lease_until < now)
        taken = sa.update(pack).where(_pack.id == pack_id, _pack.state == PackState.WAITING, free)
        with self.engine.begin() as connection:
            values = {"holder": holder, "lease_until": now + self.lease, "turn": _pack.turn + 1}
            if connection.execute(taken.values(values)).rowcount != 1:
                return None
            return self.find_in(connection, pack_id)

    def prolong(self, mine: Pack, holder: str) -> bool:
        """Go on being the one who produces it; False where that is over."""
        with self.engine.begin() as connection:
            try:
                self.hold(connection, mine, holder, {"lease_until": naive(self.clock() + self.lease)})
            except LostTurn:
                return False
        return True

    def hold(self, connection: Connection, mine: Pack, holder: str, values: Mapping[str, Any] = NOTHING) -> None:
        """Write in this transaction as the one who works at it. Raises LostTurn."""
        held = (_pack.id == mine.id, _pack.holder == holder, _pack.turn == mine.turn, _pack.state == PackState.WAITING)
        # A MariaDB counts rows that changed, so the row is looked for before.
        if connection.execute(sa.select(_pack.id).where(*held).with_for_update()).one_or_none() is None:
            raise LostTurn(mine.id)
        if values:
            connection.execute(sa.update(pack).where(*held).values(values))

    def let_go(self, mine: Pack, holder: str, problem: str, try_at: datetime, attempts: int) -> None:
        """Put it down, to be tried again."""
        values = {"problem": problem, "try_at": naive(try_at), "attempts": attempts}
        with self.engine.begin() as connection:
            self.hold(connection, mine, holder, {**FREE, **values})

    def settle(
        self, mine: Pack, holder: str, step: Step, then: Callable[[Connection, int], None], **values: Any
    ) -> None:
        """End the work at a pack, produced or failed: its new state and its proof are one. Raises LostTurn."""
        with self.engine.begin() as connection:
            seq = self.witness(connection, mine, step, SYSTEM)
            self.hold(connection, mine, holder, {**FREE, **values})
            then(connection, seq)

    def step(
        self, of: Pack, step: Step, actor: Actor, becomes: Callable[[Connection, Pack], Mapping[str, Any]]
    ) -> Pack:
        """Take a step on a pack as it is now: `becomes` says what changes, and raises where it may not be taken."""
        with self.engine.begin() as connection:
            # The audit comes first: behind its lock the pack is as everybody else has left it.
            self.witness(connection, of, step, actor)
            now = self.find_in(connection, of.id) or of
            connection.execute(sa.update(pack).where(_pack.id == of.id).values(becomes(connection, now)))
        return self.find(of.id) or of

    def seen(self, of: Pack, step: Step, actor: Actor, counts: bool) -> None:
        """Keep in the audit that somebody reads a pack; the first time, where it `counts`, as proof of delivery too."""
        with self.engine.begin() as connection:
            entry = self.audit.append(connection, told(of, step), actor)
            same = [_proof.pack == of.id, _proof.kind == step.did, _proof.subject == actor.subject]
            if step.did is Did.DOWNLOADED:
                same.append(_proof.form == step.form)
            if not counts or connection.execute(sa.select(_proof.seq).where(*same)).first():
                return
            self._prove(connection, entry.seq, of, step, actor)
            now = self.find_in(connection, of.id) or of
            state = once_seen(now.state, step.did)
            connection.execute(sa.update(pack).where(_pack.id == of.id).values(state=state))

    def witness(self, connection: Connection, of: Pack, step: Step, actor: Actor) -> int:
        """Add to the audit and to the proof of a pack; the number of both."""
        entry = self.audit.append(connection, told(of, step), actor)
        self._prove(connection, entry.seq, of, step, actor)
        return entry.seq

    def supersede(self, connection: Connection, by: Pack) -> None:
        """Earlier versions of a pack are no longer what counts; they stay where they are."""
        same = (
            _pack.event == by.event.id,
            _pack.report == by.report,
            _pack.participant == by.participant,
            _pack.currency == by.currency,
            _pack.version < by.version,
            _pack.state != PackState.SUPERSEDED,
        )
        for row in connection.execute(WHOLE.where(*same)).mappings().all():
            earlier = as_pack(row)
            self.witness(connection, earlier, Step(Did.SUPERSEDED, detail={"by": by.id}), SYSTEM)
            connection.execute(sa.update(pack).where(_pack.id == earlier.id).values(state=PackState.SUPERSEDED))

    def add(self, connection: Connection, packs: Iterable[Mapping[str, Any]]) -> None:
        """Write packs that are to be produced."""
        rows = list(packs)
        if rows:
            connection.execute(sa.insert(pack), rows)

    def _prove(self, connection: Connection, seq: int, of: Pack, step: Step, actor: Actor) -> None:
        # In a MariaDB what refers to a row takes a share of its lock: to want all of it only then ends in a deadlock.
        connection.execute(sa.select(_pack.id).where(_pack.id == of.id).with_for_update())
        row = {"seq": seq, "pack": of.id, "kind": step.did, "form": step.form, "at": naive(self.clock())}
        who = {"subject": actor.subject, "name": actor.name, "username": actor.username, "reason": step.reason}
        connection.execute(sa.insert(pack_proof).values(**row, **who))


def told(of: Pack, step: Step) -> Happening:
    """A step as the audit keeps it."""
    facts = {"report": of.report, "version": of.version, "parameters": dict(of.parameters), **(step.detail or {})}
    if step.form:
        facts["format"] = step.form
    return Happening(
        action=ACTIONS[step.did],
        outcome=OUTCOMES.get(step.did, Outcome.DONE),
        target=f"pack:{of.id}",
        participant=of.participant,
        reason=step.reason,
        detail=facts,
    )


def row_of(new: Pack, now: datetime) -> dict[str, Any]:
    """A pack that is to be produced, as a row."""
    plain = {name: getattr(new, name) for name in ("id", *PLAIN)}
    texts = {"title": json.dumps(new.title, ensure_ascii=False), "parameters": json.dumps(dict(new.parameters))}
    at = {"try_at": naive(now), "attempts": 0, "turn": 0, "problem": ""}
    return {**plain, **texts, **at, "event": new.event.id, "state": PackState.WAITING}


def as_pack(row: Any) -> Pack:
    """A row as a pack."""
    return Pack(
        id=row["id"],
        event=Happened(Event(row["kind"]), row["object"], aware(row["happened_at"]), row["event"]),
        title=json.loads(row["title"]),
        parameters=json.loads(row["parameters"]),
        state=PackState(row["state"]),
        rows=row["row_count"],
        as_of=aware(row["as_of"]),
        produced_at=aware(row["produced_at"]),
        trouble=row["problem"],
        try_at=aware(row["try_at"]),
        **{name: row[name] for name in (*PLAIN, "preview", "produced_seq", "attempts", "turn")},
    )


def _told(row: Any) -> tuple[str, str, str, str]:
    return row.name, row.username, row.form, row.reason
