"""What a change of roles would do to a person, and when nobody may make it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bff.access.files import RoleBook  # a value: roles and exclusions as their files say them


class Kind(StrEnum):
    """What somebody can be given."""

    ROLE = "role"
    PARTICIPANT = "participant"


@dataclass(frozen=True)
class Change:
    """A role or a participant that a person is given, or that is taken from them."""

    subject: str
    kind: Kind
    value: str
    given: bool

    def is_own(self, actor: str) -> bool:
        """Whether the actor would change their own rights, for better or worse: that takes somebody else."""
        return self.subject == actor

    def after(self, held: Iterable[str]) -> frozenset[str]:
        """What the person holds of this kind once the change is made."""
        return frozenset(held) | {self.value} if self.given else frozenset(held) - {self.value}


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
class Effect:
    """What a set of roles becomes by a change: permissions that come, that go, and what would then clash."""

    gained: tuple[str, ...]
    lost: tuple[str, ...]
    clashes: tuple[Clash, ...]


def clashes(book: RoleBook, roles: Iterable[str]) -> tuple[Clash, ...]:
    """The exclusions that a set of roles breaks."""
    permissions = book.permissions_of(frozenset(roles))
    return tuple(Clash(first, second, exclusion.reason) for exclusion, first, second in book.conflicts(permissions))


def effect(book: RoleBook, held: Iterable[str], change: Change) -> Effect:
    """What a change of roles does. Roles that no file defines give nothing."""
    before = frozenset(held)
    after = change.after(before)
    had, has = book.permissions_of(before), book.permissions_of(after)
    # Old clashes are no reason against taking something away, nor against a role that has no part in them.
    new = tuple(clash for clash in clashes(book, after) if clash not in clashes(book, before))
    return Effect(tuple(sorted(has - had)), tuple(sorted(had - has)), new)


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
