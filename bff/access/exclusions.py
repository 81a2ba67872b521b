"""No person may hold both sides of an exclusion: asked when roles are given, and when the files change."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from bff.access.files import Exclusion, RoleBook
from bff.access.holding import Assignments, Edit, Holding
from bff.errors import RuleBroken


class Excluded(RuleBroken):
    """A role would give somebody both sides of an exclusion: `first` and `second` are a permission of either."""

    def __init__(self, subject: str, exclusion: Exclusion, first: str, second: str) -> None:
        sentence = _(
            "Permissions %(first)s and %(second)s cannot be assigned together for the user: %(user)s",
            first=first,
            second=second,
            user=subject,
        )
        super().__init__(sentence)
        self.subject, self.exclusion, self.first, self.second = subject, exclusion, first, second


@dataclass(frozen=True)
class Conflict:
    """A subject who holds both sides of an exclusion, with a permission of either."""

    subject: str
    exclusion: Exclusion
    first: str
    second: str


def edit_checked(book: RoleBook, store: Assignments, edit: Edit) -> bool:
    """Make an edit unless it gives a part in a broken exclusion; False when there was nothing to change.

    The check runs where the store makes edits of one subject follow one another, on the roles as they are there: of
    two people who give the two sides at the same moment, one is refused. Raises Excluded, Changed, StoreUnavailable.
    """

    def check(before: frozenset[str], after: frozenset[str]) -> None:
        # Old conflicts are no reason against taking something away, nor against a role that has no part in them.
        given = book.permissions_of(after - before)
        for exclusion, first, second in book.conflicts(book.permissions_of(after)):
            if given & (exclusion.side_a | exclusion.side_b):
                raise Excluded(edit.subject, exclusion, first, second)

    return store.edit(edit, check)


def conflicts(book: RoleBook, holdings: Mapping[str, Holding]) -> tuple[Conflict, ...]:
    """Everybody who holds both sides of an exclusion, by subject."""
    return tuple(
        Conflict(subject, exclusion, first, second)
        for subject, held in sorted(holdings.items())
        for exclusion, first, second in book.conflicts(book.permissions_of(held.role_names))
    )
