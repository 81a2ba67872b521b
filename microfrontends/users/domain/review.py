"""Who should be looked at again: holders of clashing rights, of far-reaching ones, who do not come, who have left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bff.access.files import RoleBook
from bff.access.holding import PARTICIPANT, ROLE, Grant, Holding
from microfrontends.users.domain.rights import clashes

# The verbs of this app that decide over other people's rights; approving counts wherever it is done.
OF_RIGHTS = ("assign", "create", "disable", "approve")
APPROVE = "approve"


class Finding(StrEnum):
    """Why somebody should be looked at."""

    CONFLICT = "conflict"
    PRIVILEGED = "privileged"
    DORMANT = "dormant"
    LEFT = "left"


@dataclass(frozen=True)
class Presence:
    """What the directory says of somebody's coming: may they sign in, when did they last, since when is it known."""

    active: bool
    last_login: datetime | None
    logins_since: datetime | None

    def dormant(self, now: datetime, after: timedelta) -> bool:
        """Whether they have not come for so long. Where the directory does not remember so far back, nobody knows."""
        last = self.last_login or self.logins_since
        return last is not None and now - last > after


@dataclass(frozen=True)
class Line:
    """One role or participant that somebody holds, and what is to be said of it; `because` names permissions."""

    subject: str
    kind: str
    grant: Grant
    findings: frozenset[Finding]
    because: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attendance:
    """Who comes: everybody the directory knows, None while it does not answer."""

    people: Mapping[str, Presence] | None
    now: datetime
    dormant_after: timedelta

    def of(self, subject: str) -> frozenset[Finding]:
        """What is to be said of somebody's coming."""
        if self.people is None:
            return frozenset()
        known = self.people.get(subject)
        if known is None or not known.active:
            return frozenset({Finding.LEFT})
        return frozenset({Finding.DORMANT} if known.dormant(self.now, self.dormant_after) else ())


def far_reaching(book: RoleBook, role: str) -> tuple[str, ...]:
    """The permissions of a role that decide over rights, let others' work through, or stand in an exclusion."""
    named = frozenset[str]().union(*(each.side_a | each.side_b for each in book.exclusions))
    held = book.roles[role].permissions if role in book.roles else frozenset()
    return tuple(sorted(permission for permission in held if permission in named or _decides(permission)))


def review(book: RoleBook, holdings: Mapping[str, Holding], attendance: Attendance) -> tuple[Line, ...]:
    """Everything that anybody holds, a line each, by subject."""
    lines: list[Line] = []
    for subject, held in sorted(holdings.items()):
        coming = attendance.of(subject)
        clashing = {name for clash in clashes(book, held.role_names) for name in (clash.first, clash.second)}
        lines += [_of_role(book, Line(subject, ROLE, grant, coming), clashing) for grant in held.roles]
        lines += [Line(subject, PARTICIPANT, grant, coming) for grant in held.participants]
    return tuple(lines)


def _of_role(book: RoleBook, line: Line, clashing: set[str]) -> Line:
    role = line.grant.value
    held = book.roles[role].permissions if role in book.roles else frozenset[str]()
    broken, far = tuple(sorted(held & clashing)), far_reaching(book, role)
    findings = line.findings | ({Finding.CONFLICT} if broken else set()) | ({Finding.PRIVILEGED} if far else set())
    return Line(line.subject, line.kind, line.grant, findings, broken or far)


def _decides(permission: str) -> bool:
    app, _noun, verb = permission.split(":")
    return verb == APPROVE or (app == "users" and verb in OF_RIGHTS)
