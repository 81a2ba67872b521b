"""What the hub's database tells of windows and settlements: what has happened since, and whom it concerns."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from microfrontends.reports import sql
from microfrontends.reports.domain.distribution import Event
from microfrontends.reports.execute import Snapshot
from microfrontends.reports.packs.records import Happened
from microfrontends.reports.sql import Statement

MOST = 1000  # changes in one look


@dataclass(frozen=True)
class Source:
    """One of the hub's histories: which states in it are events, and how it is read on from one of its numbers."""

    name: str
    events: dict[str, Event]
    changes: Statement
    last: Statement


def _history(name: str, table: str, subject: str) -> tuple[Statement, Statement]:
    key, state = f"{table}Id", f"{name}StateId"
    changes = f"""
        SELECT c.{key} AS id, c.{subject} AS object, c.{state} AS state, c.createdDate AS happened
        FROM {table} c
        WHERE c.{key} > :after
        ORDER BY c.{key} LIMIT {MOST}"""  # noqa: S608 - our own names
    last = f"SELECT COALESCE(MAX(c.{key}), 0) AS id FROM {table} c WHERE c.createdDate < :before"  # noqa: S608
    return (
        sql.read(changes, frozenset({"id", "object", "state", "happened"}), frozenset({"after"})),
        sql.read(last, frozenset({"id"}), frozenset({"before"})),
    )


SOURCES = (
    Source(
        "window",
        {"CLOSED": Event.WINDOW_CLOSED},
        *_history("settlementWindow", "settlementWindowStateChange", "settlementWindowId"),
    ),
    Source(
        "settlement",
        {"PENDING_SETTLEMENT": Event.SETTLEMENT_CREATED, "SETTLED": Event.SETTLED},
        *_history("settlement", "settlementStateChange", "settlementId"),
    ),
)
# A participant is concerned by a window in which it sent or received, and by a settlement that nets it. An external
# participant has no people here: its dealings are in the pack of the participant that stands for it.
_IN_WINDOW = """
    SELECT DISTINCT p.name AS participant, a.currencyId AS currency
    FROM settlementWindowContent w
    JOIN settlementContentAggregation s ON s.settlementWindowContentId = w.settlementWindowContentId
    JOIN participantCurrency a ON a.participantCurrencyId = s.participantCurrencyId
    JOIN participant p ON p.participantId = a.participantId
    WHERE w.settlementWindowId = :object AND p.name <> 'Hub'
    ORDER BY p.name, a.currencyId"""
_IN_SETTLEMENT = """
    SELECT DISTINCT p.name AS participant, a.currencyId AS currency
    FROM settlementParticipantCurrency n
    JOIN participantCurrency a ON a.participantCurrencyId = n.participantCurrencyId
    JOIN participant p ON p.participantId = a.participantId
    WHERE n.settlementId = :object AND p.name <> 'Hub'
    ORDER BY p.name, a.currencyId"""
_KEYS = frozenset({"participant", "currency"})
CONCERNED = {
    Event.WINDOW_CLOSED: sql.read(_IN_WINDOW, _KEYS, frozenset({"object"})),
    Event.SETTLEMENT_CREATED: sql.read(_IN_SETTLEMENT, _KEYS, frozenset({"object"})),
    Event.SETTLED: sql.read(_IN_SETTLEMENT, _KEYS, frozenset({"object"})),
}


def last_before(snapshot: Snapshot, source: Source, before: datetime) -> int:
    """The number of the last change before a moment; 0 where there is none."""
    return int(next(iter(_rows(snapshot, source.last, before=before)))["id"])


def changes(snapshot: Snapshot, source: Source, after: int) -> tuple[list[Happened], int, bool]:
    """What has happened after a change, the number of the last change looked at, and whether there are more."""
    rows = _rows(snapshot, source.changes, after=after)
    found = [
        Happened(source.events[row["state"]], int(row["object"]), _moment(row["happened"]))
        for row in rows
        if row["state"] in source.events
    ]
    return found, int(rows[-1]["id"]) if rows else after, len(rows) == MOST


def concerned(snapshot: Snapshot, happened: Happened) -> list[tuple[str, str]]:
    """The participants that an event concerns, each with its currencies in it, by name."""
    rows = _rows(snapshot, CONCERNED[happened.kind], object=happened.object)
    return [(str(row["participant"]), str(row["currency"])) for row in rows]


def _rows(snapshot: Snapshot, statement: Statement, **bound: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in snapshot.rows(statement, bound)]


def _moment(value: object) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
