"""Role files that change while the portal runs: a new set takes effect as a whole, or the old one stays."""

import threading
import time
from pathlib import Path

import structlog

from bff.access import files
from bff.access.exclusions import Conflict, conflicts
from bff.access.files import RoleBook
from bff.access.holding import Assignments
from bff.errors import StoreUnavailable

log = structlog.get_logger()
LOOK_S = 2.0


class LiveBook:
    """The roles and exclusions of a folder as they are in force. Raises BadRoleFile when the first set is bad."""

    def __init__(self, folder: Path | None, store: Assignments, look_s: float = LOOK_S) -> None:
        self._folder, self._store, self._look_s = folder or files.STANDARD, store, look_s
        self._seen = files.signature(self._folder)
        self._book = files.load(self._folder)
        self._problem = ""
        self._next_look = time.monotonic() + look_s
        self._looking = threading.Lock()

    def now(self) -> RoleBook:
        """The set in force. Looks at the files once in two seconds, in the request of whoever comes by then."""
        if time.monotonic() >= self._next_look and self._looking.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._next_look = time.monotonic() + self._look_s
                self._looking.release()
        return self._book

    @property
    def problem(self) -> str:
        """Why the files as they are now are not in force; empty when they are."""
        self.now()
        return self._problem

    def _look(self) -> None:
        try:
            seen = files.signature(self._folder)
            if seen == self._seen:
                return
            book = files.load(self._folder)
            problem = _new_conflicts(self._book, book, self._store)
        except files.BadRoleFile as bad:
            self._seen = seen
            problem = str(bad)
        except (StoreUnavailable, OSError) as away:
            problem = f"{type(away).__name__}: the new role files could not be checked against the assignments"
        if problem:
            # Files that were fit for use are tried again at every look: people's roles may change, a store come back.
            self._keep_old(problem)
            return
        self._seen, self._book, self._problem = seen, book, ""
        log.info("roles_changed", roles=sorted(book.roles), exclusions=[each.name for each in book.exclusions])

    def _keep_old(self, problem: str) -> None:
        if problem != self._problem:
            log.error("roles_not_changed", problem=problem)
        self._problem = problem


def _new_conflicts(old: RoleBook, new: RoleBook, store: Assignments) -> str:
    """What the new set would break that the old one does not, asked of everybody's roles."""
    holdings = store.holdings()
    known = {_key(conflict) for conflict in conflicts(old, holdings)}
    # Somebody who has both sides already is denied both; that must not keep a tightened role from taking effect.
    return "\n".join(sentence(each) for each in conflicts(new, holdings) if _key(each) not in known)


def _key(conflict: Conflict) -> tuple[str, str]:
    return conflict.subject, conflict.exclusion.name


def sentence(conflict: Conflict) -> str:
    """A conflict in the words of whoever keeps the files."""
    sides = f"{conflict.first} and {conflict.second}"
    return f"{conflict.exclusion.name}: {sides} would be held together by {conflict.subject}; take a role away first"
