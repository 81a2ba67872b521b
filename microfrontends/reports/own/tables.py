"""The tables that reports over the portal's own data read, and what each of their columns is."""

from functools import cache

from microfrontends.reports.domain.definition import Source
from microfrontends.reports.sql_names import Names, Tables

_ID, _TEXT, _LONG, _MOMENT, _COUNT = "varchar(255)", "varchar(255)", "text", "datetime", "int(10)"
TABLES: dict[Source, Tables] = {
    Source.APPROVALS: {
        "request": {
            "app": _ID, "requestId": _ID, "appTitle": _TEXT, "action": _TEXT, "title": _TEXT, "sentence": _LONG,
            "target": _TEXT, "state": _TEXT, "makerId": _ID, "maker": _TEXT, "reason": _LONG, "problem": _LONG,
            "madeAt": _MOMENT, "expiresAt": _MOMENT, "changedAt": _MOMENT, "required": _COUNT, "given": _COUNT,
        },
        "requestAmount": {"app": _ID, "requestId": _ID, "currency": "varchar(3)", "amount": "decimal(18,4)"},
        "requestDecision": {
            "app": _ID, "requestId": _ID, "personId": _ID, "person": _TEXT, "verdict": _TEXT, "reason": _LONG,
            "decidedAt": _MOMENT,
        },
        "requestParticipant": {"app": _ID, "requestId": _ID, "participant": _TEXT},
    },
    Source.ACCESS: {
        "person": {
            "personId": _ID, "username": _TEXT, "name": _TEXT, "organisation": _TEXT, "active": "tinyint(1)",
            "lastLogin": _MOMENT,
        },
        "roleGrant": {"personId": _ID, "role": _TEXT, "grantedBy": _ID, "grantedAt": _MOMENT},
        "participantGrant": {"personId": _ID, "participant": _TEXT, "grantedBy": _ID, "grantedAt": _MOMENT},
        "heldPermission": {"personId": _ID, "permission": _TEXT},
        "roleDefinition": {"role": _TEXT, "title": _TEXT, "scope": _TEXT},
        "rolePermission": {"role": _TEXT, "permission": _TEXT},
    },
}  # fmt: skip


@cache
def names(source: Source) -> Names:
    """What a report of the source may name in its SQL."""
    return Names(TABLES[source], f"the source {source}")
