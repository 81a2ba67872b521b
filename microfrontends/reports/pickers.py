"""What a reader may pick for a parameter: the hub's newest windows, its currencies, the participants in view."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from microfrontends.reports import sql
from microfrontends.reports.domain.definition import ColumnType, ParamType
from microfrontends.reports.domain.results import cell
from microfrontends.reports.execute import Snapshot

NEWEST = 200  # windows offered; an older one is reached by its number in the address


@dataclass(frozen=True)
class Choice:
    """One value to pick; a window also has a state and the moment at which it opened."""

    value: str
    state: str = ""
    since: datetime | None = None


_KEYS = frozenset({"value", "state", "since"})
_SOURCES = {
    ParamType.WINDOW: f"""
        SELECT w.settlementWindowId AS value, s.settlementWindowStateId AS state, w.createdDate AS since
        FROM settlementWindow w
        JOIN settlementWindowStateChange s ON s.settlementWindowStateChangeId = w.currentStateChangeId
        ORDER BY w.settlementWindowId DESC LIMIT {NEWEST}""",  # noqa: S608 - our own number
    ParamType.PARTICIPANT: """
        SELECT p.name AS value, '' AS state, NULL AS since
        FROM participant p
        WHERE p.name <> 'Hub' AND (:all_participants = 1 OR p.name IN (:participants))
        ORDER BY p.name""",
    ParamType.CURRENCY: """
        SELECT DISTINCT c.currencyId AS value, '' AS state, NULL AS since
        FROM participantCurrency c
        ORDER BY c.currencyId""",
}
STATEMENTS = {kind: sql.read(source, _KEYS, frozenset()) for kind, source in _SOURCES.items()}


def choices(snapshot: Snapshot, kind: ParamType, confinement: Mapping[str, object]) -> Sequence[Choice]:
    """What may be picked for a parameter of this type, as the reader may see it; nothing for what is typed in."""
    if kind not in STATEMENTS:
        return ()
    found = snapshot.rows(STATEMENTS[kind], confinement)
    return [Choice(str(row["value"]), str(row["state"]), _moment(row["since"])) for row in found]


def _moment(value: object) -> datetime | None:
    since = cell(value, ColumnType.DATE_TIME)
    return since if isinstance(since, datetime) else None
