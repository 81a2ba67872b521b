"""What a subject may do now: its roles' permissions, less both sides of any exclusion that they break."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from bff.access.book import LiveBook
from bff.access.exclusions import edit_checked
from bff.access.files import RoleBook
from bff.access.holding import Assignments, Edit, Holding
from bff.errors import Note

log = structlog.get_logger()
FRESH_S = 2.0  # a revoked role stops working within five seconds; this leaves room for an assertion's own cache


@dataclass(frozen=True)
class Rights:
    """Roles, participants and permissions of one subject. `hub` means: holds a role that sees every participant."""

    roles: tuple[str, ...] = ()
    participants: frozenset[str] = frozenset()
    hub: bool = False
    permissions: frozenset[str] = frozenset()


class Access:
    """Rights by subject, read from the store and remembered for two seconds."""

    def __init__(self, book: RoleBook | LiveBook, store: Assignments) -> None:
        self._book, self.store = book, store
        self._known: dict[str, tuple[float, Rights]] = {}
        self._lock = threading.Lock()

    @classmethod
    def of(cls, folder: Path | None, store: Assignments) -> "Access":
        """Rights by the role files of a folder (the standard ones when None), also when these change."""
        return cls(LiveBook(folder, store), store)

    def checks(self) -> dict[str, Callable[[], str]]:
        """What a readiness probe asks: the store, and whether the role files as they are now are in force."""
        return {"access": self.store.problem, "roles": self._files_in_force}

    def _files_in_force(self) -> str:
        # What it is stands in the log alone: whoever asks for health need not know of anybody's roles.
        kept = isinstance(self._book, LiveBook) and self._book.problem
        return Note("the role files have changed and are not in force; the log says why") if kept else ""

    @property
    def book(self) -> RoleBook:
        """The roles and exclusions in force."""
        return self._book.now() if isinstance(self._book, LiveBook) else self._book

    def rights(self, subject: str) -> Rights:
        """The subject's rights, at most two seconds old. Raises StoreUnavailable: not known is not allowed."""
        now = time.monotonic()
        known = self._known.get(subject)
        return known[1] if known and known[0] > now else self.renewed(subject)

    def renewed(self, subject: str) -> Rights:
        """The subject's rights as they are now. Raises StoreUnavailable."""
        now = time.monotonic()
        rights = self._read(subject)
        with self._lock:
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[subject] = (now + FRESH_S, rights)
        return rights

    def remembered(self, subject: str) -> Rights | None:
        """The subject's rights, if they need not be read now."""
        known = self._known.get(subject)
        return known[1] if known and known[0] > time.monotonic() else None

    def forget(self, subject: str) -> None:
        """Read the subject's rights anew at the next request of this process."""
        with self._lock:
            self._known.pop(subject, None)

    def edit(self, edit: Edit) -> bool:
        """Change what a subject holds, unless it breaks an exclusion; False when there was nothing to change.

        Raises Excluded, Changed, StoreUnavailable.
        """
        done = edit_checked(self.book, self.store, edit)
        self.forget(edit.subject)
        return done

    def _read(self, subject: str) -> Rights:
        book, held = self.book, self.store.holding(subject)
        roles = tuple(grant.value for grant in held.roles if grant.value in book.roles)
        hub = any(book.roles[name].scope == "hub" for name in roles)
        for exclusion, _, _ in book.conflicts(book.permissions_of(frozenset(roles))):
            log.warning("exclusion_in_use", subject=subject, exclusion=exclusion.name)
        return Rights(roles, held.participant_names, hub, permissions_of(book, held))


def permissions_of(book: RoleBook, held: Holding) -> frozenset[str]:
    """What the roles allow, less both sides of any exclusion that they break."""
    permissions = book.permissions_of(held.role_names)
    for exclusion, _, _ in book.conflicts(permissions):
        # Somebody wrote the store behind our back. Neither side may be used until a person resolves it.
        permissions -= exclusion.side_a | exclusion.side_b
    return permissions
