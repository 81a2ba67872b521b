"""Whose rows a run may show: decided from the reader alone, never from what the request says."""

from collections.abc import Mapping

from microfrontends.reports.domain.definition import Report, Scope

ALL, OWN = "all_participants", "participants"
RESERVED = frozenset({ALL, OWN})  # bound by the runner; no report may declare them


def confinement(sees_all: bool, participants: frozenset[str]) -> Mapping[str, object]:
    """The values of `:all_participants` (1 or 0) and `:participants` (names; none at all sees nothing)."""
    return {ALL: int(sees_all), OWN: [] if sees_all else sorted(participants)}


def may_run(report: Report, sees_all: bool) -> bool:
    """Whether the report is for this reader at all: one of scope `hub` shows everyone's rows to hub staff."""
    return sees_all or report.scope is not Scope.HUB
