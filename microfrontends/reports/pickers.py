"""What a reader may pick for a parameter: of what the hub holds, as far as it is in view, or of a report's own list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bff.web.locale import spoken
from microfrontends.reports import sql
from microfrontends.reports.domain.definition import ColumnType, Param, ParamType
from microfrontends.reports.domain.results import cell
from microfrontends.reports.execute import Record, Snapshot

NEWEST = 200  # windows offered; an older one is reached by its number in the address


@dataclass(frozen=True)
class Choice:
    """One value to pick; a window or a settlement also has a state and the moment at which it began."""

    value: str
    state: str = ""
    since: datetime | None = None
    label: str = ""


_KEYS = frozenset({"value", "state", "since"})
_SOURCES = {
    ParamType.WINDOW: f"""
        SELECT w.settlementWindowId AS value, s.settlementWindowStateId AS state, w.createdDate AS since
        FROM settlementWindow w
        JOIN settlementWindowStateChange s ON s.settlementWindowStateChangeId = w.currentStateChangeId
        ORDER BY w.settlementWindowId DESC LIMIT {NEWEST}""",  # noqa: S608 - our own number
    ParamType.SETTLEMENT: f"""
        SELECT s.settlementId AS value, c.settlementStateId AS state, s.createdDate AS since
        FROM settlement s
        JOIN settlementStateChange c ON c.settlementStateChangeId = s.currentStateChangeId
        ORDER BY s.settlementId DESC LIMIT {NEWEST}""",  # noqa: S608 - our own number
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


def picked(param: Param) -> bool:
    """Whether the reader picks a value instead of typing it."""
    return bool(param.type in STATEMENTS or param.options or param.lists)


class Offered:
    """What may be picked, as the reader may see it; read once in a snapshot, however often it is asked for."""

    def __init__(
        self, snapshot: Snapshot, lists: Mapping[str, sql.Statement], confinement: Mapping[str, object]
    ) -> None:
        self._snapshot, self._lists, self._confinement = snapshot, lists, confinement
        self._read: dict[str, Sequence[Choice]] = {}

    def of(self, param: Param) -> Sequence[Choice]:
        """What may be picked for a parameter; nothing for what is typed in."""
        if param.options and not param.lists:
            return [Choice(option.value, label=spoken(option.label)) for option in param.options]
        source = f"list {param.lists}" if param.lists else str(param.type)
        if source not in self._read:
            self._read[source] = self._found(param)
        return self._read[source]

    def _found(self, param: Param) -> Sequence[Choice]:
        if param.lists:
            return _listed(self._snapshot.rows(self._lists[param.lists], self._confinement))
        if param.type not in STATEMENTS:
            return ()
        found = self._snapshot.rows(STATEMENTS[param.type], self._confinement)
        return [Choice(str(row["value"]), str(row["state"]), _moment(row["since"])) for row in found]


def _listed(found: Iterator[Record]) -> list[Choice]:
    return [Choice(str(row["value"]), label=str(row.get("label") or row["value"])) for row in found]


def _moment(value: object) -> datetime | None:
    since = cell(value, ColumnType.DATE_TIME)
    return since if isinstance(since, datetime) else None
