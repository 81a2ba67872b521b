"""What roles let somebody do, what a change of them would do, and when nobody may make it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bff.access.files import RoleBook  # a value: roles and exclusions as their files say them
from bff.access.holding import Holding


class Scope(StrEnum):
    """Whose data somebody has in view."""

    EVERYBODY = "everybody"
    OWN = "own"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Clash:
    """Two permissions that no person may hold together, and why, by language."""

    first: str
    second: str
    reason: dict[str, str]


@dataclass(frozen=True)
class Right:
    """A permission and the roles that it comes from. A suspended one is on a side of an exclusion that is broken."""

    permission: str
    roles: tuple[str, ...]
    suspended: bool = False


@dataclass(frozen=True)
class Change:
    """What a set of roles becomes by another: permissions that come, that go, and what would then clash."""

    gained: tuple[str, ...]
    lost: tuple[str, ...]
    clashes: tuple[Clash, ...]


def clashes(book: RoleBook, roles: Iterable[str]) -> tuple[Clash, ...]:
    """The exclusions that a set of roles breaks."""
    permissions = book.permissions_of(frozenset(roles))
    return tuple(Clash(first, second, exclusion.reason) for exclusion, first, second in book.conflicts(permissions))


def change(book: RoleBook, before: Iterable[str], after: Iterable[str]) -> Change:
    """What going from one set of roles to another does. Roles that no file defines give nothing."""
    had, has = book.permissions_of(frozenset(before)), book.permissions_of(frozenset(after))
    given = book.permissions_of(frozenset(after) - frozenset(before))
    # Old clashes are no reason against taking something away, nor against a role that has no part in them.
    new = tuple(
        Clash(first, second, exclusion.reason)
        for exclusion, first, second in book.conflicts(has)
        if given & (exclusion.side_a | exclusion.side_b)
    )
    return Change(tuple(sorted(has - had)), tuple(sorted(had - has)), new)


def rights(book: RoleBook, roles: Iterable[str]) -> tuple[Right, ...]:
    """Every permission of the roles, with the roles that it comes from; by name."""
    held = sorted(set(roles) & set(book.roles))
    permissions = book.permissions_of(frozenset(held))
    suspended = frozenset[str]().union(
        *(exclusion.side_a | exclusion.side_b for exclusion, _first, _second in book.conflicts(permissions))
    )
    return tuple(
        Right(
            permission,
            tuple(role for role in held if permission in book.roles[role].permissions),
            permission in suspended,
        )
        for permission in sorted(permissions)
    )


def scope(book: RoleBook, roles: Iterable[str], participants: Iterable[str]) -> Scope:
    """Whose data somebody sees who holds these: a participant narrows, and without one it takes a role of the hub."""
    if any(True for _ in participants):
        return Scope.OWN
    of_hub = any(book.roles[role].scope == "hub" for role in roles if role in book.roles)
    return Scope.EVERYBODY if of_hub else Scope.NOBODY


def usable(book: RoleBook, held: Holding) -> frozenset[str]:
    """The permissions that somebody may use: without both sides of an exclusion that they break."""
    return frozenset(right.permission for right in rights(book, held.role_names) if not right.suspended)


def administrators(book: RoleBook, holdings: Mapping[str, Holding], permission: str) -> frozenset[str]:
    """Who can give roles in the whole portal: the permission in use, and everybody in view."""
    return frozenset(
        subject
        for subject, held in holdings.items()
        if permission in usable(book, held) and scope(book, held.role_names, held.participant_names) is Scope.EVERYBODY
    )


def excluding(book: RoleBook, role: str) -> dict[str, tuple[Clash, ...]]:
    """The other roles that nobody may hold beside this one, and what clashes."""
    found = {other: change(book, [role], [role, other]).clashes for other in sorted(book.roles) if other != role}
    return {other: clashing for other, clashing in found.items() if clashing}
