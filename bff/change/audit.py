"""The audit of an app: entries that are only ever added, each chained to the last and vouched for by a signed head."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import structlog
from flask import current_app, g, has_request_context
from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from bff.change.audit_reading import AuditPage, AuditQuery, Reading
from bff.change.audit_table import as_text, audit_entry, audit_head, hashes, query_columns
from bff.change.happening import NOBODY, SYSTEM, Actor, Entry, Happening, Outcome, canonical, leaf_hash, plain
from bff.change.heads import AuditKeys, Head, SigningKey
from bff.change.merkle import Peaks, consistency, inclusion

__all__ = ["NOBODY", "SYSTEM", "Actor", "AuditLog", "AuditPage", "AuditQuery", "Entry", "Happening", "Outcome"]

NEW_KEY = "audit.key"  # the entry that introduces a signing key
log = structlog.get_logger()


class AuditDamaged(Exception):
    """The row that says how far the audit has come is gone or unreadable: nothing can be added to it."""


@dataclass(frozen=True)
class _State:
    """The audit as the transaction found it, with its lock held."""

    peaks: Peaks
    previous: str
    at: str
    signers: tuple[str, ...]


class AuditLog:
    """One app's audit. `version` is that of the app, kept with each entry."""

    def __init__(self, engine: Engine, signer: AuditKeys, app_name: str, version: str = "") -> None:
        self.engine, self.keys, self.app_name, self._version = engine, signer, app_name, version
        self.reading = Reading(engine, signer, app_name)

    def append(self, connection: Connection, happening: Happening, actor: Actor | None = None) -> Entry:
        """Add an entry in the caller's transaction, and with it or not at all; the actor is whoever asks.

        Appends wait for each other until the transaction ends, so let it end soon. Raises AuditDamaged, and
        TypeError for a value that has no canonical form.
        """
        entry, _ = self._append(connection, happening, actor)
        if has_request_context():
            g.audit_grown = True
        return entry

    def record(self, happening: Happening, actor: Actor | None = None) -> Entry:
        """Add an entry in a transaction of its own."""
        with self.engine.begin() as connection:
            entry, head = self._append(connection, happening, actor)
        _publish(head)
        return entry

    def attempt(self, happening: Happening, actor: Actor | None = None) -> None:
        """Record what must go on even where it cannot be recorded: a refusal, a sign-out. Then the log alone has it."""
        try:
            self.record(happening, actor)
        except (SQLAlchemyError, AuditDamaged) as problem:
            facts = {"action": happening.action, "outcome": str(happening.outcome), "target": happening.target}
            log.error("audit_not_written", problem=type(problem).__name__, **facts)

    def entries(self, query: AuditQuery) -> AuditPage:
        """A page of entries, the newest first."""
        return self.reading.entries(query)

    def entry(self, seq: int) -> Entry | None:
        """One entry by its number."""
        return self.reading.entry(seq)

    def history(self, task: str) -> list[Entry]:
        """What happened to a task, in order."""
        return self.reading.history(task)

    def open_intents(self) -> list[Entry]:
        """Intents of which nobody knows yet how they ended."""
        return self.reading.open_intents()

    def head(self) -> Head | None:
        """The newest signed head; None before the first entry."""
        return self.reading.head()

    def export(self, from_seq: int = 1) -> Iterator[str]:
        """The audit from an entry on as JSON Lines, for `bizops audit verify`."""
        return self.reading.export(from_seq)

    def evidence(self, entry: Entry) -> dict[str, Any]:
        """An entry with the proof that the newest head includes it: `bizops audit verify` takes this file too."""
        head = self.head()
        size = head.size if head else 0
        path = [step.hex() for step in inclusion(self.reading.node(), entry.seq - 1, size)]
        told = {"entry": body_of(entry), "hash": entry.hash, "proof": path, "head": head.as_json() if head else None}
        return {**told, "keys": self.keys.now().document["keys"]}

    def consistency(self, old: int, new: int) -> list[str] | None:
        """The proof that the audit of `new` entries begins with the `old` ones; None where there can be none."""
        if not 0 < old <= new:
            return None
        try:
            return [step.hex() for step in consistency(self.reading.node(), old, new)]
        except ValueError:
            return None  # part of the tree is gone: whoever asked will see that nothing is proven

    def publish(self) -> None:
        """Tell the log how far the audit has come, so that whoever keeps the log can witness it."""
        head = self.head()
        if head:
            _publish(head)

    def trouble(self) -> str:
        """Why this process should not add to the audit; empty when it may."""
        signers, keys = self.reading.signers(), self.keys.now()
        if signers and not any(key.kid in signers for key in keys.private):
            return "its earlier entries were signed with a key that is not here: name its file with BIZOPS_AUDIT_KEYS"
        return ""

    def _append(self, connection: Connection, happening: Happening, actor: Actor | None) -> tuple[Entry, Head]:
        state, keys = self._take(connection), self.keys.now().private
        key = keys[-1]
        if state.signers and key.kid not in state.signers:
            known = [old for old in keys if old.kid in state.signers]
            # Signed with the old key where it is at hand: only then has the new one anybody's word.
            state = self._introduce(connection, state, key, known[-1] if known else key)
        elif not state.signers:
            state = replace(state, signers=(key.kid,))
        entry = self._entry(state, happening, actor or _asker())
        _, head = self._write(connection, state, entry, key)
        return entry, head

    def _take(self, connection: Connection) -> _State:
        """The state, locked against every other append until the transaction ends."""
        connection.execute(update(audit_head).values(id=1))
        # For update again: a plain read would tell MySQL's transaction how far the audit had come when it first looked.
        row = connection.execute(select(audit_head).with_for_update()).one_or_none()
        try:
            return _State(Peaks(row.size, hashes(row.peaks)), row.hash, row.at, tuple(row.signers.split()))  # type: ignore[union-attr]
        except (AttributeError, ValueError) as problem:
            raise AuditDamaged("the audit's head is gone or unreadable") from problem

    def _introduce(self, connection: Connection, state: _State, key: SigningKey, by: SigningKey) -> _State:
        jwk = next(public for public in self.keys.now().document["keys"] if public["kid"] == key.kid)
        told = Happening(action=NEW_KEY, outcome=Outcome.DONE, target=f"key:{key.kid}", after={"jwk": jwk})
        state = replace(state, signers=(*state.signers, key.kid))
        return self._write(connection, state, self._entry(state, told, SYSTEM), by)[0]

    def _entry(self, state: _State, happening: Happening, actor: Actor) -> Entry:
        context = structlog.contextvars.get_contextvars()
        alone = actor.participants[0] if len(actor.participants) == 1 else ""
        facts: dict[str, Any] = {
            **vars(happening),
            "actor": actor.as_json(),
            "seq": state.peaks.size + 1,
            # A clock that is set back must not put an entry before an earlier one.
            "at": max(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}", state.at),
            "app": self.app_name,
            "version": self._version,
            "participant": happening.participant or alone,
            "request_id": str(context.get("request_id", "")),
            "trace_id": str(context.get("trace_id", "")),
            "previous": state.previous,
        }
        return Entry.of(plain(facts))

    def _write(self, connection: Connection, state: _State, entry: Entry, key: SigningKey) -> tuple[_State, Head]:
        facts = body_of(entry)
        body = canonical(facts)
        peaks, made = state.peaks.append(leaf_hash(body))
        head = key.sign(self.app_name, peaks.size, peaks.root(), entry.at)
        row = {"seq": entry.seq, "body": body.decode(), "hash": entry.hash, "nodes": as_text(made[1:])}
        vouched = {"root": head.root, "signer": head.key, "signature": head.signature}
        connection.execute(insert(audit_entry).values(**row, **vouched, **query_columns(facts)))
        moved = {"size": peaks.size, "peaks": as_text(peaks.peaks), "hash": entry.hash, "at": entry.at}
        connection.execute(update(audit_head).values(**moved, signers=" ".join(state.signers)))
        return _State(peaks, entry.hash, entry.at, state.signers), head


def body_of(entry: Entry) -> Mapping[str, Any]:
    """What of an entry is hashed: all but the hash."""
    document = plain(entry.as_json())
    del document["hash"]
    return dict(document)


def audit_log() -> AuditLog:
    """The audit of the present app."""
    found: AuditLog = current_app.extensions["portal_audit"]
    return found


def audited_read(
    action: str, target: str = "", participant: str = "", detail: Mapping[str, Any] | None = None
) -> Entry:
    """Keep that the asker reads this, before they see it: where it cannot be kept, the read fails."""
    read = Happening(action=action, outcome=Outcome.READ, target=target, participant=participant, detail=detail or {})
    return audit_log().record(read)


def _asker() -> Actor:
    if not has_request_context():
        return SYSTEM
    who = g.get("identity")
    return Actor.of(who) if who else NOBODY


def _publish(head: Head) -> None:
    # What a log collector keeps of these lines shows later whether anything was taken back.
    log.info("audit_head", **head.as_json())
